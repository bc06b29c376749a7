"""What must hold of clocks whatever happens to them: time used is conserved, catching up is independent of
when one looks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from linli.kernel.matters import clocks
from linli.kernel.matters.clocks import Running
from linli.kernel.packspec.schema import Limit
from tests.unit.test_clocks import CALENDARS, LADDER, OPENED, begin

gaps = st.integers(0, 4 * 86_400)
limits = st.sampled_from(["10m", "30m", "4h", "1d", "1wh", "2wd", "5wd"])
moves = st.lists(
    st.tuples(
        st.integers(0, 30_000),
        st.sampled_from(["pause", "resume", "fire", "longer", "shorter", "stop", "reopen"]),
    ),
    max_size=12,
)


def clock_of(limit: str) -> Running:
    return begin(limit, calendar="office")


def moved(clock: Running, move: str, at: datetime) -> Running:
    if move in ("longer", "shorter"):
        factor = 2 if move == "longer" else 1
        return clocks.relimit(
            clock, Limit(max(1, clock.limit.amount * factor // (3 - factor)), clock.limit.unit), at, CALENDARS
        )
    if move == "fire":
        return clocks.fire(clock, at, LADDER)[0]
    return {"pause": clocks.pause, "resume": clocks.resume, "stop": clocks.stop, "reopen": clocks.reopen}[
        move
    ](clock, at)


def bare(clock: Running) -> Running:
    """All but when things were recorded."""
    return replace(clock, events=tuple(replace(event, at=event.since, late=False) for event in clock.events))


@settings(max_examples=100)
@given(limits, moves)
def test_time_used_is_the_time_it_ran_and_never_falls(limit: str, path: list[tuple[int, str]]) -> None:
    clock, at, ran = clock_of(limit), OPENED, 0
    for gap, move in path:
        later = at + timedelta(seconds=gap)
        if clock.state == "running":
            ran += clock.counts.elapsed(at, later)
        assert clocks.used_at(clock, later) == ran
        clock, at = moved(clock, move, later), later
        assert clocks.used_at(clock, later) == ran


@settings(max_examples=100)
@given(limits, moves)
def test_a_breach_is_never_undone(limit: str, path: list[tuple[int, str]]) -> None:
    clock, at, broken = clock_of(limit), OPENED, None
    for gap, move in path:
        at += timedelta(seconds=gap)
        clock = moved(clock, move, at)
        assert broken is None or clock.broken_at == broken
        broken = clock.broken_at


@settings(max_examples=100)
@given(limits, moves)
def test_any_clock_can_be_made_again_from_its_events(limit: str, path: list[tuple[int, str]]) -> None:
    clock, at = clock_of(limit), OPENED
    seen = [(clock, at)]
    for gap, move in path:
        at += timedelta(seconds=gap + 1)
        clock = moved(clock, move, at)
        seen.append((clock, at))
    for then, when in seen:
        assert clocks.as_of(clock, when, CALENDARS) == then


@settings(max_examples=100)
@given(limits, st.lists(gaps, min_size=1, max_size=6))
def test_catching_up_at_once_or_in_steps_comes_to_the_same_clock(limit: str, waits: list[int]) -> None:
    stepwise, at = clock_of(limit), OPENED
    for wait in waits:
        at += timedelta(seconds=wait)
        stepwise, _ = clocks.fire(stepwise, at, LADDER)
    at_once, events = clocks.fire(clock_of(limit), at, LADDER)
    assert bare(stepwise) == bare(at_once)
    assert len({(event.what, event.rung) for event in events}) == len(events)


@settings(max_examples=100)
@given(limits, st.integers(0, 20_000), gaps)
def test_a_pause_moves_what_is_due_by_the_time_paused_and_no_more(limit: str, ran: int, paused: int) -> None:
    clock = clock_of(limit)
    start = OPENED + timedelta(seconds=ran % max(1, clock.total))
    end = start + timedelta(seconds=paused)
    resumed = clocks.resume(clocks.pause(clock, start), end)
    due, before = clocks.due_at(resumed), clocks.due_at(clock)
    assert due is not None and before is not None
    if clock.counts.elapsed(OPENED, start) < clock.total:
        left = clock.total - clock.counts.elapsed(OPENED, start)
        assert due == clock.counts.advance(end, left) and due >= before


@settings(max_examples=60)
@given(limits, st.integers(0, 20_000), gaps)
def test_reopening_goes_on_with_what_was_left(limit: str, ran: int, away: int) -> None:
    clock = clock_of(limit)
    ended = OPENED + timedelta(seconds=ran)
    again = clocks.reopen(clocks.stop(clock, ended), ended + timedelta(seconds=away))
    assert clocks.used_at(again, ended + timedelta(seconds=away)) == clock.counts.elapsed(OPENED, ended)
    assert (again.broken_at is not None) == (clocks.used_at(clock, ended) >= clock.total)


@settings(max_examples=60)
@given(limits, st.integers(0, 20_000))
def test_a_limit_changed_and_changed_back_changes_nothing(limit: str, ran: int) -> None:
    clock = clock_of(limit)
    at = OPENED + timedelta(seconds=ran)
    longer = Limit(clock.limit.amount * 3, clock.limit.unit)
    back = clocks.relimit(clocks.relimit(clock, longer, at, CALENDARS), clock.limit, at, CALENDARS)
    assert clocks.due_at(back) == clocks.due_at(clock)
