"""Promises: every known bug of other people's clocks is a sentence here (design.md §6)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from linli.kernel.errors import Refusal
from linli.kernel.matters import clocks
from linli.kernel.matters.calendars import OfficialDays, calendars_of
from linli.kernel.matters.clocks import Running
from linli.kernel.matters.clocks_rows import limit_of
from linli.kernel.moment import SHANGHAI
from linli.kernel.packspec.schema import CalendarSpec, Clock, Ladder, Limit, Rung, Span, Text

BREAK = (Span(540, 720), Span(810, 1080))
CALENDARS = calendars_of(
    {"office": CalendarSpec("office", dict.fromkeys(range(5), BREAK), day_minutes=450)}, OfficialDays()
)
LADDER = Ladder(
    "up",
    (
        Rung("grid_leader"),
        Rung("community_secretary", Limit(10, "m")),
        Rung("street_duty_officer", Limit(30, "m")),
    ),
)
OPENED = datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)  # a Monday


def spec(
    limit: str = "10m",
    *,
    calendar: str = "always",
    warn: float | Limit = 0.7,
    given: bool = False,
    grade: str = "*",
) -> Clock:
    limits = {} if not limit else {grade: limit_of(limit, "1341: arrive.ordinary")}
    return Clock(
        "arrive",
        Text("到场", "Arrive"),
        ("reported",),
        ("handling",),
        limits,
        calendar=calendar,
        warn=warn,
        given=given,
    )


def begin(limit: str = "10m", at: datetime = OPENED, **kwargs: object) -> Running:
    running = clocks.start(spec(limit, **kwargs), "ordinary", at, edition="abc", calendars=CALENDARS)  # type: ignore[arg-type]
    assert running is not None
    return running


def after(**kwargs: float) -> datetime:
    return OPENED + timedelta(**kwargs)


def test_a_promise_of_ten_minutes_is_due_in_ten_minutes() -> None:
    clock = begin()
    assert clocks.due_at(clock) == after(minutes=10)
    assert clocks.warn_at(clock) == after(minutes=7)
    assert clocks.view(clock, after(minutes=4)).left_seconds == 360


def test_a_grade_without_this_promise_has_no_clock() -> None:
    assert clocks.start(spec(grade="major"), "ordinary", OPENED, calendars=CALENDARS) is None


def test_the_limit_of_a_condition_goes_before_that_of_its_grade() -> None:
    declared = Clock(
        "arrive", Text("到场", "Arrive"), (), (), {"manhole.missing": Limit(2, "h"), "*": Limit(5, "d")}
    )
    for condition, due in (("missing", after(hours=2)), ("broken", after(days=5))):
        clock = clocks.start(declared, "ordinary", OPENED, kind="manhole", condition=condition)
        assert clock is not None and clocks.due_at(clock) == due


def test_met_before_the_limit_is_kept_and_in_its_last_second_is_broken() -> None:
    assert clocks.stop(begin(), after(minutes=9, seconds=59)).state == "kept"
    late = clocks.stop(begin(), after(minutes=10))
    assert (late.state, late.broken_at) == ("broken", after(minutes=10))


def test_fractions_of_a_second_never_make_a_due_time_drift() -> None:
    clock = begin(at=OPENED + timedelta(microseconds=900_000))
    for n in range(1, 60):
        moment = OPENED + timedelta(seconds=2 * n, microseconds=999_999 - n)
        clock = clocks.pause(clock, moment) if n % 2 else clocks.resume(clock, moment)
    assert clocks.used_at(clock, after(minutes=5)) == 60


# --- the known bugs of others
# -------------------------------------------------------------------------------------------------


def test_a_clock_that_runs_round_the_clock_does_not_lose_a_minute_every_midnight() -> None:
    clock = begin("30d")
    assert clocks.due_at(clock) == OPENED + timedelta(days=30)
    assert clocks.used_at(clock, OPENED + timedelta(days=20)) == 20 * 86_400


def test_waiting_time_is_not_lost_when_the_priority_changes() -> None:
    clock = clocks.relimit(begin("4h"), Limit(30, "m"), after(minutes=20), CALENDARS)
    assert clocks.due_at(clock) == after(minutes=30)
    back = clocks.relimit(clock, Limit(4, "h"), after(minutes=25), CALENDARS)
    assert clocks.due_at(back) == after(hours=4)


def test_waiting_time_is_not_lost_when_the_priority_changes_during_a_pause() -> None:
    clock = clocks.pause(begin("4h"), after(minutes=20))
    clock = clocks.relimit(clock, Limit(30, "m"), after(hours=5), CALENDARS)
    assert clock.state == "paused"
    assert clocks.due_at(clocks.resume(clock, after(hours=6))) == after(hours=6, minutes=10)


def test_a_shorter_limit_that_is_already_used_up_breaks_now_and_not_in_the_past() -> None:
    clock = clocks.relimit(begin("4h"), Limit(10, "m"), after(hours=1), CALENDARS)
    assert clocks.due_at(clock) == after(hours=1)


def test_a_pause_stops_the_clock_and_what_is_due_is_worked_out_again() -> None:
    clock = clocks.pause(begin("4h"), after(hours=1))
    assert clocks.due_at(clock) is None
    assert clocks.next_firing(clock, LADDER) is None
    assert clocks.fire(clock, after(days=9), LADDER) == (clock, ())
    assert clocks.view(clock, after(days=9)).used_seconds == 3600
    assert clocks.due_at(clocks.resume(clock, after(days=2))) == after(days=2, hours=3)


def test_a_pause_that_comes_too_late_does_not_undo_the_breach() -> None:
    clock = clocks.pause(begin(), after(minutes=15))
    assert clock.state == "paused" and clock.broken_at == after(minutes=10)
    assert clocks.stop(clocks.resume(clock, after(minutes=20)), after(minutes=21)).state == "broken"


def test_a_pause_also_stops_the_climbing_of_the_ladder_and_keeps_what_the_next_rung_has_waited() -> None:
    clock, _ = clocks.fire(begin(), after(minutes=14), LADDER)  # broken at 10, first rung told
    clock = clocks.resume(clocks.pause(clock, after(minutes=14)), after(hours=2))
    assert clocks.next_firing(clock, LADDER) == (after(hours=2, minutes=6), "rung", 2)


def test_escalation_does_not_go_on_after_its_rule_is_off() -> None:
    clock, _ = clocks.fire(begin(), after(minutes=10), LADDER)
    assert clocks.fire(clock, after(days=3), None) == (clock, ())
    shortened = Ladder("up", LADDER.rungs[:1])
    assert clocks.fire(clock, after(days=3), shortened) == (clock, ())


def test_escalation_does_not_go_on_after_the_promise_is_met() -> None:
    clock, _ = clocks.fire(begin(), after(minutes=10), LADDER)
    clock = clocks.stop(clock, after(minutes=12))
    assert clocks.fire(clock, after(days=3), LADDER) == (clock, ())


def test_a_ticket_opened_in_the_lunch_break_has_its_full_time_after_lunch() -> None:
    noon = OPENED.replace(hour=12, minute=20)
    clock = begin("1wh", at=noon, calendar="office")
    assert clocks.due_at(clock) == noon.replace(hour=14, minute=30)
    assert clocks.view(clock, noon.replace(hour=13, minute=29)).used_seconds == 0


# --- units and calendars
# ------------------------------------------------------------------------------------------------------


def test_a_natural_limit_runs_through_the_night_even_on_an_office_calendar() -> None:
    evening = OPENED.replace(hour=20)
    assert clocks.due_at(begin("10m", at=evening, calendar="office")) == evening + timedelta(minutes=10)


def test_five_working_days_over_the_national_holiday_are_five_working_days() -> None:
    opened = datetime(
        2026, 9, 29, 9, 0, tzinfo=SHANGHAI
    )  # Tuesday; off 1–7 October, Saturday 10 October worked
    assert clocks.due_at(begin("5wd", at=opened, calendar="office")) == datetime(
        2026, 10, 10, 18, 0, tzinfo=SHANGHAI
    )


def test_a_promise_in_working_days_of_an_unannounced_year_is_refused_when_it_is_made() -> None:
    with pytest.raises(Refusal, match="year_not_announced"):
        begin("5wd", at=datetime(2035, 6, 1, 9, 0, tzinfo=SHANGHAI), calendar="office")


def test_another_calendar_keeps_the_time_used() -> None:
    short = calendars_of(
        {"short": CalendarSpec("short", {n: (Span(540, 600),) for n in range(5)})}, OfficialDays()
    )["short"]
    clock = clocks.recalendar(begin("4wh", calendar="office"), short, OPENED.replace(hour=11, minute=30))
    assert clock.used == 2 * 3600
    assert clocks.due_at(clock) == datetime(2026, 3, 4, 10, 0, tzinfo=SHANGHAI)


def test_a_limit_that_changes_from_natural_to_working_time_keeps_the_time_used() -> None:
    clock = clocks.relimit(begin("30m", calendar="office"), Limit(1, "wh"), after(minutes=20), CALENDARS)
    assert clocks.due_at(clock) == after(minutes=60)


# --- given, extended, warned
# --------------------------------------------------------------------------------------------------


def test_a_promise_somebody_gave_runs_until_the_moment_given() -> None:
    clock = clocks.start(spec("", given=True), "major", OPENED, after(days=3), calendars=CALENDARS)
    assert clock is not None and clocks.due_at(clock) == after(days=3)


def test_a_promise_given_for_the_past_or_not_at_all_is_refused() -> None:
    with pytest.raises(Refusal, match="until_past"):
        clocks.start(spec("", given=True), "major", OPENED, OPENED, calendars=CALENDARS)
    with pytest.raises(Refusal, match="until_missing"):
        clocks.start(spec("", given=True), "major", OPENED, calendars=CALENDARS)


def test_an_extension_adds_time_and_owes_a_new_warning() -> None:
    clock, _ = clocks.fire(begin("4h"), after(hours=3), LADDER)
    assert clock.warned
    clock = clocks.extend(clock, Limit(4, "h"), after(hours=3))
    assert clocks.due_at(clock) == after(hours=8)
    assert clocks.warn_at(clock) == after(hours=8 * 0.7)


def test_an_extension_asked_after_the_limit_is_refused() -> None:
    with pytest.raises(Refusal, match="too_late_to_extend"):
        clocks.extend(begin(), 600, after(minutes=10))


def test_an_extension_in_days_of_a_limit_in_working_days_is_refused() -> None:
    with pytest.raises(Refusal, match="extension_unit"):
        clocks.extend(begin("5wd", calendar="office"), Limit(1, "d"), after(hours=1))


def test_a_warning_may_be_an_amount_of_time_used() -> None:
    assert clocks.warn_at(begin("4h", warn=Limit(30, "m"))) == after(minutes=30)
    assert clocks.warn_at(begin("10m", warn=Limit(30, "m"))) is None


# --- firing -----------------------------------------------------------------------------------------------
# --------------------


def test_a_clock_warns_breaks_and_climbs_one_rung_at_a_time() -> None:
    clock = begin()
    seen = []
    while (firing := clocks.next_firing(clock, LADDER)) is not None:
        seen.append((firing.when - OPENED, firing.what, firing.rung))
        clock, _ = clocks.fire(clock, firing.when, LADDER)
    minutes = [(gap // timedelta(minutes=1), what, rung) for gap, what, rung in seen]
    assert minutes == [(7, "warn", 0), (10, "breach", 0), (20, "rung", 2), (50, "rung", 3)]
    assert [event.role for event in clock.events if event.what == "rung"] == [
        rung.role for rung in LADDER.rungs
    ]


def test_after_a_downtime_everything_fires_once_with_the_moment_it_counts_from() -> None:
    clock, events = clocks.fire(begin(), after(minutes=25), LADDER)
    assert [event.what for event in events] == ["warned", "breached", "rung", "rung"]
    assert [event.since for event in events] == [after(minutes=m) for m in (7, 10, 10, 20)]
    assert clocks.fire(clock, after(minutes=25), LADDER) == (clock, ())
    assert clocks.next_firing(clock, LADDER) == (after(minutes=50), "rung", 3)


def test_a_warning_overtaken_by_its_breach_is_recorded_but_not_sent() -> None:
    _, events = clocks.fire(begin(), after(minutes=25), LADDER)
    assert [event.late for event in events if event.what == "warned"] == [True]
    _, events = clocks.fire(begin(), after(minutes=8), LADDER)
    assert [event.late for event in events] == [False]


def test_a_rung_that_waits_working_time_waits_for_the_morning() -> None:
    ladder = Ladder("up", (Rung("grid_leader", Limit(1, "wh")),))
    clock, _ = clocks.fire(
        begin("10m", at=OPENED.replace(hour=20), calendar="office"), OPENED.replace(hour=23), ladder
    )
    assert clocks.next_firing(clock, ladder) == (datetime(2026, 3, 3, 10, 0, tzinfo=SHANGHAI), "rung", 1)


# --- reopen, split, merge
# -----------------------------------------------------------------------------------------------------


def test_reopening_keeps_the_time_used() -> None:
    clock = clocks.stop(begin("4h"), after(hours=3))
    clock = clocks.reopen(clock, after(days=2))
    assert clocks.due_at(clock) == after(days=2, hours=1)


def test_reopening_a_broken_promise_leaves_it_broken_and_climbs_on() -> None:
    clock, _ = clocks.fire(begin(), after(minutes=15), LADDER)
    clock = clocks.reopen(clocks.stop(clock, after(minutes=15)), after(days=1))
    assert clock.broken_at == after(minutes=10)
    assert clocks.next_firing(clock, LADDER) == (after(days=1, minutes=5), "rung", 2)


def test_a_merge_that_is_undone_gives_back_a_clock_that_ran_meanwhile() -> None:
    clock = clocks.reopen(clocks.drop(begin("4h"), after(hours=1)), after(hours=2), ran_meanwhile=True)
    assert clocks.due_at(clock) == after(hours=4)


def test_both_parts_of_a_split_keep_the_promise_as_it_stood() -> None:
    clock = clocks.copy_for_split(begin("4h"), after(hours=1))
    assert clocks.due_at(clock) == after(hours=4)


def test_of_two_merged_promises_the_older_counts() -> None:
    older, younger = begin("4h"), begin("4h", at=after(hours=2))
    for merged in (
        clocks.merge(older, younger, after(hours=3)),
        clocks.merge(younger, older, after(hours=3)),
    ):
        assert clocks.due_at(merged) == after(hours=4)


def test_a_merged_promise_is_watched_as_its_new_matter_declares_and_counted_on_its_calendar() -> None:
    other = calendars_of(
        {"late": CalendarSpec("late", dict.fromkeys(range(5), (Span(600, 1200),)))}, OfficialDays()
    )
    older = clocks.start(spec("8wh", calendar="late"), "ordinary", OPENED, edition="abc", calendars=other)
    younger = begin("8wh", at=after(hours=1), calendar="office", warn=0.5)
    assert older is not None
    merged = clocks.merge(younger, older, after(hours=2))
    assert (merged.started_at, merged.warn, merged.calendar) == (OPENED, 0.5, CALENDARS["office"])
    assert merged.used == 90 * 60, "what it used is counted as its own pack counted it"
    known = clocks.as_of(merged, after(days=1), CALENDARS)  # the calendar it began on is unknown here
    assert known == merged


@pytest.mark.parametrize("waits", [True, False])
def test_a_merged_promise_stands_still_or_moves_as_its_new_matter_does(waits: bool) -> None:
    older, younger = begin("4h"), begin("4h", at=after(hours=1))
    if waits:
        younger = clocks.pause(younger, after(hours=2))
    else:
        older = clocks.pause(older, after(hours=2))
    merged = clocks.merge(younger, older, after(hours=3))
    assert merged.state == younger.state
    assert clocks.used_at(merged, after(hours=9)) == (3 * 3600 if waits else 8 * 3600)
    assert clocks.as_of(merged, after(days=1)) == merged


def test_a_promise_no_longer_owed_is_stopped_unless_it_had_broken() -> None:
    assert clocks.drop(begin(), after(minutes=5)).state == "stopped"
    assert clocks.drop(begin(), after(minutes=15)).state == "broken"
