"""Acts on who holds what: the only writers of appointments and organisations.

(Accounts stand in ``accounts``, rosters and leave in ``rota``.)

Whoever holds open matters when a role ends or is handed over is found by the matters' follower of ``people.ended`` entries,
which gives each of those matters to whoever ``duty`` names then. Here it is only made sure that ``duty`` can name
somebody: the last holder of a role on which a ladder ends cannot leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.people import posts, record
from linli.kernel.people.accounts import account
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import Assignment, Leave, Person, Roster, Turn, Unit
from linli.kernel.people.rights import require_people, require_post
from linli.kernel.people.snapshot import changing
from linli.kernel.places.tree import Node, tree


def ground(place_id: int) -> Node:
    """The place as it is now. Refusal ``places.unknown``."""
    return tree().place(place_id)


def chain(place_id: int) -> list[int]:
    """The place and those it lies in."""
    return [node.id for node in tree().chain(place_id)]


def still_held(at: datetime) -> Q:
    return Q(until=None) | Q(until__gt=at)


def for_unit(unit_id: int | None) -> Q:
    """What is held for that unit; for None, what is held for none."""
    return Q(unit_id=unit_id)


def post_facts(held: Assignment) -> dict[str, str]:
    """A post as facts of a refusal: the role and the place, in both languages."""
    place = ground(held.place_id)
    return {**posts.called(held.role), "place": place.name, "place_en": place.called("en")}


def _not_before_now(by: Actor, at: datetime | None) -> datetime:
    """Only the program itself (an import, a town's history) writes into the past."""
    now = moment.now()
    if at is not None and at < now and by.kind != "system":
        raise Refusal("people.in_the_past")
    return at or now


def appoint(
    by: Actor,
    person_id: int,
    role: str,
    place_id: int,
    *,
    unit_id: int | None = None,
    since: datetime | None = None,
) -> int:
    """Give somebody a role at a place, from ``since`` (default: now) until it is ended. Returns the assignment's id."""
    node = ground(place_id)
    require_post(by, role, node.path)
    at = _not_before_now(by, since)
    with changing():
        _require_fit(person_id, role, node, unit_id)
        same = Assignment.objects.filter(for_unit(unit_id), person_id=person_id, role=role, place_id=place_id)
        if same.filter(still_held(at)).exists():
            raise Refusal("people.already_held", kind="conflict", **posts.called(role))
        return _hold(by, person_id, role, place_id, unit_id, at)


def _hold(by: Actor, person_id: int, role: str, place_id: int, unit_id: int | None, since: datetime) -> int:
    fresh = Assignment.objects.create(
        person_id=person_id, role=role, place_id=place_id, unit_id=unit_id, since=since
    )
    facts: dict[str, Any] = {
        "person_id": person_id,
        "role": role,
        "place_id": place_id,
        "unit_id": unit_id,
        "since": since,
    }
    record.entry("appointed", "assignment", fresh.id, 1, by, **facts)
    return fresh.id


def _require_fit(person_id: int, role: str, node: Node, unit_id: int | None) -> None:
    declared = posts.role(role)
    if declared is None:
        raise Refusal("people.unknown_role", field="role", role=role)
    person = account(person_id)
    if not person.is_active:
        raise Refusal("people.unknown", kind="missing")
    if declared.staff and person.kind != "staff":
        raise Refusal("people.only_residents", field="person")
    if declared.unit and unit_id is None:
        raise Refusal("people.unit_needed", field="unit", **posts.called(role))
    if unit_id is not None:
        _require_serves(unit_id, node)


def _require_serves(unit_id: int, node: Node) -> None:
    """People of an organisation stand on ground it serves, or above where it serves several."""
    unit = Unit.objects.filter(id=unit_id, closed=None).first()
    if unit is None:
        raise Refusal("people.unknown_unit", kind="missing", field="unit")
    served = ground(unit.place_id).path
    if not (node.path.startswith(served) or served.startswith(node.path)):
        raise Refusal("people.unit_elsewhere", field="unit")


def end_appointment(by: Actor, assignment_id: int, at: datetime | None = None) -> None:
    """The role ends at that moment (default: now). Refusal ``people.nobody_left`` for the last holder of a role on which a ladder
    ends, and ``people.still_deputy`` where it leaves somebody's deputy without any role."""
    with changing():
        held = _assignment(assignment_id)
        require_post(by, held.role, ground(held.place_id).path)
        when = _not_before_now(by, at)
        _require_somebody_left([held], when, none_of=held.person_id)
        require_not_deputy(held.person_id, [held.id], when)
        end(by, held, when, to=None)


def _assignment(assignment_id: int) -> Assignment:
    held = Assignment.objects.filter(id=assignment_id).first()
    if held is None:
        raise Refusal("people.unknown", kind="missing")
    if held.until is not None:
        raise Refusal("people.already_over", kind="conflict")
    return held


def end(by: Actor, held: Assignment, at: datetime, to: int | None) -> None:
    """Inside an act: the appointment ends at that moment, handed over ``to`` somebody or to nobody."""
    if at < held.since:
        raise Refusal("people.before_it_began")
    Assignment.objects.filter(id=held.id).update(until=at)
    facts: dict[str, Any] = {
        "person_id": held.person_id,
        "role": held.role,
        "place_id": held.place_id,
        "until": at,
        "to_id": to,
    }
    record.entry("ended", "assignment", held.id, record.next_seq("assignment", held.id), by, **facts)


def _require_somebody_left(ending: Sequence[Assignment], at: datetime, none_of: int) -> None:
    """Law 2: a broken promise must always reach somebody. Asked for each role on which a ladder ends, and of administrators."""
    needed = posts.last_rungs() | {posts.ADMIN}
    gone = [held.id for held in ending]
    for held in ending:
        if held.role not in needed:
            continue
        others = Assignment.objects.filter(
            role=held.role, place_id__in=chain(held.place_id), since__lte=at, until=None
        )
        if not others.exclude(id__in=gone).exclude(person_id=none_of).exists():
            raise Refusal("people.nobody_left", kind="conflict", **post_facts(held))


def require_not_deputy(person_id: int, ending: Sequence[int], at: datetime) -> None:
    """A deputy who holds nothing any more could not act for the absent."""
    left = Assignment.objects.filter(still_held(at), person_id=person_id).exclude(id__in=ending)
    if not left.exists() and Leave.objects.filter(deputy_id=person_id, until__gt=at).exists():
        raise Refusal("people.still_deputy", kind="conflict")


def hand_over(
    by: Actor, person_id: int, to_id: int, at: datetime | None = None, *, only: Sequence[int] = ()
) -> tuple[int, ...]:
    """Everything somebody holds (or ``only`` these assignments) passes to another person at one moment, with their turns
    on the rosters: nobody is nobody in between. Returns the ids of the new assignments."""
    if person_id == to_id:
        raise Refusal("people.deputy_self", field="to")
    with changing():
        when = _not_before_now(by, at)
        open_now: QuerySet[Assignment] = Assignment.objects.filter(person_id=person_id, until=None).order_by(
            "since", "id"
        )
        passing = list(open_now.filter(id__in=only) if only else open_now)
        if not passing:
            raise Refusal("people.already_over", kind="conflict")
        made: list[int] = []
        for held in passing:
            node = ground(held.place_id)
            require_post(by, held.role, node.path)
            _require_fit(to_id, held.role, node, held.unit_id)
            end(by, held, when, to=to_id)
            made += _take_up(by, held, to_id, when)
            _pass_turns(by, held, to_id, when)
        require_not_deputy(person_id, [held.id for held in passing], when)
        return tuple(made)


def _take_up(by: Actor, held: Assignment, to_id: int, at: datetime) -> list[int]:
    """What the successor holds already is not given twice."""
    same = Assignment.objects.filter(
        for_unit(held.unit_id),
        person_id=to_id,
        role=held.role,
        place_id=held.place_id,
        since__lte=at,
        until=None,
    )
    return [] if same.exists() else [_hold(by, to_id, held.role, held.place_id, held.unit_id, at)]


def _pass_turns(by: Actor, held: Assignment, to_id: int, at: datetime) -> None:
    """Every roster of that role that names the leaver gets a successor naming the other."""
    named = Roster.objects.filter(
        for_unit(held.unit_id), role=held.role, until=None, turns__person_id=held.person_id
    )
    for roster in named.distinct():
        if held.place_id not in chain(roster.place_id):
            continue
        swapped = [(to_id if turn[0] == held.person_id else turn[0], *turn[1:]) for turn in turns_of(roster)]
        replace_roster(by, roster, swapped, at)


TurnRow = tuple[int, int | None, date | None, int, int]


def turns_of(roster: Roster) -> list[TurnRow]:
    """Its shifts, for another roster."""
    return list(roster.turns.order_by("id").values_list("person_id", "weekday", "date", "start", "end"))


def replace_roster(by: Actor, roster: Roster, turns: Sequence[TurnRow], since: datetime) -> int:
    """Inside an act: the roster ends and another with these turns begins. Returns the new roster's id."""
    Roster.objects.filter(id=roster.id).update(until=since)
    record.entry(
        "roster", "roster", roster.id, record.next_seq("roster", roster.id), by, did="ended", until=since
    )
    return write_roster(by, roster.role, roster.place_id, roster.unit_id, roster.stands_in, turns, since)


def write_roster(
    by: Actor,
    role: str,
    place_id: int,
    unit_id: int | None,
    stands_in: bool,
    turns: Sequence[TurnRow],
    since: datetime,
) -> int:
    """Inside an act: a new roster and its turns. Returns its id."""
    fresh = Roster.objects.create(
        role=role, place_id=place_id, unit_id=unit_id, stands_in=stands_in, since=since
    )
    shifts = [
        Turn(id=ids.new_id(), roster=fresh, person_id=t[0], weekday=t[1], date=t[2], start=t[3], end=t[4])
        for t in turns
    ]
    Turn.objects.bulk_create(shifts)
    facts: dict[str, Any] = {
        "role": role,
        "place_id": place_id,
        "unit_id": unit_id,
        "since": since,
        "turns": len(turns),
        "stands_in": stands_in,
        "shifts": record.seal_of_turns(shifts),
    }
    record.entry("roster", "roster", fresh.id, 1, by, did="set", **facts)
    return fresh.id


def add_unit(
    by: Actor, code: str, name_zh: str, name_en: str, kind: str, place_id: int, phone: str = ""
) -> int:
    """An organisation that serves a place and all below it. Returns its id."""
    require_people(by, ground(place_id).path)
    if not name_zh.strip():
        raise Refusal("people.name_needed", field="name")
    with changing():
        if Unit.objects.filter(code=code).exists():
            raise Refusal("people.unit_taken", kind="conflict", field="code", written=code)
        names = {"name_zh": name_zh.strip(), "name_en": name_en.strip() or name_zh.strip()}
        unit = Unit.objects.create(code=code, kind=kind, place_id=place_id, phone=phone, **names)
        record.about_unit("unit", unit.id, by, did="made", kind=kind, place_id=place_id)
        return unit.id


def close_unit(by: Actor, unit_id: int) -> None:
    """Nothing is dispatched to it any more. Refused while somebody holds a role for it."""
    with changing():
        unit = Unit.objects.filter(id=unit_id, closed=None).first()
        if unit is None:
            raise Refusal("people.unknown_unit", kind="missing")
        require_people(by, ground(unit.place_id).path)
        now = moment.now()
        held = Assignment.objects.filter(still_held(now), unit_id=unit_id).first()
        if held is not None:
            raise Refusal("people.still_holds", kind="conflict", **posts.called(held.role))
        Unit.objects.filter(id=unit_id).update(closed=now)
        record.about_unit("unit", unit_id, by, did="closed")


def person_named(login: str) -> Person:
    """The account with that user name. Refusal ``people.unknown``."""
    person = Person.objects.filter(login=login.strip().lower(), erased=None).first()
    if person is None:
        raise Refusal("people.unknown", kind="missing", field="login")
    return person
