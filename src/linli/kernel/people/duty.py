"""Who answers for a role on a piece of ground, at any moment. Reads memory; at most one statement per second
and process.

``path`` is ``/id/id/id/`` from the root to the place asked about. The search starts at its deepest place and
goes up:

1. Where a roster of the role is kept, whoever is on duty now answers (a shift over midnight belongs to the
   day it began; a named date replaces the weekday).
2. Where none is kept, the holder answers; of several, the one who holds it longest.
3. Somebody on leave is answered for by the deputy, and by the deputy's deputy.
4. Where a roster is kept and nobody is on duty, whoever is on duty at the nearest higher roster that
   ``stands_in`` answers; only where there is none at all, the sleeping holder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from linli.kernel import moment
from linli.kernel.people import snapshot
from linli.kernel.people.snapshot import Post, Snapshot, Unit, Watch
from linli.kernel.places.tree import tree


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody who answers. ``on_duty`` only where a roster says so. ``role`` and ``path`` are those they
    hold, which may be higher than what was asked for; ``deputy_for`` is the absent person they stand in
    for."""

    person_id: int
    name: str
    role: str
    place_id: int
    path: str
    unit_id: int | None = None
    deputy_for: int | None = None
    on_duty: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """One shift of somebody, as two moments."""

    role: str
    place_id: int
    start: datetime
    end: datetime


def _places(path: str) -> list[tuple[int, str]]:
    """(place id, path up to it), deepest first. ``/1/5/`` → ``[(5, "/1/5/"), (1, "/1/")]``."""
    found: list[tuple[int, str]] = []
    upto = "/"
    for part in path.strip("/").split("/"):
        if part:
            upto = f"{upto}{part}/"
            found.append((int(part), upto))
    found.reverse()
    return found


def stand_in(snap: Snapshot, person_id: int, at: datetime) -> int | None:
    """Who is really there for that person: themself, or the end of the chain of deputies. None where it goes
    in a circle."""
    seen: set[int] = set()
    while person_id not in seen:
        seen.add(person_id)
        away = next((a for a in snap.away.get(person_id, ()) if a.since <= at < a.until), None)
        if away is None:
            return person_id
        person_id = away.deputy_id
    return None


def on_shift(watch: Watch, at: datetime) -> Iterator[int]:
    """The persons whose shift runs now, in the order the roster names them."""
    here = moment.local(at)
    minute = here.hour * 60 + here.minute
    for days in (0, 1):
        for shift in watch.shifts_of(here.date() - timedelta(days=days)):
            if shift.start <= minute + 1440 * days < shift.end:
                yield shift.person_id


class _Asked:
    """One question: a role on a path at a moment, perhaps for one unit only."""

    def __init__(self, snap: Snapshot, role: str, path: str, at: datetime, unit_id: int | None) -> None:
        self.snap, self.role, self.at, self.unit_id = snap, role, at, unit_id
        self.places = _places(path)
        self.above = {place_id for place_id, _ in self.places}

    def _holding(
        self, person_id: int, role: str, spot: tuple[int, str], unit_id: int | None, on_duty: bool
    ) -> Holding | None:
        there = stand_in(self.snap, person_id, self.at)
        if there is None:
            return None
        known = self.snap.people.get(there)
        instead = person_id if there != person_id else None
        return Holding(there, known.name if known else "", role, *spot, unit_id, instead, on_duty)

    def posts(self, spot: tuple[int, str]) -> list[Post]:
        posts = self.snap.posts.get((self.role, spot[0]), ())
        return [p for p in posts if p.held_at(self.at) and self.unit_id in (None, p.unit_id)]

    def watches(self, spot: tuple[int, str]) -> list[Watch]:
        watches = self.snap.watches.get(spot[0], ())
        return [
            w
            for w in watches
            if w.role == self.role and w.valid_at(self.at) and self.unit_id in (None, w.unit_id)
        ]

    def stand_ins(self, spot: tuple[int, str]) -> list[Watch]:
        if self.unit_id is not None:
            return []
        return [w for w in self.snap.watches.get(spot[0], ()) if w.stands_in and w.valid_at(self.at)]

    def awake(self, watches: list[Watch], spot: tuple[int, str]) -> list[Holding]:
        """Those on duty by these rosters who still hold the role there or above."""
        found: list[Holding] = []
        for watch in watches:
            for person_id in on_shift(watch, self.at):
                if self._still(person_id, watch):
                    found += filter(None, [self._holding(person_id, watch.role, spot, watch.unit_id, True)])
        return found

    def _still(self, person_id: int, watch: Watch) -> bool:
        posts = self.snap.posts_of.get(person_id, ())
        return any(p.role == watch.role and p.place_id in self.above and p.held_at(self.at) for p in posts)

    def present(self, spot: tuple[int, str]) -> list[Holding]:
        """The holders there, duty or not, those absent replaced; each person once."""
        found: dict[int, Holding] = {}
        for post in self.posts(spot):
            holding = self._holding(post.person_id, self.role, spot, post.unit_id, False)
            if holding is not None:
                found.setdefault(holding.person_id, holding)
        return list(found.values())

    def answer(self) -> list[Holding]:
        """Those who answer at the nearest place that has somebody, the first of them first; empty where
        nobody does."""
        asleep: list[Holding] = []
        gap = False
        for spot in self.places:
            watches = self.watches(spot)
            awake = self.awake(watches, spot)
            if not awake and (gap or watches):
                awake = self.awake(self.stand_ins(spot), spot)
            if awake:
                return awake
            present = self.present(spot)
            if present and not watches and not gap:
                return present
            asleep = asleep or present
            gap = gap or bool(watches)
        return asleep


def holders(
    role: str, path: str, at: datetime | None = None, *, unit_id: int | None = None
) -> tuple[Holding, ...]:
    """All who answer for the role at the nearest place that has somebody; the one responsible comes first."""
    return tuple(_Asked(snapshot.current(), role, path, at or moment.now(), unit_id).answer())


def holder(role: str, path: str, at: datetime | None = None, *, unit_id: int | None = None) -> Holding | None:
    """The one who answers for the role on that ground, or None where nobody holds it there or above."""
    found = holders(role, path, at, unit_id=unit_id)
    return found[0] if found else None


def answerable(
    role: str, path: str, at: datetime | None = None, ladder_roles: Sequence[str] = ()
) -> Holding | None:
    """The holder of the role or, failing that, of the next of ``ladder_roles`` that has one. Not None as long
    as the last of them is held at the top of the tree, which ``acts`` never let lapse."""
    at = at or moment.now()
    for each in (role, *(r for r in ladder_roles if r != role)):
        found = holder(each, path, at)
        if found is not None:
            return found
    return None


def holds(person_id: int, role: str, path: str, at: datetime | None = None) -> bool:
    """Whether that person, or an absent one they stand in for, holds the role at the path or above it."""
    at = at or moment.now()
    snap = snapshot.current()
    above = {place_id for place_id, _ in _places(path)}
    return any(p.role == role and p.place_id in above for p, _ in posts_of(snap, person_id, at))


def answers(person_id: int, role: str, place_id: int | None, unit_id: int | None, at: datetime) -> bool:
    """Whether somebody who was named as ``Holding(role, place_id, unit_id)`` still holds that, for themself or for somebody they
    stand in for: the role at the place or above it, or anything at all for the unit."""
    node = tree(at).get(place_id)
    above = {each for each, _ in _places(node.path)} if node else set()
    for post, _ in posts_of(snapshot.current(), person_id, at):
        if post.unit_id == unit_id if unit_id is not None else post.role == role and post.place_id in above:
            return True
    return False


def posts_of(snap: Snapshot, person_id: int, at: datetime) -> Iterator[tuple[Post, int | None]]:
    """The posts a person may act by at that moment: their own, and those of everybody they stand in for
    (named beside)."""
    for post in snap.posts_of.get(person_id, ()):
        if post.held_at(at):
            yield post, None
    for absent in _answers_for(snap, person_id, at):
        for post in snap.posts_of.get(absent, ()):
            if post.held_at(at):
                yield post, absent


def _answers_for(snap: Snapshot, person_id: int, at: datetime) -> list[int]:
    """Everybody whose chain of deputies passes this person now."""
    found: list[int] = []
    waiting = [person_id]
    while waiting:
        deputy = waiting.pop()
        for away in snap.deputising.get(deputy, ()):
            if away.since <= at < away.until and away.person_id not in (*found, person_id):
                found.append(away.person_id)
                waiting.append(away.person_id)
    return found


def standing_in(person_id: int, at: datetime | None = None) -> int | None:
    """Who acts in that person's stead at that moment; None while they are not on leave."""
    there = stand_in(snapshot.current(), person_id, at or moment.now())
    return there if there != person_id else None


def is_on_duty(person_id: int, at: datetime | None = None) -> bool:
    """Whether a roster says that this person (or somebody they stand in for) is on duty now."""
    at = at or moment.now()
    snap = snapshot.current()
    themselves = {person_id, *_answers_for(snap, person_id, at)}
    for absent in themselves:
        for post in snap.posts_of.get(absent, ()):
            for watch in snap.watches.get(post.place_id, ()):
                if watch.valid_at(at) and absent in on_shift(watch, at):
                    return True
    return False


def shifts(person_id: int, first: date, days: int = 7) -> list[Duty]:
    """That person's own shifts beginning on these local days, in order, each by the roster in force at its time."""
    found: list[Duty] = []
    for watches in snapshot.current().watches.values():
        for watch in watches:
            for each in _shifts(watch, person_id, first, days):
                if watch.since < each.end and (watch.until is None or each.start < watch.until):
                    found.append(each)
    return sorted(found, key=lambda duty: (duty.start, duty.role))


def _shifts(watch: Watch, person_id: int, first: date, days: int) -> Iterator[Duty]:
    for day in (first + timedelta(days=n) for n in range(days)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=moment.SHANGHAI)
        for shift in watch.shifts_of(day):
            if shift.person_id == person_id:
                start = midnight + timedelta(minutes=shift.start)
                yield Duty(watch.role, watch.place_id, start, midnight + timedelta(minutes=shift.end))


def unit(unit_id: int) -> Unit | None:
    """The organisation of that id, open or closed."""
    return snapshot.current().units.get(unit_id)


def units(path: str, kind: str | None = None, at: datetime | None = None) -> list[Unit]:
    """The organisations that serve that ground, nearest first; of one kind where asked."""
    at = at or moment.now()
    snap = snapshot.current()
    found = [unit for place_id, _ in _places(path) for unit in snap.units_at.get(place_id, ())]
    return [u for u in found if (kind is None or u.kind == kind) and (u.closed is None or at < u.closed)]


def unit_holder(unit_id: int, at: datetime | None = None) -> Holding | None:
    """Who answers for the unit: on duty first, then whoever holds a role for it longest. None for an empty
    unit."""
    snap = snapshot.current()
    at = at or moment.now()
    ground = tree(at)
    found: list[Holding] = []
    for role, place_id in dict.fromkeys((p.role, p.place_id) for p in snap.posts_of_unit.get(unit_id, ())):
        node = ground.get(place_id)
        if node is not None:
            found += _Asked(snap, role, node.path, at, unit_id).answer()
    return min(found, key=lambda holding: not holding.on_duty, default=None)


def name_of(person_id: int | None) -> str:
    """The name of somebody who holds or held something; empty for residents and nobody."""
    known = snapshot.current().people.get(person_id) if person_id is not None else None
    return known.name if known else ""
