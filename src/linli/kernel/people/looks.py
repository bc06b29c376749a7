"""Who looked at sealed words, at what, and why. Written before the words are shown; read by whoever they are about."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from linli.kernel import ids, moment
from linli.kernel.ledger import canon
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import AccessLog, Person
from linli.kernel.people.record import entry
from linli.kernel.store import acting


def record(
    actor: Actor, what: str, matter_id: int | None, why: str, *, about_id: int | None = None, phone: str = ""
) -> int:
    """Keep that the actor looks at ``what`` (``contact``) of the matter, of that person's account or of that number, for a reason in
    words. Durable before it returns: whatever the page does afterwards, the look stays. Must not be called inside an act, whose
    undoing would undo it. The ledger is told who looked at what about which matter, and a commitment to the rest.
    Returns the id of the row."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("a look is recorded outside any act, so that nothing can undo it")
    row = AccessLog(
        id=ids.new_id(),
        person_id=actor.person_id,
        actor=actor.kind,
        roles=",".join(sorted({held.role for held in actor.roles}))[:200],
        what=what,
        matter_id=matter_id,
        about_id=about_id,
        about_key=sealed.lookup(phone) if phone else None,
        why=why[:300],
        salt=secrets.token_bytes(16),
        at=moment.now(),
    )
    with acting():
        row.save(force_insert=True)
        entry(
            "look", "look", row.id, 1, actor, what=what, matter_id=matter_id, about_id=about_id,
            row=commitment_of(row),
        )  # fmt: skip
    return row.id


def commitment_of(row: AccessLog) -> str:
    """What the ledger holds of a whole row; only while its salt is there."""
    told = {
        "who": None if row.person_id is None else ids.text(row.person_id), "as": row.actor, "roles": row.roles, "what": row.what,
        "matter": None if row.matter_id is None else ids.text(row.matter_id),
        "about": None if row.about_id is None else ids.text(row.about_id),
        "number": bytes(row.about_key).hex() if row.about_key else None, "why": row.why, "at": canon.stamp(row.at),
    }  # fmt: skip
    return canon.commitment(bytes(row.salt or b""), canon.bytes_of(told))


@dataclass(frozen=True, slots=True)
class Look:
    """One look, as the person concerned reads it: when, who (by name), as what (role keys), at what, about which matter, why."""

    id: int
    at: datetime
    name: str
    roles: tuple[str, ...]
    what: str
    matter_id: int | None
    why: str


def concerning(
    matter_ids: Iterable[int] = (),
    person_id: int | None = None,
    numbers: Iterable[bytes] = (),
    most: int = 200,
) -> tuple[Look, ...]:
    """Every look at these matters' reporters, at this person's account, or at these numbers (keyed hashes); the newest first.
    The caller has made sure that whoever asks is the one concerned."""
    about = Q(matter_id__in=list(matter_ids)) | Q(about_key__in=list(numbers))
    if person_id is not None:
        about |= Q(about_id=person_id)
    rows = list(AccessLog.objects.filter(about).order_by("-at", "-id")[:most])
    names = dict(Person.objects.filter(id__in={row.person_id for row in rows}).values_list("id", "name"))
    return tuple(
        Look(
            row.id, row.at, names.get(row.person_id or 0, ""), tuple(filter(None, row.roles.split(","))), row.what,
            row.matter_id, row.why,
        )
        for row in rows
    )  # fmt: skip


def forget_reasons(matter_ids: Iterable[int], person_id: int | None, texts: Iterable[str]) -> list[int]:
    """Inside an act: looks at these whose reason repeats one of the texts lose it; that somebody looked stays. Answers the ids."""
    wanted = {text.strip() for text in texts if len(text.strip()) > 1}
    about = Q(matter_id__in=list(matter_ids))
    if person_id is not None:
        about |= Q(about_id=person_id)
    rows = AccessLog.objects.filter(about).exclude(why="").values_list("id", "why")
    found = [number for number, why in rows if any(text in why for text in wanted)]
    AccessLog.objects.filter(id__in=found).update(why="", salt=None)
    return found
