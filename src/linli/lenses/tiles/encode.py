"""Mapbox Vector Tile 2.1, written with numpy: all coordinates of a layer at once. Pure: no Django, no store.

Shapes come in tile units (0 … 4096, y growing downwards). Bytes are those of the specification: per layer
the features (tags, type, geometry commands) and the tables of keys and values they point into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

EXTENT = 4096
_POINT, _LINE, _POLYGON = 1, 2, 3
Ints = NDArray[np.int64]
Properties = Mapping[str, str | int]


class _Runs(NamedTuple):
    """Point sequences one after another: ``xy`` (n, 2); ``starts`` of each run; the feature each run
    belongs to."""

    xy: Ints
    starts: Ints
    feature: Ints

    @property
    def lengths(self) -> Ints:
        return np.diff(np.append(self.starts, len(self.xy)))


def varint(number: int) -> bytes:
    """One protobuf varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def varints(values: Ints) -> tuple[bytes, Ints]:
    """Many varints below 2^35, one after another, and how many bytes each took."""
    sizes = np.ones(len(values), np.int64)
    for bits in (7, 14, 21, 28):
        sizes += values >= (1 << bits)
    starts = np.cumsum(sizes) - sizes
    out = np.empty(int(sizes.sum()), np.uint8)
    for n in range(5):
        has = sizes > n
        more = np.where(sizes[has] > n + 1, 128, 0)
        out[starts[has] + n] = (values[has] >> (7 * n)) & 127 | more
    return out.tobytes(), sizes


def _block(tag: int, body: bytes) -> bytes:
    return bytes((tag,)) + varint(len(body)) + body


def layer(name: str, shapes: NDArray[Any], properties: Sequence[Properties]) -> bytes:
    """One layer as a field of a tile; empty bytes where nothing is left to draw. Points, lines and polygons
    may mix."""
    keys: dict[str, int] = {}
    values: dict[str | int, int] = {}
    features = []
    for kind, owners, blobs in _geometries(shapes):
        for owner, blob in zip(owners, blobs, strict=True):
            tags = bytearray()
            for key, value in properties[owner].items():
                if value != "":
                    tags += varint(keys.setdefault(key, len(keys)))
                    tags += varint(values.setdefault(value, len(values)))
            body = _block(0x12, bytes(tags)) + bytes((0x18, kind)) + _block(0x22, blob)
            features.append(_block(0x12, body))
    if not features:
        return b""
    table = [_block(0x1A, key.encode()) for key in keys] + [_block(0x22, _value(value)) for value in values]
    head = b"\x78\x02" + _block(0x0A, name.encode())
    return _block(0x1A, head + b"".join(features) + b"".join(table) + b"\x28" + varint(EXTENT))


def _value(value: str | int) -> bytes:
    return _block(0x0A, value.encode()) if isinstance(value, str) else b"\x28" + varint(value)


def _geometries(shapes: NDArray[Any]) -> list[tuple[int, list[int], list[bytes]]]:
    """(type, owners, commands) for each of the three types that occurs."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    if len(parts) and (shapely.get_type_id(parts) > 3).any():  # what clipping left in collections
        inner, of = shapely.get_parts(parts, return_index=True)
        parts, owner = inner, owner[of]
    kinds = shapely.get_type_id(parts)
    found = []
    for kind, type_ids, commands in (
        (_POINT, (0,), _points),
        (_LINE, (1, 2), _lines),
        (_POLYGON, (3,), _polygons),
    ):
        mine = np.isin(kinds, type_ids)
        if mine.any():
            found.append((kind, *commands(parts[mine], owner[mine])))
    return found


def _points(parts: NDArray[Any], owner: Ints) -> tuple[list[int], list[bytes]]:
    xy = np.rint(shapely.get_coordinates(parts)).astype(np.int64)
    table = np.column_stack([np.full(len(xy), 9), _zigzag(xy)]).ravel()
    return owner.tolist(), _split(table, np.full(len(xy), 3))


def _lines(parts: NDArray[Any], owner: Ints) -> tuple[list[int], list[bytes]]:
    runs = _clean(_runs(parts, owner, closed=False), least=2)
    return _commands(runs, closing=0)


def _polygons(parts: NDArray[Any], owner: Ints) -> tuple[list[int], list[bytes]]:
    rings, part = shapely.get_rings(shapely.orient_polygons(parts, exterior_cw=False), return_index=True)
    outer = np.append(True, part[1:] != part[:-1])
    runs = _runs(rings, owner[part], closed=True)
    area = _areas(runs)
    # Rounding may flatten a ring or turn it inside out: such rings are gone. Outer rings count positive.
    gone = np.where(outer, area <= 0, area >= 0)
    return _commands(_clean(_without(runs, gone), least=3), closing=1)


def _runs(lines: NDArray[Any], owner: Ints, *, closed: bool) -> _Runs:
    """Rounded coordinates of lines or rings; repeated points and the closing point of rings are left out."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    xy = np.rint(coordinates).astype(np.int64)
    first = np.append(True, line[1:] != line[:-1])
    keep = first | np.append(True, (xy[1:] != xy[:-1]).any(axis=1))
    if closed:
        starts = np.flatnonzero(first)
        same = (xy == xy[starts[np.cumsum(first) - 1]]).all(axis=1)
        keep &= first | ~(same & _tail(first, same))
    xy, line = xy[keep], line[keep]
    starts = np.flatnonzero(np.append(True, line[1:] != line[:-1])) if len(line) else np.zeros(0, np.int64)
    return _Runs(xy, starts, owner)


def _tail(first: NDArray[np.bool_], same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether, from each point to the end of its ring, all that follow fall on the ring's first point."""
    run = np.cumsum(first)
    breaks = np.where(same, 0, 1)
    after = np.cumsum(breaks[::-1])[::-1] - breaks  # points that differ, from here to the end of everything
    ends = np.append(np.flatnonzero(first)[1:], len(first)) - 1
    return after == after[ends][run - 1]


def _areas(runs: _Runs) -> NDArray[np.float64]:
    """Twice the signed area of each ring; positive when it turns clockwise on the screen."""
    x, y = runs.xy[:, 0].astype(float), runs.xy[:, 1].astype(float)
    after = np.arange(1, len(x) + 1)
    after[np.append(runs.starts[1:], len(x)) - 1] = runs.starts
    return np.add.reduceat(x * y[after] - x[after] * y, runs.starts)


def _without(runs: _Runs, gone: NDArray[np.bool_]) -> _Runs:
    keep = ~gone
    points = np.repeat(keep, runs.lengths)
    lengths = runs.lengths[keep]
    return _Runs(runs.xy[points], np.cumsum(lengths) - lengths, runs.feature[keep])


def _clean(runs: _Runs, least: int) -> _Runs:
    return _without(runs, runs.lengths < least)


def _zigzag(values: Ints) -> Ints:
    return (values << 1) ^ (values >> 63)


def _commands(runs: _Runs, closing: int) -> tuple[list[int], list[bytes]]:
    """MoveTo, LineTo, (ClosePath) for every run, the cursor running on from run to run of one feature."""
    if not len(runs.starts):
        return [], []
    delta = np.diff(runs.xy, axis=0, prepend=np.zeros((1, 2), np.int64))
    new = np.append(True, runs.feature[1:] != runs.feature[:-1])
    delta[runs.starts[new]] = runs.xy[runs.starts[new]]
    lengths = runs.lengths
    sizes = 2 * lengths + 2 + closing
    at = np.cumsum(sizes) - sizes
    table = np.empty(int(sizes.sum()), np.int64)
    table[at] = 9
    table[at + 3] = ((lengths - 1) << 3) | 2
    if closing:
        table[at + sizes - 1] = 15
    nth = np.arange(len(delta)) - np.repeat(runs.starts, lengths)
    where = np.repeat(at, lengths) + np.where(nth == 0, 1, 2 + 2 * nth)
    table[where], table[where + 1] = _zigzag(delta).T
    per_feature = np.add.reduceat(sizes, np.flatnonzero(new))
    return runs.feature[new].tolist(), _split(table, per_feature)


def _split(table: Ints, counts: Ints) -> list[bytes]:
    """The varints of a command table, cut into features."""
    data, sizes = varints(table)
    ends = np.cumsum(np.add.reduceat(sizes, np.cumsum(counts) - counts)).tolist()
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]
