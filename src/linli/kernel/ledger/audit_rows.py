"""The rows of the log as verifying reads them, and the leaves that follow from what they say. Part of ``audit``.

What is done to every row of the log is done to a column of rows at once, in C; what is not as it always is raises, and the
rows are gone through one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np

from linli.kernel import ids
from linli.kernel.ledger import canon
from linli.kernel.ledger.audit_source import Source
from linli.kernel.ledger.tree import leaf_hash

Row: TypeAlias = "tuple[Any, ...]"

_LETTERS = np.frombuffer(ids.LETTERS.encode(), np.uint8)
_PLACES = np.arange(60, -1, -5, dtype=np.int64)  # of an id's thirteen letters


class Unusual(Exception):
    """A row that cannot be read as almost all can. It may be well all the same."""


def read_rows(source: Source, start: int, end: int) -> list[Row]:
    """The rows with indexes from ``start`` to before ``end``, as they stand in the store."""
    where = f"idx >= {start:d} AND idx < {end:d} ORDER BY idx"
    return source.fetch(f"SELECT {_columns(source)} FROM ledger_entry WHERE {where}")


def waiting_rows(source: Source) -> list[Row]:
    """Those that have no index yet."""
    return source.fetch(f"SELECT {_columns(source)} FROM ledger_entry WHERE idx IS NULL ORDER BY id")


def read_nodes(source: Source, first: int, end: int) -> list[bytes]:
    """The nodes of the tiles from ``first`` to before ``end``, those that are there."""
    where = f'level = 1 AND "index" >= {first:d} AND "index" < {end:d} ORDER BY "index"'
    return [bytes(row[0]) for row in source.fetch(f"SELECT hash FROM ledger_node WHERE {where}")]


def _columns(source: Source) -> str:
    """The moment as text: making datetimes of it and text again would take most of the time."""
    at = "+at"  # no longer a column of that type, so nothing makes a datetime of it
    if source.postgres:
        year_and_rest = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        at = f"{year_and_rest} || CASE WHEN at < '0001-01-01 00:00+00' THEN ' BC' ELSE '' END"
    return f"idx, id, kind, subject, seq, {at}, body, leaf"


def leaves_of(page: Sequence[Row]) -> list[bytes]:
    """The leaf hash of what each row says. Raises Unusual."""
    _, numbers, kinds, subjects, seqs, ats, texts, _ = zip(*page, strict=True)
    form = "\0" + canon.ENTRY
    try:
        return [
            sha256((form % row).encode()).digest()
            for row in zip(_stamps(ats), texts, _names(numbers), kinds, seqs, subjects, strict=True)
        ]
    except (TypeError, ValueError) as error:
        raise Unusual from error


def leaf_of(row: Row) -> bytes:
    """The leaf hash of what one row says; nothing where it says what no entry can."""
    _, number, kind, subject, seq, at, text, _ = row
    try:
        when = datetime.fromisoformat(at)
        if at not in (str(when), when.isoformat(" ", "microseconds")):
            return b""  # the same moment perhaps, but nobody of ours writes it so
        stamp = canon.stamp(when.replace(tzinfo=UTC))
        return leaf_hash(canon.entry_bytes(number, kind, subject, seq, stamp, text))
    except (TypeError, ValueError, OverflowError):
        return b""


def stored_leaf(row: Row) -> bytes:
    """The leaf hash that stands in the row; nothing where something else stands there."""
    leaf = row[7]
    return leaf if type(leaf) is bytes else bytes(leaf) if isinstance(leaf, (bytearray, memoryview)) else b""


def _names(numbers: Sequence[int]) -> list[str]:
    """``ids.text`` of each."""
    found = np.array(numbers)
    if found.dtype != np.int64:
        raise Unusual
    joined = _LETTERS[found[:, None] >> _PLACES & 31].tobytes().decode("ascii")
    return [joined[at : at + 13] for at in range(0, len(joined), 13)]


def _stamps(ats: Sequence[str]) -> list[str]:
    """Moments as the ledger writes them, of moments as SQLite does: but for a letter or two they are the same."""
    joined = "\n".join(ats)
    if set(map(len, ats)) != {26} or joined[10::27] != " " * len(ats):
        raise Unusual
    return f"{joined}\n".replace(" ", "T").replace("\n", "Z\n").split("\n")[:-1]
