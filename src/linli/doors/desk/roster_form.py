"""The rows of a roster's form: a person, a day (a weekday, several, or a date) and hours; read, and put together from a roster kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from linli.kernel.errors import Refusal
from linli.kernel.people.rota import TurnAsk
from linli.kernel.people.snapshot import Shift, Watch

DAYS: dict[str, tuple[int, ...]] = {
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "workdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    **{str(n): (n,) for n in range(7)},
}


@dataclass(frozen=True, slots=True)
class Row:
    """As it stands in the form. ``day`` is a key of ``DAYS`` or ``date``."""

    person: int = 0
    day: str = "daily"
    date: str = ""
    start: str = ""
    end: str = ""

    @property
    def empty(self) -> bool:
        return not (self.person or self.start or self.end)

    @property
    def whole(self) -> bool:
        """Whether it says who, when and how long."""
        said = bool(self.person) and _minutes(self.start) is not None and _minutes(self.end) is not None
        return said and (self.day in DAYS or (self.day == "date" and _date(self.date) is not None))


def _minutes(text: str) -> int | None:
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute[:2].isdecimal()):
        return None
    return int(hour) * 60 + int(minute[:2])


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_rows(post: QueryDict) -> list[Row]:
    """What was typed, row by row; rows left empty or struck out are not there."""
    columns = [post.getlist(name) for name in ("person", "day", "date", "start", "end")]
    struck = {int(n) for n in post.getlist("strike") if n.isdecimal()}
    found = []
    for n, (person, day, when, start, end) in enumerate(zip(*columns, strict=False)):
        row = Row(int(person) if person.isdecimal() else 0, day, when, start, end)
        if n not in struck and not row.empty:
            found.append(row)
    return found


def asked_of(rows: list[Row]) -> list[TurnAsk]:
    """The shifts for the kernel. Refusal ``desk.roster_row`` names a row that is not complete."""
    found: list[TurnAsk] = []
    for n, row in enumerate(rows, 1):
        if not row.whole:
            raise Refusal("desk.roster_row", field="start", n=n)
        found += [TurnAsk(s.person_id, s.start, s.end, s.weekday, s.date) for s in _shifts(row)]
    return found


def shifts_asked(rows: list[Row]) -> list[Shift]:
    """The shifts of the rows that are complete, for a look at the week they make."""
    return [shift for row in rows if row.whole for shift in _shifts(row)]


def _shifts(row: Row) -> list[Shift]:
    start, end = _minutes(row.start) or 0, _minutes(row.end) or 0
    if end == 0 and start == 0:
        end = 1440  # from midnight to midnight
    if row.day == "date":
        return [Shift(row.person, None, _date(row.date), start, end)]
    return [Shift(row.person, weekday, None, start, end) for weekday in DAYS[row.day]]


def rows_of(watch: Watch) -> list[Row]:
    """A roster as few rows: weekdays with the same person and hours stand together where there is a word for them."""
    together: dict[tuple[int, int, int], list[int]] = {}
    for weekday, shifts in sorted(watch.weekly.items()):
        for shift in shifts:
            together.setdefault((shift.person_id, shift.start, shift.end), []).append(weekday)
    rows = []
    for (person, start, end), days in together.items():
        key = next((key for key, known in DAYS.items() if list(known) == days), "")
        for day in [key] if key else [str(n) for n in days]:
            rows.append(Row(person, day, "", _clock(start), _clock(end)))
    for when, shifts in sorted(watch.dated.items()):
        rows += [Row(s.person_id, "date", when.isoformat(), _clock(s.start), _clock(s.end)) for s in shifts]
    return rows


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
