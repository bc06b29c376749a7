"""Reading the log as it stands: by index, in order, never what is not yet sequenced."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.db import connection

from linli.kernel.ledger import canon
from linli.kernel.ledger.tree import EMPTY_ROOT

COLUMNS = "idx, id, kind, subject, seq, at, body, leaf"


@dataclass(frozen=True)
class EntryRow:
    """One sequenced entry. ``text`` is its body as committed; ``body`` the same as a dict, read when first asked for."""

    idx: int
    id: int
    kind: str
    subject: str
    seq: int
    at: datetime
    text: str
    leaf: bytes

    @cached_property
    def body(self) -> dict[str, Any]:
        """What was committed. Shared by all who read this row: do not change it."""
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def data(self) -> bytes:
        """The canonical bytes whose hash is the leaf: what an outsider is given."""
        return canon.entry_bytes(self.id, self.kind, self.subject, self.seq, canon.stamp(self.at), self.text)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the log reaches. ``at`` is the moment of its last entry."""

    size: int
    root: bytes
    at: datetime | None


def moment_of(stored: Any) -> datetime:
    """``at`` as a raw cursor gives it: aware on PostgreSQL, text in UTC on SQLite."""
    when = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def read(next_idx: int, limit: int) -> list[EntryRow]:
    """Up to ``limit`` entries from ``next_idx`` upward. Reading on from the last idx + 1 misses nothing, ever."""
    return _rows(
        f"SELECT {COLUMNS} FROM ledger_entry WHERE idx >= %s ORDER BY idx LIMIT %s", [next_idx, limit]
    )


def about(subject: str) -> list[EntryRow]:
    """What the log says about one subject, in its own order."""
    return _rows(
        f"SELECT {COLUMNS} FROM ledger_entry WHERE subject = %s AND idx IS NOT NULL ORDER BY seq", [subject]
    )


def by_id(entry_id: int) -> list[EntryRow]:
    """The sequenced entry with this id, if there is one."""
    return _rows(f"SELECT {COLUMNS} FROM ledger_entry WHERE id = %s AND idx IS NOT NULL", [entry_id])


def size() -> int:
    """How many entries are sequenced: the index the next one will get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size FROM ledger_head WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


def head() -> Reach:
    """The log's size, root and last moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, root, at FROM ledger_head WHERE id = 1")
        row = cursor.fetchone()
    if row is None:
        return Reach(0, EMPTY_ROOT, None)
    return Reach(row[0], bytes(row[1]), None if row[2] is None else moment_of(row[2]))


def leaves(start: int, end: int) -> list[bytes]:
    """The leaf hashes from index ``start`` up to, not including, ``end``."""
    return _hashes("SELECT leaf FROM ledger_entry WHERE idx >= %s AND idx < %s ORDER BY idx", [start, end])


def nodes(level: int, start: int, end: int) -> list[bytes]:
    """The node hashes of one level (1 and up) from index ``start`` up to, not including, ``end``."""
    return _hashes(
        'SELECT hash FROM ledger_node WHERE level = %s AND "index" >= %s AND "index" < %s ORDER BY "index"',
        [level, start, end],
    )


def tile(level: int, index: int) -> bytes:
    """A tile of C2SP tlog-tiles: up to 256 hashes of one level, concatenated; short at the right edge, empty beyond it."""
    start = index * 256
    found = leaves(start, start + 256) if level == 0 else nodes(level, start, start + 256)
    return b"".join(found)


def _rows(sql: str, values: list[Any]) -> list[EntryRow]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [
            EntryRow(idx, number, kind, subject, seq, moment_of(at), text, bytes(leaf))
            for idx, number, kind, subject, seq, at, text, leaf in cursor.fetchall()
        ]


def _hashes(sql: str, values: list[Any]) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: Iterable[tuple[Any]] = cursor.fetchall()
    return [bytes(row[0]) for row in found]
