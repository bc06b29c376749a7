"""Reading a roster from a CSV file: every problem of the file at once, with its line; nothing half imported.

Columns: ``role, place`` (code)``, login, day, start, end`` and, where needed, ``unit`` (code) and ``stands_in`` (yes/no). ``day`` is
``mon`` … ``sun``, ``daily``, ``workdays``, ``weekend`` or a date ``2026-03-04``; the hours are ``08:00``, the end may be ``24:00`` or
lie on the day after.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from linli.kernel.errors import Refusal
from linli.kernel.people import acts, posts, rota
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import Unit
from linli.kernel.people.rota import TurnAsk
from linli.kernel.places.tree import tree
from linli.kernel.store import acting

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPANS = {"daily": range(7), "workdays": range(5), "weekend": range(5, 7)}
NEEDED = ("role", "place", "login", "day", "start", "end")
_HOUR = re.compile(r"(\d{1,2}):(\d{2})")

Key = tuple[str, int, int | None]


@dataclass
class Plan:
    """One roster to be set."""

    line: int
    turns: list[TurnAsk] = field(default_factory=list)
    stands_in: bool | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    sentence: Refusal

    def __str__(self) -> str:
        return f"{self.line}: {self.sentence.sentence('zh')} {self.sentence.sentence('en')}"


def minutes(text: str) -> int:
    """``08:30`` → 510, up to ``24:00``. Refusal ``people.turn_times``."""
    found = _HOUR.fullmatch(text.strip())
    value = int(found[1]) * 60 + int(found[2]) if found else -1
    if not found or int(found[2]) > 59 or not 0 <= value <= 1440:
        raise Refusal("people.turn_times", field="turns")
    return value


def days(text: str) -> Iterator[tuple[int | None, date | None]]:
    """The weekdays or the date that a day names. Refusal ``people.turn_times``."""
    word = text.strip().lower()
    if word in SPANS:
        yield from ((number, None) for number in SPANS[word])
    elif word in DAYS:
        yield DAYS.index(word), None
    else:
        try:
            yield None, date.fromisoformat(word)
        except ValueError as unreadable:
            raise Refusal("people.turn_times", field="turns") from unreadable


def load(path: Path) -> tuple[dict[Key, Plan], list[Problem]]:
    """The rosters that the file describes, and everything that is wrong with it."""
    plans: dict[Key, Plan] = {}
    problems: list[Problem] = []
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        return {}, [Problem(1, Refusal("people.columns", names=", ".join(missing)))]
    for row in rows:
        try:
            _take(plans, {key: value or "" for key, value in row.items() if key}, rows.line_num)
        except Refusal as refusal:
            problems.append(Problem(rows.line_num, refusal))
    return plans, problems


def _take(plans: dict[Key, Plan], row: Mapping[str, str], line: int) -> None:
    role, code = row["role"].strip(), row["place"].strip()
    node = tree().by_code(code)
    if node is None:
        raise Refusal("people.unknown_place", written=code)
    if posts.role(role) is None:
        raise Refusal("people.unknown_role", role=role)
    person = acts.person_named(row["login"])
    plan = plans.setdefault((role, node.id, _unit(row.get("unit", ""))), Plan(line))
    said = row.get("stands_in", "").strip().lower()
    if said:
        plan.stands_in = said in ("yes", "y", "1", "true", "是")
    start, end = minutes(row["start"]), minutes(row["end"])
    plan.turns += [TurnAsk(person.id, start % 1440, end, weekday, day) for weekday, day in days(row["day"])]


def _unit(code: str) -> int | None:
    if not code.strip():
        return None
    found = Unit.objects.filter(code=code.strip()).values_list("id", flat=True).first()
    if found is None:
        raise Refusal("people.unknown_unit", kind="missing")
    return found


def put(by: Actor, plans: Mapping[Key, Plan]) -> list[Problem]:
    """Set all of these rosters, or none: the problems that stood in the way, if any."""
    problems: list[Problem] = []
    try:
        with acting():
            for (role, place_id, unit_id), plan in plans.items():
                try:
                    rota.set_roster(by, role, place_id, plan.turns, unit_id=unit_id, stands_in=plan.stands_in)
                except Refusal as refusal:
                    problems.append(Problem(plan.line, refusal))
            if problems:
                raise _Undo
    except _Undo:
        pass
    return problems


class _Undo(Exception):
    """Takes back what was written before the first problem."""
