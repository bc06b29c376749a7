"""Giving committed entries their place: contiguous indexes, each subject in its own order, the tree grown with them.

One sequencer works at a time: an advisory lock on PostgreSQL, the writer's lock on SQLite. A second one started by mistake
finds the lock taken, or nothing to do. Index, tree and head move in one transaction, so the log never shows one without
the others.

An entry whose predecessor within its subject is not there yet waits for it, however long: a hole shows on the health
page as an entry held back, and is never closed by a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from linli.kernel import ids, store
from linli.kernel.ledger.models import Head
from linli.kernel.ledger.rows import moment_of
from linli.kernel.ledger.tree import EMPTY_ROOT, Growth

AT_ONCE = 4000  # entries placed in one transaction where many wait
_LOCK = 0x4C494E4C  # "LINL": the sequencer's advisory lock, together with the schema's name

# Entries without an index, in the order they were made, and whether the one before each in its subject has its index.
_WAITING = """
SELECT e.id, e.subject, e.seq, e.leaf, e.seq = 1 OR p.idx IS NOT NULL
FROM ledger_entry e LEFT JOIN ledger_entry p ON p.subject = e.subject AND p.seq = e.seq - 1
WHERE e.idx IS NULL AND e.id > %s ORDER BY e.id LIMIT %s
"""

_NODE = 'INSERT INTO ledger_node (level, "index", hash) VALUES (%s, %s, %s)'

_wakers: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the log has still to place, and since when (milliseconds, 0 for nothing).

    ``ready_ms`` is the age of the oldest entry that could be placed now: more than a moment means no sequencer is at work.
    ``oldest_ms`` counts those held back too, whose predecessor is not there.
    """

    count: int
    oldest_ms: int
    ready_ms: int


def on_sequenced(waker: Callable[[], None]) -> Callable[[], None]:
    """Have ``waker`` called in this process after entries were placed; answers how to stop that. A hint, never a fact."""
    _wakers.append(waker)
    return lambda: _wakers.remove(waker)


def sequence(limit: int = 1000) -> int:
    """Place up to ``limit`` entries; how many were placed. Safe to call from anywhere, at any time, by anybody."""
    if not _anything():
        return 0
    with store.acting():
        placed = _place(limit) if _alone() else 0
    if placed:
        heard()
    return placed


def heard() -> None:
    """Tell this process that entries were placed, by itself or by a worker beside it."""
    for waker in tuple(_wakers):
        waker()


def sequence_all() -> int:
    """Place everything that can be placed. For commands and tests; the worker calls ``sequence`` in a loop."""
    total = 0
    while placed := sequence(AT_ONCE):
        total += placed
    return total


def waiting() -> Waiting:
    """What is committed and not yet placed, as the health page shows it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM ledger_entry WHERE idx IS NULL")
        count = cursor.fetchone()[0]
        cursor.execute(_WAITING, [-1, 1000])
        found = cursor.fetchall()
    now = ids.new_id() >> 22  # an id carries the millisecond it was made in
    ages = [(max(1, now - (row[0] >> 22)), row[4]) for row in found]
    return Waiting(
        count, max((age for age, _ in ages), default=0), max((age for age, ready in ages if ready), default=0)
    )


def _anything() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ledger_entry WHERE idx IS NULL LIMIT 1")
        return cursor.fetchone() is not None


def _alone() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])
        return bool(cursor.fetchone()[0])


def _place(limit: int) -> int:
    head = _locked_head()
    chosen = list(_ready(limit))
    if not chosen:
        return 0
    growth = Growth.resumed(head.size, bytes(head.frontier))
    growth.extend(bytes(row[3]) for row in chosen)
    _write_indexes(head.size, [row[0] for row in chosen])
    if growth.nodes:
        with connection.cursor() as cursor:
            cursor.executemany(_NODE, list(growth.nodes))
    moved = Head.objects.filter(id=1, size=head.size).update(
        size=growth.size, frontier=b"".join(growth.frontier), root=growth.root(), at=_moment(chosen[-1][0])
    )
    if not moved:
        raise RuntimeError("the head moved under the sequencer")
    return len(chosen)


def _moment(entry_id: int) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM ledger_entry WHERE id = %s", [entry_id])
        return moment_of(cursor.fetchone()[0])


def _locked_head() -> Head:
    heads = Head.objects.select_for_update() if connection.vendor == "postgresql" else Head.objects
    head = heads.filter(id=1).first()
    return head or Head.objects.create(id=1, size=0, frontier=b"", root=EMPTY_ROOT)


def _pages(page: int) -> Iterator[tuple[Any, ...]]:
    """All waiting entries by id, read in pages, because some may have to be passed over."""
    after = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_WAITING, [after, page])
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < page:
            return
        after = rows[-1][0]


def _ready(limit: int) -> Iterator[tuple[Any, ...]]:
    """Up to ``limit`` entries in an order that respects each subject's own; what lacks its predecessor is passed over."""
    last: dict[str, int] = {}
    held: dict[tuple[str, int], tuple[Any, ...]] = {}
    given = 0
    for row in _pages(limit):
        subject, seq = row[1], row[2]
        if not row[4] and last.get(subject) != seq - 1:
            held[subject, seq] = row
            continue
        follower: tuple[Any, ...] | None = row
        while follower is not None:
            yield follower
            given += 1
            last[subject] = seq
            if given == limit:
                return
            seq += 1
            follower = held.pop((subject, seq), None)


def _write_indexes(start: int, chosen: list[int]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "UPDATE ledger_entry e SET idx = %s + t.n - 1 "
                "FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(id, n) WHERE e.id = t.id AND e.idx IS NULL",
                [start, chosen],
            )
            written = cursor.rowcount
        else:
            cursor.executemany(
                "UPDATE ledger_entry SET idx = %s WHERE id = %s AND idx IS NULL",
                [(start + n, entry_id) for n, entry_id in enumerate(chosen)],
            )
            written = cursor.rowcount
    if written != len(chosen):
        raise RuntimeError("entries were placed by somebody else under the sequencer")
