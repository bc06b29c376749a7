"""Calling off what is settled for a later day about a post: a hand-over, an end, an appointment. What has begun is not undone but arranged anew."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import F

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger.models import Entry
from linli.kernel.people import acts, duty, record
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import Assignment, Roster
from linli.kernel.people.rights import require_post
from linli.kernel.people.snapshot import changing


def call_off(by: Actor, assignment_id: int) -> int:
    """The post stays as it is today. Of a hand-over either side may be named: the one who leaves keeps the post and the shifts, and the
    successor gets neither. Answers who holds the post, or would have. Refusal ``people.nothing_settled`` where nothing lies ahead,
    ``people.handed_on`` where the successor has passed the post on already, and what an end is refused for."""
    with changing():
        named = Assignment.objects.filter(id=assignment_id).first()
        if named is None:
            raise Refusal("people.unknown", kind="missing")
        require_post(by, named.role, acts.ground(named.place_id).path)
        now = moment.now()
        leaving = _left_to(named) if named.since > now and named.until is None else named
        if leaving is None:
            acts.end_appointment(by, named.id, named.since)
            return named.person_id
        if leaving.until is None or leaving.until <= now:
            raise Refusal("people.nothing_settled", kind="conflict")
        _keep(by, leaving)
        return leaving.person_id


def _told_last(held: Assignment) -> dict[str, Any]:
    """What the log says last of that appointment."""
    told = Entry.objects.filter(subject=f"assignment:{ids.text(held.id)}").order_by("-seq")
    found = told.values_list("body", flat=True).first()
    return json.loads(found) if found else {}


def _same_post(held: Assignment) -> Any:
    return Assignment.objects.filter(acts.for_unit(held.unit_id), role=held.role, place_id=held.place_id)


def _left_to(fresh: Assignment) -> Assignment | None:
    """The appointment that a hand-over ends when this one begins. None where it is nobody's after anybody."""
    mine = ids.text(fresh.person_id)
    ending = _same_post(fresh).filter(until=fresh.since).exclude(person_id=fresh.person_id)
    return next((each for each in ending.order_by("-id") if _told_last(each).get("to") == mine), None)


def _keep(by: Actor, held: Assignment) -> None:
    """The end that lies ahead does not come."""
    at, to = held.until, _told_last(held).get("to")
    assert at is not None
    if to is not None:
        successor = ids.parse(to)
        fresh = _same_post(held).filter(person_id=successor, since=at).order_by("-id").first()
        if fresh is not None and fresh.until is not None and _told_last(fresh).get("to") is not None:
            raise Refusal("people.handed_on", kind="conflict", name=duty.name_of(successor))
        if fresh is not None and fresh.until != fresh.since:
            acts.require_not_deputy(successor, [fresh.id], at)
            acts.end(by, fresh, at, to=None)
        _turns_back(by, held, successor)
    Assignment.objects.filter(id=held.id).update(until=None)
    facts: dict[str, Any] = {"person_id": held.person_id, "role": held.role, "place_id": held.place_id}
    record.entry("kept_on", "assignment", held.id, record.next_seq("assignment", held.id), by, **facts)


def _turns_back(by: Actor, held: Assignment, successor: int) -> None:
    """In every roster that begins with the hand-over, the shifts that were the leaver's are theirs again."""
    at = held.until
    assert at is not None
    above = acts.chain(held.place_id)
    rosters = Roster.objects.filter(acts.for_unit(held.unit_id), role=held.role, place_id__in=above)
    coming = rosters.filter(since=at, until=None, turns__person_id=successor).distinct()
    for roster in coming:
        before = (
            rosters.filter(place_id=roster.place_id, until=at, since__lt=F("until")).order_by("-id").first()
        )
        if before is None:
            continue
        mine = [turn[1:] for turn in acts.turns_of(before) if turn[0] == held.person_id]
        swapped = []
        for turn in acts.turns_of(roster):
            if turn[0] == successor and turn[1:] in mine:
                mine.remove(turn[1:])
                turn = (held.person_id, *turn[1:])
            swapped.append(turn)
        acts.replace_roster(by, roster, swapped, at)
