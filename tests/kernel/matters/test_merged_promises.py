"""An older promise that came with a merge runs on as its new matter's service declares it, and stands or moves as that matter does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from linli.kernel import moment
from linli.kernel.ledger.audit import Difference
from linli.kernel.matters import audit, clocks, due, record
from linli.kernel.matters.calendars import ALWAYS
from linli.kernel.matters.clocks import Event
from linli.kernel.matters.models import Clock as ClockRow
from linli.kernel.matters.state import Slot
from linli.kernel.packspec.schema import Clock, Limit, Text
from tests.town import Town, local

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")


def later(**time: int) -> datetime:
    return MORNING + timedelta(**time)


def clock(number: int, key: str = "solve") -> ClockRow:
    return ClockRow.objects.filter(matter_id=number, key=key).latest("id")


def differing() -> list[Difference]:
    return list(audit.differences())


@pytest.fixture
def two(town: Town) -> tuple[int, int]:
    """A repair, and half an hour later a request: both promise to solve, each with its own moment to warn."""
    with moment.at(MORNING):
        first = town.report("water_leak").matter_id
    with moment.at(later(minutes=30)):
        second = town.report("question", pack="request").matter_id
    return first, second


def test_a_promise_merged_in_from_another_service_is_warned_of_as_the_new_one_does(
    town: Town, two: tuple[int, int]
) -> None:
    first, second = two
    fraction = clock(second).detail["warn"]
    assert fraction != clock(first).detail["warn"], "the two services warn at the same moment: proves nothing"
    with moment.at(later(hours=1)):
        town.take("leader", first, "merge", matter_id=second)
    merged = clock(second)
    assert merged.started_at == MORNING
    assert merged.detail["warn"] == fraction
    assert differing() == []
    with moment.at(later(days=3)):
        due.run_due()
        assert differing() == []


def test_merging_taking_apart_and_merging_the_other_way_leaves_both_as_their_steps_say(
    town: Town, two: tuple[int, int]
) -> None:
    first, second = two
    with moment.at(later(hours=1)):
        town.take("leader", second, "merge", matter_id=first)
    with moment.at(later(hours=2)):
        town.take("leader", second, "unmerge", reason="不是一回事")
        assert differing() == []
    with moment.at(later(hours=3)):
        town.take("leader", first, "merge", matter_id=second)
    with moment.at(later(hours=10)):
        due.run_due()
        town.take("secretary", second, "hand_down", role="grid_leader", reason="请跟进")
    with moment.at(later(days=2)):
        due.run_due()
        assert differing() == []


def test_a_paused_promise_merged_into_a_matter_under_way_goes_on(town: Town, two: tuple[int, int]) -> None:
    first, second = two
    with moment.at(later(minutes=40)):
        town.take("leader", first, "pause", until=later(days=2), reason="等配件")
        assert clock(first).state == "paused"
    with moment.at(later(hours=1)):
        town.take("leader", first, "merge", matter_id=second)
    assert clock(second).state == "running"
    assert clock(second).used == 40 * 60, "what was waited before the merge counts no more than it did"
    assert differing() == []


def test_a_promise_merged_into_a_paused_matter_waits_with_it_and_is_taken_back_whole(
    town: Town, two: tuple[int, int]
) -> None:
    first, second = two
    with moment.at(later(minutes=40)):
        town.take("leader", second, "pause", until=later(days=2), reason="等材料")
        own = clock(second).used
    with moment.at(later(hours=1)):
        town.take("leader", first, "merge", matter_id=second)
    merged = clock(second)
    assert (merged.started_at, merged.state, merged.used) == (MORNING, "paused", 3600)
    assert differing() == []
    with moment.at(later(hours=2)):
        town.take("leader", first, "unmerge", reason="不是一回事")
    assert (clock(second).state, clock(second).used) == ("paused", own)
    assert differing() == []


def test_a_history_that_begins_alike_is_told_anew_where_it_is_another_promise() -> None:
    """Two reported in one second begin with the same event, though one is judged by a later edition."""
    calendars = {"always": ALWAYS}
    spec = Clock("solve", Text("办结", "Solve"), ("reported",), ("done",), {"*": Limit(4, "h")})
    own, others = (
        clocks.start(spec, "ordinary", MORNING, edition=edition, calendars=calendars)
        for edition in ("new", "old")
    )
    assert own is not None and others is not None
    others = clocks.resume(clocks.pause(others, later(minutes=5)), later(minutes=5))
    merged = replace(others, events=(*others.events, Event("merged", later(hours=1))))
    effect = record.clock_effect(Slot("solve", merged, None, 1), own)
    assert (effect["anew"], effect["rule"], len(effect["events"])) == (True, others.rule, len(merged.events))
    assert "anew" not in record.clock_effect(Slot("solve", clocks.pause(own, later(hours=1)), None, 1), own)
