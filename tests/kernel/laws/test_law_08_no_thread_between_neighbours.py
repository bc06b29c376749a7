"""Law 8: who reads the log cannot tell which matters are the same neighbour's."""

from __future__ import annotations

import pytest

from linli.kernel import ids
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import audit
from linli.kernel.matters.asks import Reporter
from linli.kernel.matters.models import Step
from linli.kernel.packspec import editions
from linli.kernel.people import snapshot
from linli.kernel.people.actors import actor_of
from linli.kernel.places import epochs
from tests import town as towns


@pytest.mark.django_db
def test_a_resident_with_an_account_leaves_no_thread_from_matter_to_matter_in_the_log() -> None:
    town = towns.build()
    try:
        resident = town.ids["resident"]
        for _ in range(2):
            town.report(by=actor_of(resident), reporter=Reporter("赵师傅", "19900001234"))
        entries = Entry.objects.filter(kind="matter.step").order_by("id")
        said = [entry.body for entry in entries]
        assert len(said) == 2 and not any(ids.text(resident) in body for body in said)
        assert [step.actor_id for step in Step.objects.order_by("id")] == [resident, resident]
        assert list(audit.differences()) == []
        Step.objects.filter(seq=1).update(actor_id=resident + 1)
        assert len(list(audit.differences())) == 2, "a changed actor is still found"
    finally:
        for kept in (editions, epochs, snapshot):
            kept.forget()
