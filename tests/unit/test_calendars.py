"""Working time: walking along it and measuring it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.kernel.errors import Refusal
from linli.kernel.matters.calendars import (
    ALWAYS,
    Calendar,
    OfficialDays,
    YearNotAnnounced,
    calendars_of,
    seconds_of,
)
from linli.kernel.moment import SHANGHAI
from linli.kernel.packspec.schema import CalendarSpec, Limit, Span

DAYS = OfficialDays()
BREAK = (Span(540, 720), Span(810, 1080))  # 09:00–12:00, 13:30–18:00: 7.5 hours
OFFICE = Calendar(CalendarSpec("office", dict.fromkeys(range(5), BREAK), day_minutes=450), DAYS)
SHIFTS = Calendar(
    CalendarSpec("shifts", {n: (Span(0, 360), Span(1320, 1440)) for n in range(7)}, holidays=False), DAYS
)
SATURDAY_TOO = Calendar(CalendarSpec("six", {n: (Span(480, 1020),) for n in range(6)}), DAYS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def shown(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")


def test_round_the_clock_does_not_lose_a_minute_at_midnight() -> None:
    declared = Calendar(
        CalendarSpec("declared", {n: (Span(0, 1440),) for n in range(7)}, holidays=False), DAYS
    )
    assert declared.round_the_clock
    start = at("2026-03-02 00:00")
    for calendar in (ALWAYS, declared):
        assert calendar.advance(start, 30 * 86_400) == start + timedelta(days=30)
        assert calendar.elapsed(start, start + timedelta(days=30)) == 30 * 86_400


def test_spans_that_touch_at_midnight_or_noon_lose_nothing_either() -> None:
    joined = Calendar(
        CalendarSpec("j", {n: (Span(720, 1440), Span(0, 720)) for n in range(7)}, holidays=True), DAYS
    )
    start = at("2026-03-02 00:00")
    assert joined.elapsed(start, start + timedelta(days=20)) == 20 * 86_400
    assert joined.advance(start, 86_400 * 3 + 1) == start + timedelta(days=3, seconds=1)


def test_time_in_the_lunch_break_does_not_count() -> None:
    assert shown(OFFICE.advance(at("2026-03-02 12:10"), 600)) == "03-02 13:40:00"
    assert OFFICE.elapsed(at("2026-03-02 12:10"), at("2026-03-02 13:30")) == 0
    assert OFFICE.elapsed(at("2026-03-02 11:59"), at("2026-03-02 13:31")) == 120


def test_a_limit_that_ends_with_the_morning_is_due_at_noon_and_not_after_lunch() -> None:
    assert shown(OFFICE.advance(at("2026-03-02 11:50"), 600)) == "03-02 12:00:00"


def test_a_weekend_is_stepped_over() -> None:
    assert shown(OFFICE.advance(at("2026-03-06 17:55"), 600)) == "03-09 09:05:00"


def test_a_night_shift_runs_on_over_midnight() -> None:
    assert SHIFTS.advance(at("2026-03-02 23:00"), 2 * 3600) == at("2026-03-03 01:00")
    assert SHIFTS.elapsed(at("2026-03-02 21:00"), at("2026-03-04 00:00")) == (2 + 6 + 2) * 3600


def test_the_national_holiday_is_skipped_and_its_make_up_days_count() -> None:
    # 2026: 1–7 October off; Sunday 20 September and Saturday 10 October are worked.
    assert shown(OFFICE.advance(at("2026-09-30 17:00"), 2 * 3600)) == "10-08 10:00:00"
    assert OFFICE.elapsed(at("2026-10-10 00:00"), at("2026-10-11 00:00")) == 450 * 60
    assert OFFICE.elapsed(at("2026-10-17 00:00"), at("2026-10-18 00:00")) == 0


def test_an_office_open_on_saturdays_still_closes_on_a_holiday_saturday() -> None:
    assert SATURDAY_TOO.elapsed(at("2026-10-03 00:00"), at("2026-10-04 00:00")) == 0
    assert SATURDAY_TOO.elapsed(at("2026-10-17 00:00"), at("2026-10-18 00:00")) == 9 * 3600
    assert SATURDAY_TOO.elapsed(at("2026-09-20 00:00"), at("2026-09-21 00:00")) == 9 * 3600


def test_a_calendar_without_holidays_works_on_national_day() -> None:
    plain = Calendar(CalendarSpec("plain", OFFICE.spec.week, holidays=False), DAYS)
    assert plain.elapsed(at("2026-10-01 00:00"), at("2026-10-02 00:00")) == 450 * 60


def test_a_year_that_was_not_announced_is_refused_loudly() -> None:
    with pytest.raises(YearNotAnnounced) as refused:
        OFFICE.advance(at("2035-03-01 09:00"), 60)
    assert refused.value.code == "clocks.year_not_announced"
    assert refused.value.facts == {"year": 2035}
    assert "2035" in refused.value.sentence("zh") and "2035" in refused.value.sentence("en")


def test_an_office_may_decide_to_assume_ordinary_weeks() -> None:
    assuming = Calendar(OFFICE.spec, OfficialDays(assume_weekdays=True))
    assert shown(assuming.advance(at("2035-03-02 17:55"), 600)) == "03-05 09:05:00"
    assert assuming.elapsed(at("2026-10-01 00:00"), at("2026-10-02 00:00")) == 0  # what is known still holds


def test_natural_time_never_asks_about_holidays() -> None:
    assert ALWAYS.advance(at("2035-12-31 23:59"), 120) == at("2036-01-01 00:01")


def test_a_last_day_of_december_that_ends_at_midnight_does_not_ask_about_the_next_year() -> None:
    late = Calendar(CalendarSpec("late", {n: (Span(0, 1440),) for n in range(7)}), DAYS)
    last = DAYS_LAST_YEAR
    assert late.elapsed(at(f"{last}-12-31 23:00"), at(f"{last + 1}-01-01 00:00")) == 3600
    assert late.advance(at(f"{last}-12-31 23:00"), 3600) == at(f"{last + 1}-01-01 00:00")


DAYS_LAST_YEAR = next(
    y for y in range(2026, 2060) if not OfficialDays(assume_weekdays=True).name(date(y + 1, 1, 1))
)


def test_a_week_without_working_time_is_refused_when_the_calendar_is_made() -> None:
    with pytest.raises(Refusal, match="no_working_time"):
        Calendar(CalendarSpec("never", {}), DAYS)


class _AlwaysOff(OfficialDays):
    def kind(self, day: date):  # type: ignore[no-untyped-def]
        return "holiday"


def test_a_calendar_whose_every_day_is_off_ends_in_a_refusal_and_not_in_a_loop() -> None:
    with pytest.raises(Refusal, match="no_working_time"):
        Calendar(OFFICE.spec, _AlwaysOff()).advance(at("2026-03-02 09:00"), 60)


@pytest.mark.parametrize("span", [Span(600, 600), Span(700, 600), Span(-1, 60), Span(0, 1441)])
def test_a_span_outside_its_day_is_refused(span: Span) -> None:
    with pytest.raises(Refusal, match="bad_span"):
        Calendar(CalendarSpec("odd", {0: (span,)}), DAYS)


def test_overlapping_spans_count_once() -> None:
    twice = Calendar(CalendarSpec("twice", {n: (Span(540, 720), Span(600, 780)) for n in range(5)}), DAYS)
    assert twice.elapsed(at("2026-03-02 00:00"), at("2026-03-03 00:00")) == 240 * 60


def test_units_are_worth_what_they_say() -> None:
    for limit, seconds in (
        ("10 m", 600),
        ("4 h", 14_400),
        ("1 d", 86_400),
        ("4 wh", 14_400),
        ("2 wd", 2 * 450 * 60),
        ("5 s", 5),
    ):
        amount, unit = limit.split()
        assert seconds_of(Limit(int(amount), unit), OFFICE.spec) == seconds  # type: ignore[arg-type]


def test_the_fixed_shift_agrees_with_the_time_zone_database() -> None:
    for year in range(1992, 2100):
        for month in (1, 7):
            assert datetime(year, month, 1, tzinfo=UTC).astimezone(SHANGHAI).utcoffset() == timedelta(hours=8)


def test_days_that_were_skipped_are_named() -> None:
    found = {
        str(one.day): (one.kind, one.name.zh if one.name else "")
        for one in OFFICE.skipped(at("2026-09-30 10:00"), at("2026-10-11 10:00"))
    }
    assert found["2026-10-01"] == ("holiday", "国庆节")
    assert found["2026-10-10"] == ("make_up", "国庆节")
    assert found["2026-10-11"] == ("rest", "")
    assert "2026-10-08" not in found


def test_calendars_of_an_edition_always_hold_the_natural_one() -> None:
    assert calendars_of({"office": OFFICE.spec}, DAYS).keys() == {"office", "always"}


def test_five_years_are_measured_in_a_few_milliseconds() -> None:
    started = perf_counter()
    fresh = Calendar(OFFICE.spec, DAYS)
    total = fresh.elapsed(at("2021-01-01 00:00"), at("2026-01-01 00:00"))
    assert fresh.advance(at("2021-01-01 00:00"), total) <= at("2026-01-01 00:00")
    assert perf_counter() - started < 0.5


moments = st.datetimes(datetime(2015, 1, 1), datetime(2025, 6, 1)).map(
    lambda naive: naive.replace(tzinfo=UTC)
)
minutes = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple(Span(a, b) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)
weeks = st.dictionaries(st.integers(0, 6), minutes, min_size=1, max_size=7)
calendars = st.builds(
    lambda week, off: Calendar(CalendarSpec("any", week, holidays=off), DAYS), weeks, st.booleans()
)
amounts = st.integers(0, 20 * 86_400)


def _walk(calendar: Calendar, start: datetime, seconds: int) -> datetime | None:
    """None for the few generated weeks (a Sunday of one minute) whose walk leaves the announced years."""
    try:
        return calendar.advance(start, seconds)
    except YearNotAnnounced:
        return None


@settings(max_examples=150, deadline=None)
@given(calendars, moments, amounts)
def test_what_was_walked_is_what_is_measured(calendar: Calendar, start: datetime, seconds: int) -> None:
    seconds %= 40_000
    end = _walk(calendar, start, seconds)
    assert end is None or calendar.elapsed(start, end) == seconds


@settings(max_examples=150, deadline=None)
@given(calendars, moments, amounts, amounts)
def test_two_walks_are_one_walk(calendar: Calendar, start: datetime, first: int, second: int) -> None:
    first, second = first % 20_000, second % 20_000 + 1
    there = _walk(calendar, start, first)
    if there is not None and (end := _walk(calendar, start, first + second)) is not None:
        assert calendar.advance(there, second) == end


@settings(max_examples=100, deadline=None)
@given(calendars, moments, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 30_000))
def test_a_later_start_or_a_longer_limit_is_never_due_sooner(
    calendar: Calendar, start: datetime, later: int, more: int, seconds: int
) -> None:
    due = _walk(calendar, start, seconds)
    delayed = _walk(calendar, start + timedelta(seconds=later), seconds)
    longer = _walk(calendar, start, seconds + more % 10_000)
    assert due is None or ((delayed is None or delayed >= due) and (longer is None or longer >= due))


@settings(max_examples=100, deadline=None)
@given(calendars, moments, st.integers(0, 40 * 86_400), st.integers(0, 40 * 86_400))
def test_time_used_adds_up_over_any_moment_between(
    calendar: Calendar, start: datetime, first: int, second: int
) -> None:
    start = start.replace(microsecond=0)
    middle, end = start + timedelta(seconds=first), start + timedelta(seconds=first + second)
    assert calendar.elapsed(start, middle) + calendar.elapsed(middle, end) == calendar.elapsed(start, end)
