"""One tile of the map, encoded, compressed and kept until places change."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from linli.kernel.places.epochs import epoch
from linli.kernel.places.levels import BY_KEY
from linli.lenses.tiles import encode
from linli.lenses.tiles.town import Drawn, TownMap, kept

LAYERS = ("water", "parks", "places", "rail", "roads", "buildings", "labels")
DEEPEST = 22
DRAWN_AS = 3  # goes up when the same places are drawn otherwise, so that no browser keeps the old tiles
_MARGIN = 96  # tile units drawn beyond the edge, so that lines and outlines do not end at it
_MOST_BYTES = 64 * 1024 * 1024


class _Cache:
    """Compressed tiles, the least used dropped first. Any thread may use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._lock = threading.Lock()
        self._tiles: OrderedDict[tuple[str, int, int, int], bytes] = OrderedDict()

    def get(self, key: tuple[str, int, int, int]) -> bytes | None:
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: tuple[str, int, int, int], data: bytes) -> None:
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = data
                self._bytes += len(data)
            while self._bytes > self._most:
                self._bytes -= len(self._tiles.popitem(last=False)[1])


_cache = _Cache(_MOST_BYTES)


def generation() -> str:
    """The name of the map as it is now; tiles of one generation never change."""
    return f"{epoch().generation}.{DRAWN_AS}"


def exists(z: int, x: int, y: int) -> bool:
    return 0 <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z


def tile_gzip(z: int, x: int, y: int) -> bytes:
    """The tile, gzipped; empty where there is nothing to draw."""
    town = kept.at()
    key = (town.generation, z, x, y)
    data = _cache.get(key)
    if data is None:
        plain = draw(town, z, x, y)
        data = gzip.compress(plain, 6, mtime=0) if plain else b""
        _cache.put(key, data)
    return data


def tile(z: int, x: int, y: int) -> bytes:
    """The tile as plain MVT bytes."""
    data = tile_gzip(z, x, y)
    return gzip.decompress(data) if data else b""


def draw(town: TownMap, z: int, x: int, y: int) -> bytes:
    """Encode one tile, uncached."""
    found: dict[str, tuple[list[Any], list[dict[str, str | int]]]] = {}
    for part in town.parts:
        if part.zoom <= z:
            shapes, words = _seen(part, z, x, y)
            if len(shapes):
                held = found.setdefault(part.layer, ([], []))
                held[0].append(shapes)
                held[1].extend(words)
    made = (
        encode.layer(name, np.concatenate(found[name][0]), found[name][1]) for name in LAYERS if name in found
    )
    return b"".join(made)


def _seen(part: Drawn, z: int, x: int, y: int) -> tuple[NDArray[Any], list[dict[str, str | int]]]:
    """What of a part falls on the tile, in tile units, no finer than can be seen."""
    scale = float(encode.EXTENT << z)
    margin = _MARGIN / scale
    west, north, size = x / (1 << z), y / (1 << z), 1 / (1 << z)
    box = (west - margin, north - margin, west + size + margin, north + size + margin)
    near = np.sort(part.index.query(shapely.box(*box)))
    if not len(near):
        return part.shapes[:0], []
    shapes = part.shapes[near]
    bounds = shapely.bounds(shapes)
    extent = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    # A shape thinner than half a pixel is nothing to see; points have no extent and always count.
    visible = (extent * scale >= 4) | (extent == 0)
    near, shapes, bounds = near[visible], shapes[visible], bounds[visible]
    beyond = (bounds[:, :2] < box[:2]).any(axis=1) | (bounds[:, 2:] > box[2:]).any(axis=1)
    if beyond.any():
        shapes[beyond] = shapely.clip_by_rect(shapes[beyond], *box)
    origin = np.array([west, north])
    shapes = shapely.transform(shapes, lambda c: (c - origin) * scale)
    if z < 14:
        shapes = shapely.simplify(shapes, 3.0, preserve_topology=False)
    left = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    words = [part.words[n] for n in near[left].tolist()]
    return shapes[left], words


def town() -> dict[str, Any]:
    """What a map needs before its first tile: bounds, centre, levels, generation."""
    shown = kept.at()
    box = shown.bounds
    centre = None if box is None else [round((box[0] + box[2]) / 2, 6), round((box[1] + box[3]) / 2, 6)]
    levels = [{"key": key, "zh": BY_KEY[key].zh, "en": BY_KEY[key].en} for key in shown.levels]
    return {
        "generation": f"{shown.generation}.{DRAWN_AS}",
        "bounds": None if box is None else [round(v, 6) for v in box],
        "centre": centre,
        "levels": levels,
        "layers": list(LAYERS),
    }
