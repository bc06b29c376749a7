"""What stands on a micro-grid: rows of houses with entrances, a green, a few public houses, trees. Pure:
shapely.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from random import Random

import shapely
from shapely import affinity

from linli.demo.geometry_cuts import XY

_MARGIN = 12.0  # metres between the border (the middle of a road) and the first wall
_ENTRANCE = 14.5  # metres of wall for one entrance


@dataclass(frozen=True, slots=True)
class Style:
    """How a compound was built: how high, how far apart, how long its houses may be."""

    storeys: tuple[int, ...]
    depth: float
    pitch: float
    entrances: tuple[int, ...]
    gap: float = 11.0


STYLES = (
    Style((6,), 12.0, 27.0, (3, 3, 4, 2)),
    Style((5, 6), 11.5, 25.0, (2, 3, 3, 4)),
    Style((6, 7), 12.5, 28.5, (3, 4, 4)),
    Style((11, 11, 12), 13.5, 35.0, (2, 2, 3)),
    Style((18, 18, 24), 17.0, 44.0, (1, 2), gap=17.0),
)


@dataclass(frozen=True, slots=True)
class House:
    """A house in metres: its four corners, its entrances along the north wall, its storeys."""

    corners: tuple[XY, ...]
    doors: tuple[XY, ...]
    storeys: int

    @property
    def households(self) -> int:
        return len(self.doors) * self.storeys * 2

    @property
    def middle(self) -> XY:
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4


@dataclass(frozen=True, slots=True)
class Block:
    """Everything standing on one micro-grid. ``plots`` are the public houses, in the order asked."""

    houses: tuple[House, ...]
    greens: tuple[shapely.Polygon, ...]
    plots: tuple[shapely.Polygon, ...]
    trees: tuple[XY, ...]


def build(
    cell: shapely.Polygon,
    turn: float,
    style: Style,
    rng: Random,
    *,
    unbuilt: shapely.Geometry | None = None,
    park: bool = False,
    plots: int = 0,
) -> Block:
    """Fill a micro-grid. Nothing stands on the road, in the river or in anything else."""
    origin = cell.centroid
    ground = affinity.rotate(cell, -turn, origin=origin)
    free = ground.buffer(-_MARGIN)
    if unbuilt is not None:
        free = free.difference(affinity.rotate(unbuilt, -turn, origin=origin).buffer(16))
    greens: list[shapely.Polygon] = []
    green = _park(free, rng) if park else _lawn(free, rng)
    if green is not None:
        greens.append(green)
        free = free.difference(green.buffer(7))
    public: list[shapely.Polygon] = []
    for _ in range(plots):
        plot = _plot(free, rng)
        if plot is not None:
            public.append(plot)
            free = free.difference(plot.buffer(8))

    def back(geometry: shapely.Geometry) -> shapely.Geometry:
        return affinity.rotate(geometry, turn, origin=origin)

    houses = tuple(_turned(house, turn, (origin.x, origin.y)) for house in _rows(free, style, rng))
    trees = [point for green in greens for point in _planted(green, rng)]
    return Block(
        houses,
        tuple(back(green) for green in greens),
        tuple(back(plot) for plot in public),
        tuple(_spin(point, turn, (origin.x, origin.y)) for point in trees),
    )


def _parts(free: shapely.Geometry) -> list[shapely.Polygon]:
    return [p for p in shapely.get_parts(free) if p.geom_type == "Polygon" and p.area > 400]


def _largest(free: shapely.Geometry) -> shapely.Polygon | None:
    return max(_parts(free), key=lambda part: part.area, default=None)


def _park(free: shapely.Geometry, rng: Random) -> shapely.Polygon | None:
    """A park over one corner of the ground."""
    part = _largest(free)
    if part is None:
        return None
    west, south, east, north = part.bounds
    wide, high = (east - west) * rng.uniform(0.42, 0.58), (north - south) * rng.uniform(0.4, 0.55)
    found = _largest(part.buffer(8).intersection(shapely.box(west - 9, north - high, west + wide, north + 9)))
    return None if found is None else found.buffer(-7, join_style="mitre").buffer(7)


def _lawn(free: shapely.Geometry, rng: Random) -> shapely.Polygon | None:
    """A round lawn between the houses, in two micro-grids of three."""
    part = _largest(free)
    if part is None or rng.random() < 0.34:
        return None
    radius = rng.uniform(9, 15)
    inside = part.buffer(-radius - 12)
    spot = _spot(inside, rng)
    return None if spot is None else shapely.Point(spot).buffer(radius, quad_segs=6)


def _plot(free: shapely.Geometry, rng: Random) -> shapely.Polygon | None:
    """Room for a public house."""
    wide, high = rng.uniform(26, 40), rng.uniform(18, 24)
    part = _largest(free)
    for _ in range(40 if part is not None else 0):
        assert part is not None
        spot = _spot(part, rng)
        if spot is not None:
            plot = shapely.box(spot[0] - wide / 2, spot[1] - high / 2, spot[0] + wide / 2, spot[1] + high / 2)
            if part.covers(plot):
                return plot
    return None


def _spot(part: shapely.Geometry, rng: Random) -> XY | None:
    if part.is_empty:
        return None
    west, south, east, north = part.bounds
    for _ in range(30):
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.intersects_xy(part, x, y):
            return x, y
    return None


def _rows(free: shapely.Geometry, style: Style, rng: Random) -> Iterator[House]:
    """Rows of houses facing south, from north to south and west to east."""
    if free.is_empty:
        return
    shapely.prepare(free)
    west, south, east, north = free.bounds
    top = north - rng.uniform(0, 5)
    while top - style.depth > south:
        for left, right in _stretches(free, top, style.depth, west, east):
            yield from _row(left, right, top, style, rng, free)
        top -= style.pitch + rng.uniform(-0.8, 0.8)


def _stretches(free: shapely.Geometry, top: float, depth: float, west: float, east: float) -> list[XY]:
    """Where a row between ``top`` and ``top - depth`` stands on free ground along its whole depth."""
    stretches = [(west, east)]
    for y in (top, top - depth / 2, top - depth):
        line = free.intersection(shapely.LineString([(west - 1, y), (east + 1, y)]))
        spans = [(part.bounds[0], part.bounds[2]) for part in shapely.get_parts(line) if part.length > 0]
        stretches = [
            (max(a, c), min(b, d)) for a, b in stretches for c, d in spans if min(b, d) - max(a, c) > 12
        ]
    return stretches


def _row(
    left: float, right: float, top: float, style: Style, rng: Random, free: shapely.Geometry
) -> Iterator[House]:
    room = right - left
    counts: list[int] = []
    while True:
        count = rng.choice(style.entrances)
        used = sum(counts) * _ENTRANCE + len(counts) * style.gap
        while count > 1 and used + count * _ENTRANCE > room:
            count -= 1
        if used + count * _ENTRANCE > room:
            break
        counts.append(count)
    if not counts:
        return
    spare = room - sum(counts) * _ENTRANCE
    gap = spare / (len(counts) - 1) if len(counts) > 1 else 0.0
    x = left if len(counts) > 1 else left + spare / 2
    for count in counts:
        wide = count * _ENTRANCE
        shape = shapely.box(x, top - style.depth, x + wide, top)
        if rng.random() > 0.05 and free.contains(shape.buffer(-0.05)):
            doors = tuple((x + (n + 0.5) * _ENTRANCE, top) for n in range(count))
            corners = ((x, top - style.depth), (x + wide, top - style.depth), (x + wide, top), (x, top))
            yield House(corners, doors, rng.choice(style.storeys))
        x += wide + gap


def _turned(house: House, turn: float, origin: XY) -> House:
    corners = tuple(_spin(point, turn, origin) for point in house.corners)
    return House(corners, tuple(_spin(point, turn, origin) for point in house.doors), house.storeys)


def _spin(point: XY, turn: float, origin: XY) -> XY:
    c, s = cos(turn * pi / 180), sin(turn * pi / 180)
    x, y = point[0] - origin[0], point[1] - origin[1]
    return origin[0] + x * c - y * s, origin[1] + x * s + y * c


def _planted(green: shapely.Polygon, rng: Random) -> Iterator[XY]:
    inside = green.buffer(-2.5)
    for _ in range(min(60, int(green.area / 90))):
        spot = _spot(inside, rng)
        if spot is not None:
            yield spot


def avenue(line: Sequence[XY], off: float, apart: float, rng: Random) -> Iterator[XY]:
    """Trees along both sides of a road."""
    path = shapely.LineString(line)
    for side in (off, -off):
        beside = path.offset_curve(side)
        at = 14 + rng.uniform(0, apart)
        while at < beside.length - 14:
            point = beside.interpolate(at)
            yield point.x + rng.uniform(-1, 1), point.y + rng.uniform(-1, 1)
            at += apart * rng.uniform(0.85, 1.3)


def plates(
    houses: Iterable[XY], roads: Sequence[shapely.LineString], reach: float = 48.0
) -> list[tuple[int, int] | None]:
    """For each house the road it has a number on and the number: odd on the left, even on the right, rising
    along the road.
    """
    spots = list(houses)
    found: list[tuple[int, float, bool, int]] = []
    for index, (x, y) in enumerate(spots):
        near = min(
            ((road.distance(shapely.Point(x, y)), n) for n, road in enumerate(roads)), default=(reach, 0)
        )
        if near[0] < reach:
            found.append((near[1], *_along(roads[near[1]], x, y), index))
    numbers: list[tuple[int, int] | None] = [None] * len(spots)
    counts: dict[tuple[int, bool], int] = {}
    for road, _, left, index in sorted(found):
        rank = counts[road, left] = counts.get((road, left), 0) + 1
        numbers[index] = road, 2 * rank - 1 if left else 2 * rank
    return numbers


def _along(road: shapely.LineString, x: float, y: float) -> tuple[float, bool]:
    """How far along a road a spot lies, and whether on its left."""
    at = road.project(shapely.Point(x, y))
    a, b = road.interpolate(max(0.0, at - 1)), road.interpolate(min(road.length, at + 1))
    size = hypot(b.x - a.x, b.y - a.y) or 1.0
    return round(at, 2), ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) / size > 0
