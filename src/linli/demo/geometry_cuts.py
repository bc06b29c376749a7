"""Rings of ground and how to cut them, exactly. Pure: numpy and shapely.

A point is a pair of whole ten-millionths of a degree, so nothing is ever rounded afterwards. Every border
is laid out once with points a few steps apart, and every later cut begins and ends at points that are
already there: whatever lies on both sides of a border has the same points on it, whoever cuts what in which
order. So parts tile their whole without gap or overlap by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, cos, hypot, pi, radians, sin
from random import Random
from typing import NamedTuple

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

# An empty stretch of desert: the town is invented and must not lie on anybody's home.
LON, LAT = 103.2, 40.2
UNIT = 10_000_000  # points per degree
_X0, _Y0 = round(LON * UNIT), round(LAT * UNIT)
_MX = 111_320.0 * cos(radians(LAT)) / UNIT  # metres per unit, good enough to draw by over a city
_MY = 111_030.0 / UNIT
_CANDIDATES = 220  # points of a ring tried as ends of a cut
_TRIES = 160

Point = tuple[int, int]
Ring = list[Point]  # counter-clockwise, the first point not repeated
Line = list[Point]
XY = tuple[float, float]


class Side(NamedTuple):
    """Which part comes first when a ring is cut, and along what the cut runs (degrees against the east)."""

    x: float
    y: float
    angle: float


def north_first(turn: float = 0.0) -> Side:
    """A cut from west to east; the part north of it comes first."""
    return Side(-sin(radians(turn)), cos(radians(turn)), turn)


def west_first(turn: float = 0.0) -> Side:
    """A cut from south to north; the part west of it comes first."""
    return Side(-cos(radians(turn)), -sin(radians(turn)), turn + 90)


def snap(x: float, y: float) -> Point:
    """The point nearest to a place in the plane (metres east and north of the middle)."""
    return _X0 + round(x / _MX), _Y0 + round(y / _MY)


def plane(point: Point) -> XY:
    return (point[0] - _X0) * _MX, (point[1] - _Y0) * _MY


def degrees_of(point: Point) -> tuple[float, float]:
    """Longitude and latitude, exact to 7 decimals."""
    return point[0] / UNIT, point[1] / UNIT


def flat(points: Sequence[Point]) -> list[XY]:
    return [plane(point) for point in points]


def shape_of(ring: Ring) -> shapely.Polygon:
    """The ring as a polygon in metres."""
    return shapely.Polygon(flat(ring))


def middle(ring: Ring) -> XY:
    point = shape_of(ring).centroid
    return point.x, point.y


def laid(corners: Sequence[XY], step: float, closed: bool = True) -> Line:
    """A border through the corners with points about ``step`` metres apart."""
    line: Line = []
    ends = [*corners, corners[0]] if closed else list(corners)
    for (ax, ay), (bx, by) in pairwise(ends):
        parts = max(1, ceil(hypot(bx - ax, by - ay) / step))
        line += [snap(ax + (bx - ax) * n / parts, ay + (by - ay) * n / parts) for n in range(parts)]
    return line if closed else [*line, snap(*ends[-1])]


def smooth(points: Sequence[XY], step: float) -> list[XY]:
    """A curve through the points (Catmull–Rom), about ``step`` metres from point to point."""
    curve: list[XY] = []
    padded = [points[0], *points, points[-1]]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts = max(1, ceil(hypot(c[0] - b[0], c[1] - b[1]) / step))
        for n in range(parts):
            t = n / parts
            curve.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return [*curve, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def nearest(ring: Ring, spot: XY) -> int:
    """The index of the ring's point nearest to a place."""
    return min(
        range(len(ring)), key=lambda n: hypot(plane(ring[n])[0] - spot[0], plane(ring[n])[1] - spot[1])
    )


def divide(ring: Ring, start: int, end: int, path: Line) -> tuple[Ring, Ring]:
    """The two parts of a ring on either side of a path from its point ``start`` to its point ``end`` (inner
    points only): first the part right of the path, then the part left of it.
    """
    if start < end:
        there, back = ring[start : end + 1], ring[end:] + ring[: start + 1]
    else:
        there, back = ring[start:] + ring[: end + 1], ring[end : start + 1]
    return there + path[::-1], back + path


@dataclass(frozen=True, slots=True)
class Cut:
    """A ring cut in two: the part that was to come first, the other, and the line between them with its
    ends.
    """

    first: Ring
    second: Ring
    line: Line


def cut(ring: Ring, share: float, side: Side, rng: Random, *, step: float = 20.0, bend: float = 0.02) -> Cut:
    """Cut off about ``share`` of the ground at its ``side``, along the side's angle, in a gently bent line.

    Of all pairs of border points the best is taken: right share, right direction, compact parts, ends away
    from corners.
    """
    shape = shape_of(ring)
    inner = shape.buffer(-min(6.0, shape.length / 60))
    bows = [rng.uniform(-bend, bend), rng.uniform(-bend / 3, bend / 3)]
    best: tuple[int, int, Line] | None = None
    for start, end in _ranked(ring, share, side, rng):
        for bow in (bows, [0.0, 0.0]):
            path = _path(ring[start], ring[end], step, bow)
            if _clear(ring[start], ring[end], path, inner):
                best = start, end, path
                break
        if best:
            break
    if best is None:
        raise ValueError("no way to cut this ground")
    start, end, path = best
    right, left = divide(ring, start, end, path)
    (ax, ay), (bx, by) = plane(ring[start]), plane(ring[end])
    line = [ring[start], *path, ring[end]]
    if (by - ay) * side.x - (bx - ax) * side.y > 0:
        return Cut(right, left, line)
    return Cut(left, right, line)


def _ranked(ring: Ring, share: float, side: Side, rng: Random) -> Iterator[tuple[int, int]]:
    """Pairs of points as ends of a cut, best first."""
    points = np.array(flat(ring))
    count = len(points)
    following = np.roll(points, -1, axis=0)
    edge = following - points
    cross = points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]
    areas = np.concatenate([[0.0], np.cumsum(cross)])
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(edge[:, 0], edge[:, 1]))])
    total, outline = areas[count] / 2, lengths[count]
    tried = np.unique(np.linspace(0, count - 1, min(count, _CANDIDATES)).round().astype(int))
    i, j = (tried[part] for part in np.triu_indices(len(tried), 2))
    a, b = points[i], points[j]
    dx, dy = (b - a).T
    chord = np.hypot(dx, dy)
    area = (areas[j] - areas[i] + b[:, 0] * a[:, 1] - b[:, 1] * a[:, 0]) / 2
    around = lengths[j] - lengths[i]
    right_first = dy * side.x - dx * side.y > 0
    first = np.where(right_first, area, total - area) / total
    turn = (np.degrees(np.arctan2(dy, dx)) - side.angle + 90) % 180 - 90
    sane = (area > 0.02 * total) & (area < 0.98 * total) & (chord > 0)
    parts = np.clip(area, 1e-6, None), np.clip(total - area, 1e-6, None)
    compact = ((around + chord) ** 2 / parts[0] + (outline - around + chord) ** 2 / parts[1]) / 16
    corner = _corner_distance(points, lengths)
    crowded = np.clip(1 - np.minimum(corner[i], corner[j]) / (0.22 * total**0.5), 0, 1)
    noise = np.random.default_rng(rng.randrange(1 << 32)).random(len(i))
    score = ((first - share) / 0.035) ** 2 + (turn / 7) ** 2 + 1.5 * compact + 3 * crowded**2 + 1.2 * noise
    score = np.where(sane, score, np.inf)
    for n in np.argsort(score)[:_TRIES]:
        if np.isfinite(score[n]):
            yield int(i[n]), int(j[n])


def _corner_distance(points: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each point of a ring, metres along it to the nearest corner."""
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1))
    corners = lengths[:-1][np.abs(turn) > radians(22)]
    if not len(corners):
        return np.full(len(points), np.inf)
    gap = np.abs(lengths[:-1, None] - corners[None, :])
    nearest_corner: NDArray[np.float64] = np.minimum(gap, lengths[-1] - gap).min(axis=1)
    return nearest_corner


def _path(start: Point, end: Point, step: float, bow: Sequence[float]) -> Line:
    """The inner points of a line that bends a little to one side and back."""
    (ax, ay), (bx, by) = plane(start), plane(end)
    dx, dy = bx - ax, by - ay
    parts = max(2, round(hypot(dx, dy) / step))
    path: Line = []
    for n in range(1, parts):
        t = n / parts
        off = bow[0] * sin(pi * t) + bow[1] * sin(2 * pi * t)
        path.append(snap(ax + dx * t - dy * off, ay + dy * t + dx * off))
    return path


def _clear(start: Point, end: Point, path: Line, inner: shapely.Geometry) -> bool:
    """Whether the line stays well inside the ground but for its two ends."""
    line = shapely.LineString(flat([start, *path, end]))
    margin = min(14.0, line.length / 4)
    trimmed = shapely.ops.substring(line, margin, line.length - margin) if margin else line
    return bool(inner.contains(trimmed))


def longer_side(ring: Ring, turn: float) -> Side:
    """How to cut a ring across its longer extent, seen along the axes of its streets."""
    c, s = cos(radians(turn)), sin(radians(turn))
    along = [x * c + y * s for x, y in flat(ring)]
    across = [y * c - x * s for x, y in flat(ring)]
    return west_first(turn) if max(along) - min(along) >= max(across) - min(across) else north_first(turn)


def parts_of(
    ring: Ring, weights: Sequence[int], turn: float, rng: Random, step: float, lines: list[Line]
) -> list[Ring]:
    """The ring cut into parts as large as their weights ask, in their order; the lines between them are
    added to ``lines``.
    """
    if len(weights) == 1:
        return [ring]
    half = (len(weights) + (rng.random() < 0.5)) // 2
    share = sum(weights[:half]) / sum(weights)
    made = cut(ring, share, longer_side(ring, turn + rng.uniform(-3, 3)), rng, step=step)
    lines.append(made.line)
    first = parts_of(made.first, weights[:half], turn, rng, step, lines)
    return first + parts_of(made.second, weights[half:], turn, rng, step, lines)


def around(
    inner: Ring, outer: Ring, spokes: Sequence[tuple[XY, XY]], step: float, lines: list[Line]
) -> list[Ring]:
    """The ground between two rings, cut by a straight line from each spoke's inner to its outer end (in order
    counter-clockwise): one piece from each spoke to the next."""
    starts = [nearest(inner, spoke) for spoke, _ in spokes]
    ends = [nearest(outer, spoke) for _, spoke in spokes]
    paths = [_path(inner[a], outer[b], step, [0.012, 0.01]) for a, b in zip(starts, ends, strict=True)]
    lines += [[inner[a], *path, outer[b]] for a, b, path in zip(starts, ends, paths, strict=True)]
    pieces = []
    for n in range(len(spokes)):
        m = (n + 1) % len(spokes)
        far, near = _arc(outer, ends[n], ends[m]), _arc(inner, starts[n], starts[m])
        pieces.append(far + paths[m][::-1] + near[::-1] + paths[n])
    return pieces


def _arc(ring: Ring, start: int, end: int) -> Line:
    return ring[start : end + 1] if start <= end else ring[start:] + ring[: end + 1]
