"""All that says who answers for what, in memory, for one state of the store.

A snapshot holds what ended, too: any past moment can be asked. It is kept per process by the mark of ``Generation``,
which every act on people renews; whether it was renewed is asked at most once per second (one statement).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings

from linli.kernel.ids import new_id
from linli.kernel.people.models import Assignment, Generation, Leave, Person, Roster, Turn
from linli.kernel.people.models import Unit as UnitRow
from linli.kernel.store import acting


class Known(NamedTuple):
    name: str
    lang: str
    login: str


class Post(NamedTuple):
    """A role held by a person at a place, from ``since`` until before ``until`` (None: open)."""

    id: int
    person_id: int
    role: str
    place_id: int
    unit_id: int | None
    since: datetime
    until: datetime | None

    def held_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Shift(NamedTuple):
    """Minutes after local midnight of its day; ``end`` beyond 1440 reaches into the day after."""

    person_id: int
    weekday: int | None
    date: date | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Watch:
    """A roster: who is on duty when, for one role at one place."""

    id: int
    role: str
    place_id: int
    unit_id: int | None
    stands_in: bool
    since: datetime
    until: datetime | None
    dated: dict[date, list[Shift]] = field(default_factory=dict)
    weekly: dict[int, list[Shift]] = field(default_factory=dict)

    def valid_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def shifts_of(self, day: date) -> list[Shift]:
        """Those that begin on that local day; named dates go before weekdays."""
        return self.dated.get(day) or self.weekly.get(day.weekday(), [])


class Away(NamedTuple):
    person_id: int
    deputy_id: int
    since: datetime
    until: datetime


class Unit(NamedTuple):
    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    place_id: int
    phone: str
    closed: datetime | None

    def called(self, lang: str = "zh") -> str:
        return self.name_en if lang.startswith("en") else self.name_zh


@dataclass(frozen=True, slots=True)
class Snapshot:
    mark: int
    people: dict[int, Known]
    posts: dict[tuple[str, int], list[Post]]  # by role and place, in order of since
    posts_of: dict[int, list[Post]]  # by person
    posts_of_unit: dict[int, list[Post]]
    watches: dict[int, list[Watch]]  # by place
    away: dict[int, list[Away]]  # by absent person
    deputising: dict[int, list[Away]]  # by deputy
    units: dict[int, Unit]
    units_at: dict[int, list[Unit]]  # by place served


def _watches() -> dict[int, list[Watch]]:
    by_id: dict[int, Watch] = {}
    columns = ("id", "role", "place_id", "unit_id", "stands_in", "since", "until")
    for row in Roster.objects.order_by("id").values_list(*columns):
        by_id[row[0]] = Watch(*row)
    turns = Turn.objects.order_by("id").values_list(
        "roster_id", "person_id", "weekday", "date", "start", "end"
    )
    for roster_id, person_id, weekday, day, start, end in turns:
        watch = by_id[roster_id]
        shift = Shift(person_id, weekday, day, start, end if end > start else end + 1440)
        if day is not None:
            watch.dated.setdefault(day, []).append(shift)
        else:
            watch.weekly.setdefault(weekday or 0, []).append(shift)
    found: dict[int, list[Watch]] = defaultdict(list)
    for watch in by_id.values():
        found[watch.place_id].append(watch)
    return dict(found)


def _people(wanted: Iterable[int]) -> dict[int, Known]:
    """Those who ever held something or stood in. Residents without a role are not kept in memory."""
    ids = sorted(set(wanted))
    found: dict[int, Known] = {}
    for first in range(0, len(ids), 500):
        rows = Person.objects.filter(id__in=ids[first : first + 500]).values_list(
            "id", "name", "lang", "login"
        )
        found.update({row[0]: Known(*row[1:]) for row in rows})
    return found


def load(mark: int) -> Snapshot:
    """Everything, from the store, in a handful of statements."""
    posts: dict[tuple[str, int], list[Post]] = defaultdict(list)
    posts_of: dict[int, list[Post]] = defaultdict(list)
    posts_of_unit: dict[int, list[Post]] = defaultdict(list)
    columns = ("id", "person_id", "role", "place_id", "unit_id", "since", "until")
    for row in Assignment.objects.order_by("since", "id").values_list(*columns):
        post = Post(*row)
        posts[post.role, post.place_id].append(post)
        posts_of[post.person_id].append(post)
        if post.unit_id is not None:
            posts_of_unit[post.unit_id].append(post)
    away: dict[int, list[Away]] = defaultdict(list)
    deputising: dict[int, list[Away]] = defaultdict(list)
    for line in Leave.objects.order_by("id").values_list("person_id", "deputy_id", "since", "until"):
        absence = Away(*line)
        away[absence.person_id].append(absence)
        deputising[absence.deputy_id].append(absence)
    described = ("id", "code", "name_zh", "name_en", "kind", "place_id", "phone", "closed")
    units = {row[0]: Unit(*row) for row in UnitRow.objects.order_by("code").values_list(*described)}
    units_at: dict[int, list[Unit]] = defaultdict(list)
    for unit in units.values():
        units_at[unit.place_id].append(unit)
    people = _people([*posts_of, *away, *deputising])
    return Snapshot(
        mark,
        people,
        dict(posts),
        dict(posts_of),
        dict(posts_of_unit),
        _watches(),
        dict(away),
        dict(deputising),
        units,
        dict(units_at),
    )


_lock = threading.Lock()
_kept: Snapshot | None = None
_asked = float("-inf")


def _patience() -> float:
    return 0.0 if getattr(settings, "MODE", "") == "test" else 1.0


def current() -> Snapshot:
    """The state of the store, never more than a second old."""
    global _kept, _asked
    kept, tick = _kept, time.monotonic()
    if kept is not None and tick - _asked <= _patience():
        return kept
    mark = Generation.objects.values_list("mark", flat=True).first() or 0
    if kept is not None and mark and kept.mark == mark:
        _asked = tick
        return kept
    with _lock:
        _kept = fresh = load(mark)
        _asked = tick
    return fresh


@contextmanager
def changing() -> Iterator[None]:
    """The transaction of an act on people. Such acts wait for each other (they are rare, and rules such as "somebody must be
    left" look at many rows); once it is over, kept or undone, this process asks the store again."""
    try:
        with acting():
            if not Generation.objects.filter(id=1).update(mark=new_id()):
                Generation.objects.create(id=1, mark=new_id())
            yield
    finally:
        forget()


def forget() -> None:
    """Ask the store again before the next answer."""
    global _asked
    _asked = float("-inf")
