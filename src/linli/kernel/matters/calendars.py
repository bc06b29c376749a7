"""Working time: which seconds of a day count, and how to walk along them. Pure.

A :class:`Calendar` is a :class:`CalendarSpec` together with a source of statutory holidays. Moments go in
and come out as aware datetimes; spans are wall-clock minutes of the office (Asia/Shanghai). All sums are
whole microseconds of integers, so that walking forward and measuring back agree exactly, over midnights,
lunch breaks and years.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from linli.kernel.errors import Refusal
from linli.kernel.matters.calendars_days import OfficialDays, WorkingDays, YearNotAnnounced
from linli.kernel.packspec.schema import NATURAL_SECONDS, CalendarSpec, Limit, Span, Text

__all__ = [
    "ALWAYS",
    "Calendar",
    "OfficialDays",
    "Skipped",
    "WorkingDays",
    "YearNotAnnounced",
    "calendars_of",
    "counts_round_the_clock",
    "seconds_of",
    "whole_second",
]

_SECOND = 1_000_000  # everything below is in microseconds
_MINUTE = 60 * _SECOND
_DAY = 86_400 * _SECOND
# China has kept UTC+8 without summer time since 1991; a fixed shift keeps the sums in plain integers (a
# test compares it with the time-zone database).
_SHIFT = 8 * 3600 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TICK = timedelta(microseconds=1)
_IDLE_DAYS = 40  # a calendar that offers nothing for so long never will: even the longest holidays are a quarter of this

Spans = tuple[tuple[int, int], ...]  # microseconds after midnight, in order, apart


class Skipped(NamedTuple):
    """A day between two moments on which the calendar did not count as its weekday says."""

    day: date
    kind: str  # holiday | make_up | rest
    name: Text | None


def whole_second(at: datetime) -> datetime:
    """The second a moment falls in, in UTC. Clocks tick in whole seconds, so that times used add up
    exactly.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(UTC).replace(microsecond=0)


def counts_round_the_clock(limit: Limit) -> bool:
    """Natural units run day and night; only ``wh`` and ``wd`` follow a calendar."""
    return limit.unit in NATURAL_SECONDS


def seconds_of(limit: Limit, spec: CalendarSpec) -> int:
    """How many counted seconds a limit gives; a working day is worth ``day_minutes`` of its calendar."""
    if limit.unit == "wh":
        return limit.amount * 3600
    if limit.unit == "wd":
        return limit.amount * spec.day_minutes * 60
    return limit.amount * NATURAL_SECONDS[limit.unit]


@dataclass(frozen=True)
class Calendar:
    """Where working time lies. Raises Refusal ``clocks.no_working_time`` for a week without a single
    working minute and ``clocks.bad_span`` for a span outside its day.
    """

    spec: CalendarSpec
    days: WorkingDays

    def __post_init__(self) -> None:
        if not any(self._week.values()):
            raise Refusal("clocks.no_working_time", calendar=self.key)

    @property
    def key(self) -> str:
        return self.spec.key

    @cached_property
    def round_the_clock(self) -> bool:
        return not self.spec.holidays and all(self._week[n] == ((0, _DAY),) for n in range(7))

    @cached_property
    def _week(self) -> dict[int, Spans]:
        return {n: _tidy(self.key, self.spec.week.get(n, ())) for n in range(7)}

    @cached_property
    def _usual(self) -> Spans:
        """The hours of an ordinary weekday: what a make-up Saturday works."""
        return next((self._week[n] for n in range(7) if self._week[n]), ())

    @cached_property
    def _known(self) -> dict[int, tuple[Spans, int]]:
        return {}

    def advance(self, start: datetime, seconds: int) -> datetime:
        """The first moment when ``seconds`` of working time have been used since ``start``; ``start``
        itself for none.

        Raises :class:`YearNotAnnounced` when the walk enters a year whose holidays nobody knows.
        """
        if seconds <= 0:
            return start.astimezone(UTC)
        if self.round_the_clock:
            return start.astimezone(UTC) + timedelta(seconds=seconds)
        left = seconds * _SECOND
        day, since = divmod(_local(start), _DAY)
        idle = 0
        while True:
            spans, total = self._spans(day)
            if since == 0 and total < left:
                left -= total
                idle = 0 if total else idle + 1
            else:
                for opens, closes in spans:
                    opens = max(opens, since)
                    if closes - opens >= left:
                        return _moment(day * _DAY + opens + left)
                    left -= max(0, closes - opens)
                idle = 0
            if idle > _IDLE_DAYS:
                raise Refusal("clocks.no_working_time", calendar=self.key)
            day, since = day + 1, 0

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Whole seconds of working time between two moments; 0 when ``end`` is not after ``start``."""
        if end <= start:
            return 0
        if self.round_the_clock:
            return (end - start) // timedelta(seconds=1)
        first, since = divmod(_local(start), _DAY)
        last, until = divmod(_local(end), _DAY)
        if first == last:
            return self._within(first, since, until) // _SECOND
        used = self._within(first, since, _DAY) + sum(self._spans(day)[1] for day in range(first + 1, last))
        if until:  # a span that ends at midnight must not ask about a year it does not enter
            used += self._within(last, 0, until)
        return used // _SECOND

    def working(self, at: datetime) -> bool:
        """Whether time counts at this moment."""
        day, since = divmod(_local(at), _DAY)
        return self.round_the_clock or any(opens <= since < closes for opens, closes in self._spans(day)[0])

    def skipped(self, start: datetime, end: datetime) -> Iterator[Skipped]:
        """The days from ``start`` to ``end`` that make a due time later (or sooner) than the hours of the
        clock suggest: holidays with their names, make-up workdays, and days without any working time.
        """
        if self.round_the_clock:
            return
        for number in range(_local(start) // _DAY, _local(end) // _DAY + 1):
            day = date.fromordinal(_EPOCH_DAY + number)
            kind = self.days.kind(day) if self.spec.holidays else "usual"
            if kind != "usual":
                yield Skipped(day, kind, self.days.name(day))
            elif not self._week[day.weekday()]:
                yield Skipped(day, "rest", None)

    def _within(self, day: int, since: int, until: int) -> int:
        return sum(max(0, min(closes, until) - max(opens, since)) for opens, closes in self._spans(day)[0])

    def _spans(self, number: int) -> tuple[Spans, int]:
        known = self._known.get(number)
        if known is None:
            spans = self._spans_of(date.fromordinal(_EPOCH_DAY + number))
            known = self._known[number] = spans, sum(closes - opens for opens, closes in spans)
        return known

    def _spans_of(self, day: date) -> Spans:
        own = self._week[day.weekday()]
        if not self.spec.holidays:
            return own
        kind = self.days.kind(day)
        if kind == "holiday":
            return ()
        return own or self._usual if kind == "make_up" else own


def _tidy(calendar: str, spans: tuple[Span, ...]) -> Spans:
    """Spans in order, overlapping and adjoining ones joined."""
    tidy: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda one: one.start):
        if not 0 <= span.start < span.end <= 1440:
            raise Refusal("clocks.bad_span", calendar=calendar, start=span.start, end=span.end)
        opens, closes = span.start * _MINUTE, span.end * _MINUTE
        if tidy and opens <= tidy[-1][1]:
            tidy[-1] = tidy[-1][0], max(closes, tidy[-1][1])
        else:
            tidy.append((opens, closes))
    return tuple(tidy)


def _local(at: datetime) -> int:
    """Microseconds on the office's wall clock."""
    return (at - _EPOCH) // _TICK + _SHIFT


def _moment(local: int) -> datetime:
    return _EPOCH + timedelta(microseconds=local - _SHIFT)


ALWAYS = Calendar(
    CalendarSpec("always", {n: (Span(0, 1440),) for n in range(7)}, holidays=False, day_minutes=1440),
    OfficialDays(),
)


def calendars_of(specs: Mapping[str, CalendarSpec], days: WorkingDays) -> dict[str, Calendar]:
    """The calendars of an edition, ready to count with. ``always`` is there whether declared or not."""
    made = {key: Calendar(spec, days) for key, spec in specs.items()}
    made.setdefault("always", ALWAYS)
    return made
