"""Checking the log against itself: every leaf, every index, every node, the head, every cursor, from what the store holds.

What the hashes cover is found whatever was done to it. Where a difference could be explained in several ways the one nearest
to the row is named: the row's own content before its leaf, its leaf before its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from linli.kernel.ledger import audit_ahead, audit_order, audit_signed, rows
from linli.kernel.ledger.audit_order import Order
from linli.kernel.ledger.audit_rows import Row, leaf_of, read_rows, stored_leaf, waiting_rows
from linli.kernel.ledger.audit_source import here
from linli.kernel.ledger.difference import Difference
from linli.kernel.ledger.models import Cursor, Head, Node
from linli.kernel.ledger.rows import moment_of
from linli.kernel.ledger.tree import EMPTY_ROOT, TILE_WIDTH, Growth

Progress = Callable[[int, int], None]
"""``(entries checked, entries in all)``."""


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


def verify(progress: Progress | None = None, jobs: int | None = None) -> Report:
    """Recompute the tree from the entries and compare everything the log keeps about itself; names the first difference.

    With ``jobs`` above 1 so many processes compute hashes; what is found is the same. Left out: as many as a log of this size is worth.

    Reads only. Entries placed while it runs are left for the next time. Committed entries that are not yet sequenced are
    counted, not judged: only the sequencer's lag says whether they should have been.
    """
    head = Head.objects.filter(id=1).first() or Head(size=0, frontier=b"", root=EMPTY_ROOT)
    growth = Growth()
    try:
        _check_size()
        _check_entries(head.size, growth, progress, jobs or audit_ahead.sensible(head.size))
        _check_waiting()
        _check_head(head, growth)
        _check_nodes(growth.nodes, head.size)
        _check_cursors(head.size)
        _check_signed()
    except _Found as found:
        return Report(growth.size, growth.root(), _unsequenced(), found.difference)
    return Report(growth.size, growth.root(), _unsequenced(), None)


def _check_entries(size: int, growth: Growth, progress: Progress | None, jobs: int) -> None:
    """Every entry up to the head: contiguous, its leaf the hash of what it says, each 256 of them the node recorded, every root
    that was signed on the way, and each subject's in order."""
    signed, order, key = audit_signed.Roots(), Order(size), audit_order.new_key()
    for lot in audit_ahead.recomputed(size // TILE_WIDTH, jobs, key):
        start = growth.size
        for n, node in enumerate(lot.nodes, lot.first):
            if node is None:
                _check_slowly(n * TILE_WIDTH, (n + 1) * TILE_WIDTH, growth, signed)
            else:
                _take_tile(node, growth, signed)
        if lot.marks is None:
            order.take_rows(start, read_rows(here(), start, growth.size), key)
        else:
            order.take(start, lot.marks)
        if progress is not None:
            progress(growth.size, size)
    if growth.size < size:
        start = growth.size
        _check_slowly(start, size, growth, signed)
        order.take_rows(start, read_rows(here(), start, size), key)
    if (wrong := signed.beyond()) is not None:
        raise _Found(wrong)
    if progress is not None:
        progress(size, size)
    if not order.holds() and (wrong := audit_order.named(here())) is not None:
        raise _Found(wrong)


def _take_tile(node: bytes, growth: Growth, signed: audit_signed.Roots) -> None:
    """256 entries that are well, as one."""
    start, end = growth.size, growth.size + TILE_WIDTH
    if signed.due(end) and (wrong := signed.take(growth, rows.leaves(start, end))) is not None:
        raise _Found(wrong)
    growth.append_tile(node)


def _check_slowly(start: int, end: int, growth: Growth, signed: audit_signed.Roots) -> None:
    """One by one: those of a tile that is not well, and the last ones, too few for a tile."""
    tile, before = read_rows(here(), start, end), Growth(growth.size, list(growth.frontier))
    _step_by_step(tile, growth)
    if growth.size != end:
        raise _too_few(end, growth)
    if (wrong := signed.take(before, [stored_leaf(row) for row in tile])) is not None:
        raise _Found(wrong)


def _step_by_step(tile: list[Row], growth: Growth) -> None:
    """Where something is wrong: find it and name it. Raises ``_Found``, or appends the rows where they are well after all."""
    pending: list[bytes] = []  # leaves as stored, of the tile being read
    wrong: _Found | None = None
    for row in tile:
        idx, leaf, stored = row[0], leaf_of(row), stored_leaf(row)
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
    reached = _one("SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger_entry WHERE idx IS NOT NULL", [])
    if reached > (size := rows.size()):
        raise _differ("ledger_head", "id 1", "size", str(reached), str(size))


def _check_waiting() -> None:
    """What is committed and not yet placed says what its leaf was made of."""
    for row in waiting_rows(here()):
        leaf, stored = leaf_of(row), stored_leaf(row)
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


def _check_signed() -> None:
    for wrong in audit_signed.differences():
        raise _Found(wrong)


def _check_cursors(size: int) -> None:
    for cursor in Cursor.objects.order_by("follower"):
        row, found = f"follower {cursor.follower}", bytes(cursor.mark).hex()
        if not 0 <= cursor.next_idx <= _size_now(size):
            raise _differ("ledger_cursor", row, "next_idx", f"at most {size}", str(cursor.next_idx))
        before = rows.leaves(cursor.next_idx - 1, cursor.next_idx)
        expected = before[0].hex() if before else ""
        if expected != found:
            raise _differ("ledger_cursor", row, "next_idx or mark (leaf before it)", expected, found)


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
