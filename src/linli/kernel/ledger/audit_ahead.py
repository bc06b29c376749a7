"""Recomputing tiles in several processes at once, ahead of the one that puts the tree together. Part of ``audit``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from linli.kernel.ledger.tree import TILE_WIDTH, perfect_root

LOT = 64  # tiles a process takes at a time
WORTH = 1_000_000  # entries from which the start of processes is made up for


def sensible(entries: int) -> int:
    """How many processes to use for so many entries on this machine."""
    return (
        (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1) if entries >= WORTH else 1
    )


def whole(tiles: int, jobs: int) -> Iterator[bool]:
    """For each of the first ``tiles`` full tiles, in order: whether its rows are there, fit their leaves, and make up its node.

    Each process has a connection of its own to the store that the settings name.
    """
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin) as processes:
        lots = [(start, min(tiles, start + LOT)) for start in range(0, tiles, LOT)]
        for found in processes.map(_lot, lots):
            yield from found


def _begin() -> None:
    import django

    django.setup()


def _lot(span: tuple[int, int]) -> list[bool]:
    """The same for the tiles from the one to before the other."""
    from linli.kernel.ledger import audit_rows, rows

    first, end = span
    kept, found = rows.nodes(1, first, end), []
    page = audit_rows.read_rows(first * TILE_WIDTH, end * TILE_WIDTH)
    if len(kept) != end - first or len(page) != (end - first) * TILE_WIDTH:
        return [False] * (end - first)
    for n in range(end - first):
        tile = page[n * TILE_WIDTH : (n + 1) * TILE_WIDTH]
        start = (first + n) * TILE_WIDTH
        computed = audit_rows.leaves_of(tile)
        there = [row[0] for row in tile] == list(range(start, start + TILE_WIDTH))
        stored = [bytes(row[7]) for row in tile]
        found.append(there and computed == stored and perfect_root(computed) == kept[n])
    return found
