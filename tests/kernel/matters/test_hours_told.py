"""What a notice says of an hour is the hour of the step it tells of, however much later it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.kernel import moment
from linli.kernel.ledger import follow, sequence
from linli.kernel.matters import due
from linli.kernel.notices import reads
from linli.kernel.notices.following import Notices
from tests.town import Town, local

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")


def told(town: Town, login: str) -> list[str]:
    return [line.words for line in reads.inbox(town.ids[login], lang="en")]


def test_a_notice_written_when_all_is_over_still_names_the_hour(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report("water_leak").matter_id
    for minutes in (8, 11):
        with moment.at(MORNING + timedelta(minutes=minutes)):
            due.run_due()
    with moment.at(MORNING + timedelta(minutes=20)):
        town.finish(number)
        while sequence.sequence():
            pass
        while follow.run_once(Notices()):
            pass
        said = told(town, "worker") + told(town, "leader")
    assert any("Please be there by 09:10" in line for line in said), said
    assert any("it is due by 09:10" in line for line in said), said
    assert any("was due by 09:10 and is late" in line for line in said), said
    assert not any("by ." in line or "by  and" in line for line in said), said
