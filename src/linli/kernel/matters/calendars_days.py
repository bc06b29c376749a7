"""Which days the state has made holidays and which weekends it has made workdays. Pure."""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol

from linli.kernel.errors import Refusal
from linli.kernel.packspec.schema import Text

DayKind = Literal["usual", "holiday", "make_up"]


class YearNotAnnounced(Refusal):
    """No due time may be promised across a year whose holidays the State Council has not announced (or
    whose announcement this installation does not have yet). Refusal ``clocks.year_not_announced``.
    """

    def __init__(self, year: int) -> None:
        super().__init__("clocks.year_not_announced", kind="conflict", year=year)
        self.year = year


class WorkingDays(Protocol):
    """A source of holidays."""

    def kind(self, day: date) -> DayKind:
        """``holiday``: a statutory day off, weekend or not; ``make_up``: a weekend day that is worked
        instead; else ``usual``. Raises :class:`YearNotAnnounced`.
        """
        ...

    def name(self, day: date) -> Text | None:
        """What the day is called, for an explanation."""
        ...

    def is_workday(self, day: date) -> bool:
        """Whether people with ordinary weeks work on that day."""
        ...


class OfficialDays:
    """The holidays of the People's Republic as the chinesecalendar package knows them.

    ``assume_weekdays`` is an office's own decision, taken in its settings, to count a year that was not
    announced as if it had no holidays; without it such a year is refused loudly.
    """

    def __init__(self, *, assume_weekdays: bool = False) -> None:
        self.assume_weekdays = assume_weekdays

    def kind(self, day: date) -> DayKind:
        holidays, workdays, first, last = _tables()
        if day in holidays:
            return "holiday"
        if day in workdays:
            return "make_up"
        if not first <= day.year <= last and not self.assume_weekdays:
            raise YearNotAnnounced(day.year)
        return "usual"

    def name(self, day: date) -> Text | None:
        holidays, workdays, _, _ = _tables()
        return holidays.get(day) or workdays.get(day)

    def is_workday(self, day: date) -> bool:
        kind = self.kind(day)
        return kind == "make_up" or (kind == "usual" and day.weekday() < 5)


Table = dict[date, Text]
_loaded: tuple[Table, Table, int, int] | None = None


def _tables() -> tuple[Table, Table, int, int]:
    """Holidays, make-up workdays, first and last announced year. Read at the first question: most clocks
    never ask.
    """
    global _loaded
    if _loaded is None:
        from chinese_calendar import constants

        names = {one.value: Text(one.chinese, one.value) for one in constants.Holiday}
        holidays, workdays = (
            {day: names.get(name) or Text(name, name) for day, name in table.items()}
            for table in (constants.holidays, constants.workdays)
        )
        # An announcement covers a whole year, so the years between the first and the last holiday are
        # complete.
        _loaded = holidays, workdays, min(holidays).year, max(holidays).year
    return _loaded
