"""Recomputing full tiles, in several processes at once where there are many, ahead of the one that puts the tree together. Part of
``audit``."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

from linli.kernel.ledger import audit_order, audit_source
from linli.kernel.ledger.audit_order import Key, Marks
from linli.kernel.ledger.audit_rows import Row, Unusual, leaves_of, read_nodes, read_rows, stored_leaf
from linli.kernel.ledger.audit_source import Address, Source
from linli.kernel.ledger.tree import TILE_WIDTH, perfect_root

LOT = 16  # tiles taken at a time: their rows stay within a processor's cache
WORTH = 500_000  # entries from which the start of processes is made up for


class Lot(NamedTuple):
    """Tiles from ``first`` on. ``nodes``: the node of each that is well, that is whose rows are there, fit their leaves, and make up that node;
    None for the others. ``marks``: what ``audit_order`` remembers of all the rows; None where a tile is not well."""

    first: int
    nodes: list[bytes | None]
    marks: Marks | None


def sensible(entries: int) -> int:
    """How many processes to use for so many entries on this machine."""
    if entries < WORTH:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def recomputed(tiles: int, jobs: int, key: Key) -> Iterator[Lot]:
    """The first ``tiles`` full tiles, in order. With ``jobs`` above 1 so many processes work, each with a connection of its own to the store
    that the settings name."""
    lots = [(start, min(tiles, start + LOT)) for start in range(0, tiles, LOT)]
    if jobs == 1:
        yield from map(partial(_lot, audit_source.here(), key), lots)
    elif lots:
        given = audit_source.address(), key
        with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, given) as processes:
            yield from processes.map(_lot_of_mine, lots, chunksize=4)


_mine: list[tuple[Source, Key]] = []  # of a process that only verifies


def _begin(address: Address, key: Key) -> None:
    gc.disable()  # rows hold no circles, and there are many
    _mine[:] = [(audit_source.opened(address), key)]


def _lot_of_mine(span: tuple[int, int]) -> Lot:
    source, key = _mine[0]
    return _lot(source, key, span)


def _lot(source: Source, key: Key, span: tuple[int, int]) -> Lot:
    """The tiles from the one to before the other."""
    first, end = span
    start, stop = first * TILE_WIDTH, end * TILE_WIDTH
    kept, page = read_nodes(source, first, end), read_rows(source, start, stop)
    if len(kept) == end - first and [row[0] for row in page] == list(range(start, stop)):
        try:
            found = _well(page, kept)
            return Lot(first, found, None if None in found else audit_order.marks_of(page, key))
        except Unusual:
            pass
    return Lot(first, [None] * (end - first), None)


def _well(page: list[Row], kept: list[bytes]) -> list[bytes | None]:
    computed, stored = leaves_of(page), [stored_leaf(row) for row in page]
    found: list[bytes | None] = []
    for n, node in enumerate(kept):
        tile = computed[n * TILE_WIDTH : (n + 1) * TILE_WIDTH]
        well = tile == stored[n * TILE_WIDTH : (n + 1) * TILE_WIDTH] and perfect_root(tile) == node
        found.append(node if well else None)
    return found
