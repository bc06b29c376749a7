"""Checking the log against itself: every leaf, every index, every node, the head, every cursor, from what the store holds.

What the hashes cover is found whatever was done to it. Where a difference could be explained in several ways the one nearest
to the row is named: the row's own content before its leaf, its leaf before its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from linli.kernel.ledger import audit_ahead, audit_signed, rows
from linli.kernel.ledger.audit_rows import Row, leaf_of, leaves_of, read_rows
from linli.kernel.ledger.models import Cursor, Head, Node
from linli.kernel.ledger.rows import moment_of
from linli.kernel.ledger.tree import EMPTY_ROOT, TILE_WIDTH, Growth, perfect_root

Progress = Callable[[int, int], None]
"""``(entries checked, entries in all)``."""

PAGE = 256 * 16
_ORDER = """
SELECT a.subject, a.seq, a.idx, b.idx FROM ledger_entry a
JOIN ledger_entry b ON b.subject = a.subject AND b.seq = a.seq + 1
WHERE b.idx < a.idx OR (a.idx IS NULL AND b.idx IS NOT NULL) ORDER BY b.idx LIMIT 1
"""
_HOLE = """
SELECT e.subject, e.seq, e.idx FROM ledger_entry e WHERE e.seq > 1 AND e.idx IS NOT NULL AND NOT EXISTS
(SELECT 1 FROM ledger_entry p WHERE p.subject = e.subject AND p.seq = e.seq - 1) ORDER BY e.idx LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """The store says something other than it should. ``expected`` and ``found`` are hashes and numbers, never words."""

    table: str
    row: str
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.field} should be {self.expected}, is {self.found}"


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found. ``difference`` is the first one, None when the log is whole; ``root`` is recomputed."""

    size: int
    root: bytes
    unsequenced: int
    difference: Difference | None

    @property
    def clean(self) -> bool:
        """Whether the store holds exactly the log its head speaks of."""
        return self.difference is None


class _Found(Exception):
    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


def verify(progress: Progress | None = None, jobs: int = 1) -> Report:
    """Recompute the tree from the entries and compare everything the log keeps about itself; names the first difference.

    With ``jobs`` above 1 so many processes compute hashes; what is found is the same.

    Reads only. Entries placed while it runs are left for the next time. Committed entries that are not yet sequenced are
    counted, not judged: only the sequencer's lag says whether they should have been.
    """
    head = Head.objects.filter(id=1).first() or Head(size=0, frontier=b"", root=EMPTY_ROOT)
    growth = Growth()
    try:
        _check_size()
        _check_entries(head.size, growth, progress, jobs)
        _check_waiting()
        _check_head(head, growth)
        _check_nodes(growth.nodes, head.size)
        _check_order()
        _check_cursors(head.size)
        _check_signed()
    except _Found as found:
        return Report(growth.size, growth.root(), _unsequenced(), found.difference)
    return Report(growth.size, growth.root(), _unsequenced(), None)


def _check_entries(size: int, growth: Growth, progress: Progress | None, jobs: int) -> None:
    """Every entry up to the head: contiguous, its leaf the hash of what it says, each 256 of them the node recorded, and
    every root that was signed on the way."""
    signed = audit_signed.Roots()
    if jobs > 1:
        _check_full_tiles(size // TILE_WIDTH, growth, signed, jobs, progress)
    for page in _pages(growth.size, size):
        kept = rows.nodes(1, growth.size // TILE_WIDTH, (growth.size + len(page)) // TILE_WIDTH)
        for at in range(0, len(page), TILE_WIDTH):
            tile = page[at : at + TILE_WIDTH]
            computed = leaves_of(tile)
            if not _whole(tile, computed, growth, kept[at // TILE_WIDTH : at // TILE_WIDTH + 1]):
                _step_by_step(tile, growth)
            elif (wrong := signed.take(growth, computed)) is not None:
                raise _Found(Difference(*wrong))
            elif len(tile) == TILE_WIDTH:
                growth.append_tile(kept[at // TILE_WIDTH])
            else:
                growth.extend(computed)
        if progress is not None:
            progress(growth.size, size)
    if growth.size != size:
        raise _too_few(size, growth)
    if (wrong := signed.beyond()) is not None:
        raise _Found(Difference(*wrong))
    if progress is not None:
        progress(size, size)


def _check_full_tiles(
    tiles: int, growth: Growth, signed: audit_signed.Roots, jobs: int, progress: Progress | None
) -> None:
    """As ``_check_entries`` does, the hashing done by others: only a tile that is not well is gone through here."""
    kept: list[bytes] = []
    for index, whole in enumerate(audit_ahead.whole(tiles, jobs)):
        start, end = index * TILE_WIDTH, (index + 1) * TILE_WIDTH
        if index % PAGE == 0:
            kept = rows.nodes(1, index, index + PAGE)
        if not whole:
            _step_by_step(read_rows(start, end), growth)
            if growth.size != end:
                raise _entry_missing(growth.size, None)
            continue
        if signed.due(end) and (wrong := signed.take(growth, rows.leaves(start, end))) is not None:
            raise _Found(Difference(*wrong))
        growth.append_tile(kept[index % PAGE])
        if progress is not None and index % 64 == 0:
            progress(growth.size, tiles * TILE_WIDTH)


def _whole(tile: list[Row], computed: list[bytes], growth: Growth, kept: list[bytes]) -> bool:
    """Whether these rows are the next ones, say what their leaves are made of, and make up their node. The usual case, at once."""
    first, last = tile[0][0], tile[-1][0]
    if first != growth.size or last != growth.size + len(tile) - 1 or first % TILE_WIDTH:
        return False
    if computed != [bytes(row[7]) for row in tile]:
        return False
    return len(tile) < TILE_WIDTH or kept == [perfect_root(computed)]


def _step_by_step(tile: list[Row], growth: Growth) -> None:
    """Where something is wrong: find it and name it. Raises ``_Found``, or appends the rows where they are well after all."""
    pending: list[bytes] = []  # leaves as stored, of the tile being read
    wrong: _Found | None = None
    for row in tile:
        idx, leaf, stored = row[0], leaf_of(row), bytes(row[7])
        if idx != growth.size:
            raise _entry_missing(growth.size, idx)
        if leaf != stored and wrong is None:
            wrong = _differ(
                "ledger_entry", _called(row), "leaf, or what it is the hash of", stored.hex(), leaf.hex()
            )
        growth.append(leaf)
        pending.append(stored)
        if growth.size % TILE_WIDTH == 0:
            _check_tile(growth, pending, wrong)
            pending, wrong = [], None
    if wrong is not None:
        raise _named(wrong, pending, growth, None)


def _check_tile(growth: Growth, stored: list[bytes], wrong: _Found | None) -> None:
    """Compare one finished tile with its node, so that a difference is named near where it is."""
    index = growth.size // TILE_WIDTH - 1
    kept = rows.nodes(1, index, index + 1)
    if wrong is not None:
        raise _named(wrong, stored, growth, kept[0] if kept else None)
    if not kept:
        raise _differ("ledger_node", f"level 1 index {index}", "row", "present", "missing")
    computed = next(node for node in reversed(growth.nodes) if node[0] == 1)[2]
    if computed != kept[0]:
        raise _tile_differs(index, kept[0], computed)


def _tile_differs(index: int, kept: bytes, computed: bytes) -> _Found:
    """Every leaf fits its row, yet not the node: rows changed places (or were rewritten leaf and all), or the node changed."""
    first, last = index * TILE_WIDTH, (index + 1) * TILE_WIDTH - 1
    broken = _first_out_of_order(first, last)
    if broken is not None:
        return broken
    if _node_fits_above(index, kept):
        where = f"idx {first} to {last}"
        return _differ("ledger_entry", where, "order or leaf (subtree root)", kept.hex(), computed.hex())
    return _differ("ledger_node", f"level 1 index {index}", "hash", computed.hex(), kept.hex())


def _node_fits_above(index: int, kept: bytes) -> bool:
    """Whether the head agrees with the node as kept: then the node is right and the entries below it are not."""
    head = Head.objects.filter(id=1).first()
    if head is None:
        return True
    growth, full = Growth(), head.size // TILE_WIDTH
    level = rows.nodes(1, 0, full)
    if len(level) != full:
        return False
    level[index] = kept
    growth.extend(level)
    frontier = [bytes(head.frontier)[at : at + 32] for at in range(0, len(bytes(head.frontier)), 32)]
    return frontier[: len(growth.frontier)] == growth.frontier


def _first_out_of_order(first: int, last: int) -> _Found | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.subject, a.seq, b.idx FROM ledger_entry a "
            "JOIN ledger_entry b ON b.subject = a.subject AND b.seq = a.seq + 1 "
            "WHERE b.idx < a.idx AND b.idx BETWEEN %s AND %s ORDER BY b.idx LIMIT 1",
            [first, last],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return _differ(
        "ledger_entry", f"idx {row[2]}", "seq (order within its subject)", str(row[1]), str(row[1] + 1)
    )


def _named(wrong: _Found, stored: list[bytes], growth: Growth, node: bytes | None) -> _Found:
    """Whether it was the row's content or its leaf that changed: the tree, which was built from the leaves, knows."""
    right = Growth()
    right.extend(stored)
    if node is None:
        head = Head.objects.filter(id=1).first()
        kept = bytes(head.frontier) if head is not None else b""
        leaves_fit = kept.endswith(b"".join(right.frontier))
    else:
        leaves_fit = right.root() == node
    old = wrong.difference
    if leaves_fit:
        field = "content (id, kind, subject, seq, at, body): its hash"
        return _differ(old.table, old.row, field, old.expected, old.found)
    return _differ(old.table, old.row, "leaf", old.found, old.expected)


def _too_few(size: int, growth: Growth) -> _Found:
    """Fewer entries than the head says: if the rest of the head fits what is there, it is the head that is wrong."""
    head = Head.objects.filter(id=1).first()
    if head is not None and bytes(head.root) == growth.root():
        return _differ("ledger_head", "id 1", "size", str(growth.size), str(size))
    return _entry_missing(growth.size, None)


def _check_size() -> None:
    """No entry lies beyond the head. The entries are asked first: both grow in one transaction."""
    reached = _one("SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger_entry", [])
    if reached > (size := rows.size()):
        raise _differ("ledger_head", "id 1", "size", str(reached), str(size))


def _check_waiting() -> None:
    """What is committed and not yet placed says what its leaf was made of."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {rows.COLUMNS} FROM ledger_entry WHERE idx IS NULL ORDER BY id")
        waiting = cursor.fetchall()
    for row in waiting:
        leaf, stored = leaf_of(row), bytes(row[7])
        if leaf != stored:
            raise _differ(
                "ledger_entry", f"id {row[1]} unsequenced", "content or leaf", stored.hex(), leaf.hex()
            )


def _check_head(head: Head, growth: Growth) -> None:
    last = rows.read(growth.size - 1, 1) if growth.size else []
    for field, expected, found in (
        ("frontier", b"".join(growth.frontier).hex(), bytes(head.frontier).hex()),
        ("root", growth.root().hex(), bytes(head.root).hex()),
        ("at", str(last[0].at) if last else "None", str(moment_of(head.at)) if head.at else "None"),
    ):
        if expected != found:
            raise _differ("ledger_head", "id 1", field, expected, found)


def _size_now(size: int) -> int:
    """The head's size at this moment: entries may have been placed since verifying began."""
    return max(size, rows.size())


def _check_nodes(expected: list[tuple[int, int, bytes]], size: int) -> None:
    kept = {
        (level, index): bytes(digest)
        for level, index, digest in Node.objects.values_list("level", "index", "hash")
    }
    for level, index, digest in expected:
        found = kept.pop((level, index), None)
        if found != digest:
            where = f"level {level} index {index}"
            raise _differ("ledger_node", where, "hash", digest.hex(), found.hex() if found else "missing")
    for level, index in sorted(kept):
        if level < 1 or index < 0 or (index + 1) << (8 * level) > _size_now(size):
            raise _differ(
                "ledger_node", f"level {level} index {index}", "row", "none", kept[level, index].hex()
            )


def _check_order() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ORDER)
        swapped = cursor.fetchone()
        cursor.execute(_HOLE)
        hole = cursor.fetchone()
    if swapped is not None:
        subject, seq, earlier, later = swapped
        where = f"subject {subject} seq {seq + 1}"
        raise _differ("ledger_entry", where, "idx", f"more than {earlier}", str(later))
    if hole is not None:
        raise _differ("ledger_entry", f"subject {hole[0]} seq {hole[1] - 1}", "row", "present", "missing")


def _check_signed() -> None:
    for wrong in audit_signed.differences():
        raise _Found(Difference(*wrong))


def _check_cursors(size: int) -> None:
    for cursor in Cursor.objects.order_by("follower"):
        row, found = f"follower {cursor.follower}", bytes(cursor.mark).hex()
        if not 0 <= cursor.next_idx <= _size_now(size):
            raise _differ("ledger_cursor", row, "next_idx", f"at most {size}", str(cursor.next_idx))
        before = rows.leaves(cursor.next_idx - 1, cursor.next_idx)
        expected = before[0].hex() if before else ""
        if expected != found:
            raise _differ("ledger_cursor", row, "next_idx or mark (leaf before it)", expected, found)


def _pages(start: int, size: int) -> Iterator[list[Row]]:
    """Every row from ``start`` up to the head in order of index, a page at a time."""
    after = start - 1
    while True:
        page = read_rows(after + 1, size, PAGE)
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _called(row: Row) -> str:
    return f"id {row[1]} idx {row[0]}"


def _entry_missing(wanted: int, found: int | None) -> _Found:
    return _differ(
        "ledger_entry", f"idx {wanted}", "idx", str(wanted), "missing" if found is None else str(found)
    )


def _unsequenced() -> int:
    return int(_one("SELECT COUNT(*) FROM ledger_entry WHERE idx IS NULL", []))


def _one(sql: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def _differ(table: str, row: str, field: str, expected: str, found: str) -> _Found:
    return _Found(Difference(table, row, field, expected, found))
