"""How a clock looks on a page, in its row, and at a past moment."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from linli.kernel.matters import clocks
from linli.kernel.matters.clocks import Running
from linli.kernel.matters.clocks_rows import from_columns, to_columns
from linli.kernel.packspec.schema import Limit
from tests.unit.test_clocks import CALENDARS, LADDER, after, begin

# --- what a page shows
# --------------------------------------------------------------------------------------------------------


def test_soon_is_the_last_third_but_never_more_than_the_last_hour() -> None:
    assert [clocks.view(begin("30m"), after(minutes=m)).state for m in (19, 20, 29, 30, 45)] == [
        "plenty",
        "soon",
        "soon",
        "breach",
        "breach",
    ]
    assert [clocks.view(begin("1d"), after(hours=h)).state for h in (17, 22, 23)] == [
        "plenty",
        "plenty",
        "soon",
    ]


def test_a_page_shows_what_is_over_as_negative_time_and_what_rests_as_a_pause() -> None:
    assert clocks.view(begin(), after(minutes=13, seconds=12)).left_seconds == -192
    assert clocks.view(clocks.pause(begin(), after(minutes=2)), after(days=1)).state == "pause"
    assert clocks.view(clocks.stop(begin(), after(minutes=2)), after(days=1)).state == "kept"
    assert clocks.view(clocks.stop(begin(), after(minutes=20)), after(days=1)).state == "breach"


# --- rows and the past
# --------------------------------------------------------------------------------------------------------


def lives() -> Iterator[Running]:
    yield begin()
    yield clocks.fire(begin(warn=Limit(3, "m")), after(minutes=25), LADDER)[0]
    yield clocks.pause(clocks.fire(begin(), after(minutes=15), LADDER)[0], after(minutes=16))
    yield clocks.extend(begin("4wh", calendar="office"), Limit(1, "wh"), after(minutes=1))
    yield clocks.reopen(
        clocks.stop(clocks.relimit(begin("4h"), Limit(1, "h"), after(minutes=5)), after(minutes=9)),
        after(days=1),
    )


@pytest.mark.parametrize("clock", list(lives()))
def test_a_clock_written_to_its_row_and_read_again_is_the_same_clock(clock: Running) -> None:
    columns = to_columns(clock)
    columns["detail"] = json.loads(json.dumps(columns["detail"], allow_nan=False))
    assert from_columns(columns, CALENDARS) == clock


@pytest.mark.parametrize("clock", list(lives()))
def test_a_clock_is_nothing_but_its_events(clock: Running) -> None:
    assert clocks.as_of(clock, clock.events[-1].at, CALENDARS) == clock


def test_any_past_moment_can_be_made_again() -> None:
    clock = clocks.pause(begin("4h"), after(hours=1))
    clock = clocks.resume(clock, after(hours=2))
    clock = clocks.relimit(clock, Limit(2, "h"), after(hours=2, minutes=30))
    clock, _ = clocks.fire(clock, after(hours=9), LADDER)
    past = [clocks.as_of(clock, after(minutes=m)) for m in (-1, 30, 90, 130, 160)]
    assert past[0] is None
    assert [one and one.state for one in past[1:]] == ["running", "paused", "running", "running"]
    assert [one and clocks.due_at(one) for one in past[1:]] == [
        after(hours=4),
        None,
        after(hours=5),
        after(hours=3),
    ]


def test_what_is_new_between_two_values_is_what_happened() -> None:
    before = begin()
    done, events = clocks.fire(before, after(minutes=12), LADDER)
    assert clocks.new_events(before, done) == events
    assert [event.what for event in done.events] == ["started", "warned", "breached", "rung"]
