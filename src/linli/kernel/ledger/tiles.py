"""The tree as C2SP tlog-tiles cuts it: where a tile stands, how its path is written, and subtree roots read from tiles. Pure.

A tile is up to 256 hashes of one level. Both the server, which reads tiles from its store, and a witness, which fetches
them, make their proofs from the same ``Tiles``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from linli.kernel.ledger.tree import TILE_HEIGHT, TILE_WIDTH, perfect_root

Fetch = Callable[[int, int, int], bytes]
"""``(level, index, width)`` -> at least ``width`` hashes of that tile, concatenated."""

_PATH = re.compile(r"(?P<level>\d{1,2}|entries)/(?P<index>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?")
LONGEST = 0xFFFF  # bytes of an entry: a bundle gives its length in two
ENTRIES = -1  # the level under which bundles of entries go


class NoSuchTile(ValueError):
    """A path that names no tile, or a tile that is not what it should be."""


def number(index: int) -> str:
    """An index in path elements of three digits: 1234067 is x001/x234/067."""
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile below ``tile/``; ``ENTRIES`` as level names the bundle of entries."""
    level_name = "entries" if level == ENTRIES else str(level)
    return f"{level_name}/{number(index)}" + ("" if width == TILE_WIDTH else f".p/{width}")


def parse(written: str) -> tuple[int, int, int]:
    """``(level, index, width)`` of a path. Raises NoSuchTile for every other way of writing."""
    found = _PATH.fullmatch(written)
    if found is None:
        raise NoSuchTile(written)
    level = ENTRIES if found["level"] == "entries" else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"]) if found["width"] else TILE_WIDTH
    if level > 63 or not 1 <= width <= TILE_WIDTH or path(level, index, width) != written:
        raise NoSuchTile(written)
    return level, index, width


def width(level: int, index: int, size: int) -> int:
    """How wide that tile is in a tree of ``size`` leaves: 256, less at the right edge, 0 beyond it."""
    hashes = size >> TILE_HEIGHT * max(level, 0)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


@dataclass(slots=True)
class Tiles:
    """Subtree roots of a tree of ``size`` leaves, read from its tiles; each tile is asked for once."""

    size: int
    fetch: Fetch
    _kept: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def subtree(self, start: int, height: int) -> bytes:
        """The root of the perfect subtree of 2**height leaves that begins at ``start``: a ``tree.Range``."""
        level, within = divmod(height, TILE_HEIGHT)
        first = start >> TILE_HEIGHT * level
        tile, at = divmod(first, TILE_WIDTH)
        found = self._tile(level, tile)
        row = [found[n * 32 : n * 32 + 32] for n in range(at, at + (1 << within))]
        if len(row[-1]) != 32:
            raise NoSuchTile(f"{path(level, tile)} is too short")
        return perfect_root(row)

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._kept:
            wide = width(level, index, self.size)
            if wide == 0:
                raise NoSuchTile(path(level, index))
            self._kept[level, index] = self.fetch(level, index, wide)[: wide * 32]
        return self._kept[level, index]


def bundle(entries: list[bytes]) -> bytes:
    """Entries as a tile of them is written: each with its length before it. Raises ValueError beyond 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > LONGEST:
            raise ValueError("an entry is longer than a bundle can carry")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises NoSuchTile where it is cut off."""
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        at += 2 + length
        if at > len(data):
            raise NoSuchTile("a bundle of entries is cut off")
        entries.append(data[at - length : at])
    return entries
