"""Who looked at sealed words, at what, and why. Written before the words are shown; read by whoever they are about."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from linli.kernel import ids, moment
from linli.kernel.ledger import canon
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import AccessLog, Person
from linli.kernel.people.record import entry
from linli.kernel.store import acting

ONE_LOOK = timedelta(minutes=10)  # what somebody sees again and again of one matter in this time is one look
_LOCK = 0x4C4F4F4B  # "LOOK"
_MOST = 10_000
_lately: dict[
    tuple[int, int, str], datetime
] = {}  # spares the store the question; it is the store that knows
_guard = threading.Lock()


def record(
    actor: Actor, what: str, matter_id: int | None, why: str, *, about_id: int | None = None, phone: str = ""
) -> int:
    """Keep that the actor looks at ``what`` (``contact``) of the matter, of that person's account or of that number, for a reason in
    words. Durable before it returns: whatever the page does afterwards, the look stays. Must not be called inside an act, whose
    undoing would undo it. The ledger is told who looked at what about which matter, and a commitment to the rest.
    Returns the id of the row."""
    _outside_acts()
    with acting():
        return _keep(actor, what, matter_id, why, about_id=about_id, phone=phone)


def _outside_acts() -> None:
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("a look is recorded outside any act, so that nothing can undo it")


def _keep(
    actor: Actor, what: str, matter_id: int | None, why: str, *, about_id: int | None = None, phone: str = ""
) -> int:
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
    row.save(force_insert=True)
    entry(
        "look", "look", row.id, 1, actor, what=what, matter_id=matter_id, about_id=about_id,
        row=commitment_of(row),
    )  # fmt: skip
    return row.id


def record_once(actor: Actor, what: str, matter_id: int, why: str = "") -> int | None:
    """As ``record``, but a page with ten pictures is one look: None where this person's look at ``what`` of the matter was kept less than
    ``ONE_LOOK`` ago, by whichever process. Durable before it returns all the same."""
    if actor.person_id is None:
        return record(actor, what, matter_id, why)
    key = (actor.person_id, matter_id, what)
    if _fresh(_lately.get(key), moment.now()):
        return None
    number = None
    _outside_acts()
    with acting():
        _wait_for(actor.person_id, matter_id)
        now = moment.now()  # not before: whoever was first wrote while this one waited
        last = (
            AccessLog.objects.filter(person_id=actor.person_id, matter_id=matter_id, what=what, at__lte=now)
            .order_by("-at")
            .values_list("at", flat=True)
            .first()
        )
        if not _fresh(last, now):
            number, last = _keep(actor, what, matter_id, why), now
    with _guard:
        if len(_lately) >= _MOST:
            _lately.clear()
        if last is not None:
            _lately[key] = last
    return number


def forget() -> None:
    """Ask the store again; for tests whose rows are undone."""
    _lately.clear()


def _fresh(last: datetime | None, now: datetime) -> bool:
    return last is not None and timedelta(0) <= now - last < ONE_LOOK


def _wait_for(person_id: int, matter_id: int) -> None:
    """Ten pictures are asked for at once: one after the other, so that the first writes the look and nine find it. SQLite has one
    writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, f"{person_id}/{matter_id}"]
            )


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
