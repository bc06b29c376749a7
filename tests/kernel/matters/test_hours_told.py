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


def test_a_step_that_sets_no_clock_running_names_the_hour_of_the_one_that_ran_on(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report("noise_works", pack="request", words="对面工地早上就打桩").matter_id
    with moment.at(MORNING + timedelta(minutes=20)):
        town.take("worker", number, "verify", verified=True, words="到现场听见了")
    with moment.at(MORNING + timedelta(minutes=30)):
        town.take("secretary", number, "take_on")
        town.take("secretary", number, "finish", words="已要求改到八点以后")
    with moment.at(MORNING + timedelta(minutes=50)):
        answers = {"contacted": True, "solved": True, "satisfied": True}
        assert town.take("operator", number, "call_back", **answers).ended_at is not None
        while sequence.sequence():
            pass
        while follow.run_once(Notices()):
            pass
        said = told(town, "secretary")
    assert any("verified" in line and "11 Mar" in line for line in said), said
