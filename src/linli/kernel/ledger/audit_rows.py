"""The rows of the log as verifying reads them, and the leaves that follow from what they say. Part of ``audit``."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeAlias

from django.db import connection

from linli.kernel.ledger import canon, rows
from linli.kernel.ledger.rows import moment_of

Row: TypeAlias = "tuple[Any, ...]"


def read_rows(start: int, end: int, most: int = -1) -> list[Row]:
    """The rows with indexes from ``start`` to before ``end``, at most so many, as they stand in the store."""
    limit = f" LIMIT {most}" if most >= 0 else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_columns()} FROM ledger_entry WHERE idx >= %s AND idx < %s ORDER BY idx{limit}",
            [start, end],
        )
        found: list[Row] = cursor.fetchall()
    return found


def _columns() -> str:
    """As ``rows.COLUMNS``, the moment as text: making datetimes of it and text again would take most of the time."""
    if connection.vendor == "postgresql":
        at = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    else:
        at = "at || ''"
    return rows.COLUMNS.replace("at, ", f"{at}, ", 1)


def leaves_of(tile: list[Row]) -> list[bytes]:
    """``leaf_of`` of each, without a call for each."""
    stamp, leaf_input = _stamp, canon.leaf_input
    return [
        sha256(leaf_input(number, kind, subject, seq, stamp(at), text)).digest()
        for _, number, kind, subject, seq, at, text, _ in tile
    ]


def leaf_of(row: Row) -> bytes:
    """The leaf hash of what a row says."""
    _, number, kind, subject, seq, at, text, _ = row
    return sha256(canon.leaf_input(number, kind, subject, seq, _stamp(at), text)).digest()


def _stamp(at: Any) -> str:
    """A moment as the ledger writes it; SQLite's own way of writing one needs hardly a change."""
    if type(at) is str:
        if len(at) == 26 and at[10] == " ":
            return f"{at[:10]}T{at[11:]}Z"
        if len(at) == 27 and at[26] == "Z":
            return at
    return canon.stamp(moment_of(at))
