"""Acts on who is there when: rosters and leave. Each is one transaction with its ledger entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.people import posts, record
from linli.kernel.people.accounts import account
from linli.kernel.people.actors import Actor
from linli.kernel.people.acts import for_unit, ground, still_held, write_roster
from linli.kernel.people.models import Assignment, Leave, Person, Roster
from linli.kernel.people.rights import require_leave, require_post
from linli.kernel.people.snapshot import changing
from linli.kernel.places.tree import tree


@dataclass(frozen=True, slots=True)
class TurnAsk:
    """One shift: who, on which weekday (0 = Monday) or date, from and to in minutes after local midnight. An ``end`` not
    after ``start`` is on the following day; 0–1440 is the whole day."""

    person_id: int
    start: int
    end: int
    weekday: int | None = None
    date: date | None = None


def _require_turn(turn: TurnAsk) -> None:
    day_given = (turn.weekday is None) != (turn.date is None)
    weekday_right = turn.weekday is None or 0 <= turn.weekday <= 6
    if not (day_given and weekday_right and 0 <= turn.start < 1440 and 0 <= turn.end <= 1440):
        raise Refusal("people.turn_times", field="turns")


def _require_holds(person_id: int, role: str, place_id: int, unit_id: int | None, at: datetime) -> None:
    above = [node.id for node in tree().chain(place_id)]
    held = Assignment.objects.filter(
        still_held(at), for_unit(unit_id), person_id=person_id, role=role, place_id__in=above
    )
    if not held.exists():
        raise Refusal("people.no_post", name=account(person_id).name, **posts.called(role))


def set_roster(
    by: Actor,
    role: str,
    place_id: int,
    turns: Sequence[TurnAsk],
    *,
    unit_id: int | None = None,
    stands_in: bool | None = None,
    since: datetime | None = None,
) -> int:
    """Who is on duty when, for the role at the place; it replaces the roster kept until then. Everybody named must hold the role
    there or above. ``stands_in``: they answer at night for the posts below that have nobody awake; by default so, unless
    the role is one of an organisation. Returns the roster's id."""
    node = ground(place_id)
    require_post(by, role, node.path)
    declared = posts.role(role)
    if declared is None:
        raise Refusal("people.unknown_role", field="role", role=role)
    if not turns:
        raise Refusal("people.roster_empty", field="turns")
    at = since or moment.now()
    with changing():
        for turn in turns:
            _require_turn(turn)
        for person_id in {turn.person_id for turn in turns}:
            _require_holds(person_id, role, place_id, unit_id, at)
        _end_rosters(by, role, place_id, unit_id, at)
        rows = [(turn.person_id, turn.weekday, turn.date, turn.start, turn.end) for turn in turns]
        covers = not declared.unit if stands_in is None else stands_in
        return write_roster(by, role, place_id, unit_id, covers, rows, at)


def _end_rosters(by: Actor, role: str, place_id: int, unit_id: int | None, at: datetime) -> int:
    """Those in force, one that a hand-over ends on a later day, and the one that would follow it. Answers how many ended."""
    kept = Roster.objects.filter(still_held(at), for_unit(unit_id), role=role, place_id=place_id)
    standing = list(kept.exclude(until__lte=F("since")))
    for roster in standing:
        until = max(at, roster.since)
        seq = record.next_seq("roster", roster.id)
        Roster.objects.filter(id=roster.id).update(until=until)
        record.entry("roster", "roster", roster.id, seq, by, did="ended", until=until)
    return len(standing)


def end_roster(by: Actor, role: str, place_id: int, *, unit_id: int | None = None) -> None:
    """No roster is kept there any more: whoever holds the role answers at any hour."""
    require_post(by, role, ground(place_id).path)
    with changing():
        if not _end_rosters(by, role, place_id, unit_id, moment.now()):
            raise Refusal("people.already_over", kind="conflict")


def take_leave(by: Actor, person_id: int, deputy_id: int, since: datetime, until: datetime) -> int:
    """Somebody is away and the deputy acts by all their roles meanwhile. Oneself, or whoever keeps duty for all their places.
    A ``since`` already gone by means from now on. Returns the leave's id."""
    since = since if by.kind == "system" else max(since, moment.now())
    if until <= since:
        raise Refusal("people.period", field="until")
    with changing():
        held = list(Assignment.objects.filter(still_held(since), person_id=person_id))
        _require_may_arrange(by, person_id, held)
        _require_deputy(person_id, deputy_id, since)
        if Leave.objects.filter(person_id=person_id, since__lt=until, until__gt=since).exists():
            raise Refusal("people.away_already", kind="conflict", field="since")
        _require_no_circle(person_id, deputy_id, since, until)
        leave = Leave.objects.create(person_id=person_id, deputy_id=deputy_id, since=since, until=until)
        facts: dict[str, Any] = {
            "person_id": person_id,
            "deputy_id": deputy_id,
            "since": since,
            "until": until,
        }
        record.entry("leave", "leave", leave.id, 1, by, did="taken", **facts)
        return leave.id


def _require_may_arrange(by: Actor, person_id: int, held: Sequence[Assignment]) -> None:
    account(person_id)
    if by.person_id == person_id:
        return
    if not held and by.kind != "system":
        raise Refusal("people.not_yours", kind="forbidden")
    for one in held:
        require_leave(by, one.role, ground(one.place_id).path)


def _require_deputy(person_id: int, deputy_id: int, since: datetime) -> None:
    """A member of staff in office, not oneself. (Whether they are away as well is the circle's question.)"""
    if deputy_id == person_id:
        raise Refusal("people.deputy_self", field="deputy")
    fit = Person.objects.filter(id=deputy_id, is_active=True, kind="staff").exists()
    if (
        not fit
        or not Assignment.objects.filter(still_held(since), person_id=deputy_id, since__lte=since).exists()
    ):
        raise Refusal("people.deputy_unfit", field="deputy")


def _require_no_circle(person_id: int, deputy_id: int, since: datetime, until: datetime) -> None:
    """Following deputies of deputies through every leave that touches this period must never lead back."""
    overlapping = Leave.objects.filter(since__lt=until, until__gt=since).values_list("person_id", "deputy_id")
    deputies: dict[int, set[int]] = {}
    for absent, stands_in in overlapping:
        deputies.setdefault(absent, set()).add(stands_in)
    seen: set[int] = set()
    waiting = [deputy_id]
    while waiting:
        one = waiting.pop()
        if one == person_id:
            raise Refusal("people.deputy_loop", field="deputy", name=account(deputy_id).name)
        if one not in seen:
            seen.add(one)
            waiting.extend(deputies.get(one, ()))


def end_leave(by: Actor, leave_id: int, at: datetime | None = None) -> None:
    """Back early, or the leave is called off before it began."""
    with changing():
        leave = Leave.objects.filter(id=leave_id).first()
        now = at or moment.now()
        if leave is None or leave.until <= now:
            raise Refusal("people.not_away", kind="missing")
        _require_may_arrange(
            by, leave.person_id, list(Assignment.objects.filter(still_held(now), person_id=leave.person_id))
        )
        until = max(now, leave.since)
        Leave.objects.filter(id=leave_id).update(until=until)
        record.entry("leave", "leave", leave_id, 2, by, did="ended", until=until)
