"""Putting entries into the log, inside the act they belong to. Order comes later (``sequence``), so no act waits for another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from linli.kernel import ids, moment
from linli.kernel.ledger import canon, tiles, tree
from linli.kernel.ledger.models import Entry
from linli.kernel.sql import send

# Written out because this is the hottest statement of the program.
_INSERT = (
    "INSERT INTO ledger_entry (id, kind, subject, seq, at, body, leaf, idx) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, NULL)"
)

Row = tuple[str, str, int, canon.Body]
"""``(kind, subject, seq, body)``."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What was put in the log: enough to say later, with an index and a proof, that it is there."""

    id: int
    kind: str
    subject: str
    seq: int
    at: datetime
    body: str
    leaf: bytes


def commit(kind: str, subject: str, seq: int, body: canon.Body) -> Committed:
    """Put one entry in the log, in the transaction of the running act: it is there if and only if the act is.

    ``subject`` names what the entry is about (``matter:…``); ``seq`` is 1, 2, 3 … within it, without holes: the caller holds
    the lock under which it counted. ``body`` is str, int, bool, None, list and dict only and never personal: ids, digests and
    commitments, some 65,000 bytes at most. Raises NotCanonical for any other body, IntegrityError when the subject already has this seq.
    """
    entry = made(kind, subject, seq, body)
    put(entry)
    return entry


def made(kind: str, subject: str, seq: int, body: canon.Body) -> Committed:
    """The entry that ``commit`` puts in the log, for whoever makes it ready before its act has its turn. Nothing is in the log yet. Raises
    NotCanonical."""
    at = moment.now()
    return _written(kind, subject, seq, body, at, canon.stamp(at))


def put(entry: Committed) -> None:
    """Put an entry that was ``made`` in the log, in the transaction of the running act. Raises IntegrityError as ``commit`` does."""
    _require_act()
    send(_INSERT, _values(entry, _stored(entry.at)))


def commit_many(rows: Iterable[Row]) -> list[Committed]:
    """Put many entries in the log at once, as ``commit`` does; all carry the present moment."""
    now = moment.now()
    stamp, stored = canon.stamp(now), _stored(now)
    entries = [_written(kind, subject, seq, body, now, stamp) for kind, subject, seq, body in rows]
    _require_act()
    if entries:
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT, [_values(entry, stored) for entry in entries])
    return entries


def next_seq(subject: str) -> int:
    """The seq a new entry about ``subject`` would take. Only meaningful under a lock on the subject."""
    return (Entry.objects.filter(subject=subject).aggregate(last=Max("seq"))["last"] or 0) + 1


def _written(kind: str, subject: str, seq: int, body: canon.Body, at: datetime, stamp: str) -> Committed:
    canon.check_name(kind, 60)
    canon.check_name(subject, 80)
    if seq < 1:
        raise canon.NotCanonical("a subject's entries are counted from 1")
    entry_id, text = ids.new_id(), canon.text_of(body)
    data = canon.entry_bytes(entry_id, kind, subject, seq, stamp, text)
    if len(data) > tiles.LONGEST:
        raise canon.NotCanonical("an entry is longer than others can be given it")
    return Committed(entry_id, kind, subject, seq, at, text, tree.leaf_hash(data))


def _require_act() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("an entry is committed inside the act it belongs to: use store.acting()")


def _stored(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _values(entry: Committed, at: Any) -> tuple[Any, ...]:
    return entry.id, entry.kind, entry.subject, entry.seq, at, entry.body, entry.leaf
