"""One street of the town: its communities, compounds and micro-grids, tiling it exactly, and all that
stands there. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import hypot
from random import Random

import shapely

from linli.demo.geometry_blocks import STYLES, House, Style, avenue, build, plates
from linli.demo.geometry_cuts import (
    Line,
    Point,
    Ring,
    flat,
    middle,
    plane,
    shape_of,
    snap,
)
from linli.demo.geometry_plots import Drawn, Plot, Roads
from linli.demo.names import Name

PERSONS = 26  # per ten households


@dataclass(slots=True)
class Area:
    """A street, community, compound or micro-grid."""

    level: str
    code: str
    name: Name
    parent: str
    ring: Ring
    households: int = 0

    @property
    def people(self) -> int:
        return self.households * PERSONS // 10


@dataclass(slots=True)
class Building:
    """A house with its number in the compound."""

    code: str
    number: int
    house: House
    compound: Area
    grid: Area
    aliases: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Facility:
    """A public house: clinic canteen centre market school police station."""

    kind: str
    name: Name
    point: Point
    grid: Area
    outline: tuple[Point, ...]


@dataclass(slots=True)
class Street:
    """A street with everything on it. Without ``detail`` only its areas and roads are drawn."""

    area: Area
    areas: list[Area] = field(default_factory=list)  # the street itself first, then top-down
    buildings: list[Building] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
    trees: list[Point] = field(default_factory=list)

    @property
    def grids(self) -> list[Area]:
        return [area for area in self.areas if area.level == "micro_grid"]


def assemble(
    area: Area,
    plots: Sequence[Plot],
    roads: Roads,
    seed: int,
    *,
    detail: bool,
    unbuilt: shapely.Geometry | None = None,
) -> Street:
    """Codes, numbers and names; with ``detail`` also houses, greens, facilities and trees."""
    street = Street(area, [area], drawn=list(roads.drawn))
    rng = Random(f"{seed}:{area.code}:build")
    cells: list[tuple[Area, Area, float]] = []
    for number, plot in enumerate(plots, 1):
        cells += _coded(street, plot, f"{area.code}{number:03d}")
    _thin(street)
    if detail:
        _fill(street, cells, roads, rng, unbuilt)
    else:
        for _, grid, _ in cells:
            grid.households = rng.randint(160, 420)
    _sum_up(street)
    return street


def _coded(street: Street, plot: Plot, code: str) -> list[tuple[Area, Area, float]]:
    """The areas of one community; micro-grids are numbered as one reads, across the whole community."""
    community = Area("community", code, plot.community.name, street.area.code, plot.ring)
    compounds, cells = [], []
    for n, (name, ring, parts) in enumerate(plot.parts, 1):
        compound = Area("compound", f"{code}X{n:02d}", name, code, ring)
        compounds.append(compound)
        cells += [(n, compound, part) for part in parts]
    top = max(plane(point)[1] for point in plot.ring)
    band = (top - min(plane(point)[1] for point in plot.ring)) / max(1, round(len(cells) ** 0.5))

    def reading(row: tuple[int, Area, Ring]) -> tuple[int, float]:
        x, y = middle(row[2])
        return int((top - y) / band), x

    grids = []
    for n, (rank, compound, ring) in enumerate(sorted(cells, key=reading), 1):
        short = plot.community.short
        name = Name(f"{short.zh} {n:02d}", f"{short.en} {n:02d}")
        grids.append((compound, Area("micro_grid", f"{code}{rank:03d}{n:02d}", name, compound.code, ring)))
    street.areas += [community, *compounds, *(grid for _, grid in grids)]
    return [(compound, grid, plot.turn) for compound, grid in grids]


def _thin(street: Street) -> None:
    """Leave out points that no border needs: between junctions a line keeps only what bends it by 30 cm or
    more. Both sides of a border lose the same points; the street's own border, which others share, loses
    none.
    """
    cells = [area.ring for area in street.areas if area.level == "micro_grid"]
    touching: dict[Point, int] = {}
    for ring in cells:
        for point in ring:
            touching[point] = touching.get(point, 0) + 1
    fixed = set(street.area.ring) | {point for point, count in touching.items() if count != 2}
    kept = set(fixed)
    for ring in cells:
        for chain in _chains(ring, fixed):
            kept.update(_needed(min(chain, chain[::-1])))
    for area in street.areas[1:]:
        area.ring = [point for point in area.ring if point in kept]


def _chains(ring: Ring, fixed: set[Point]) -> Iterator[Line]:
    first = next(n for n, point in enumerate(ring) if point in fixed)
    chain: Line = []
    for point in [*ring[first:], *ring[: first + 1]]:
        chain.append(point)
        if point in fixed and len(chain) > 1:
            yield chain
            chain = [point]


def _needed(chain: Line) -> Line:
    if len(chain) < 3:
        return chain
    (ax, ay), (bx, by) = plane(chain[0]), plane(chain[-1])
    size = hypot(bx - ax, by - ay) or 1.0
    far = [abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / size for x, y in map(plane, chain[1:-1])]
    worst = max(far)
    if worst < 0.3:
        return [chain[0], chain[-1]]
    n = far.index(worst) + 1
    return _needed(chain[: n + 1])[:-1] + _needed(chain[n:])


_FACILITIES = (
    ("clinic", Name("{}社区卫生服务站", "{} Community Clinic")),
    ("canteen", Name("{}社区食堂", "{} Community Canteen")),
    ("centre", Name("{}社区党群服务中心", "{} Community Service Centre")),
)
_SHARED = (
    ("market", Name("{}便民菜市场", "{} Food Market")),
    ("school", Name("{}小学", "{} Primary School")),
    ("police", Name("{}派出所", "{} Police Station")),
    ("fire", Name("{}微型消防站", "{} Fire Post")),
    ("station", Name("{}公交枢纽站", "{} Bus Station")),
)


def _fill(
    street: Street,
    cells: Sequence[tuple[Area, Area, float]],
    roads: Roads,
    rng: Random,
    unbuilt: shapely.Geometry | None,
) -> None:
    communities = [area for area in street.areas if area.level == "community"]
    shares = {one.code: [cell for cell in cells if cell[1].code.startswith(one.code)] for one in communities}
    wanted: dict[str, list[tuple[str, Name]]] = {}
    parks: set[str] = set()
    for n, community in enumerate(communities):
        own = [grid.code for _, grid, _ in shares[community.code]]
        spots = rng.sample(own, min(len(own), len(_FACILITIES) + 2))
        stem = Name(community.name.zh.removesuffix("社区"), community.name.en.removesuffix(" Community"))
        for spot, (kind, text) in zip(spots, [*_FACILITIES, _SHARED[n % len(_SHARED)]], strict=False):
            wanted.setdefault(spot, []).append((kind, Name(text.zh.format(stem.zh), text.en.format(stem.en))))
        parks.add(spots[-1])
    styles: dict[str, Style] = {}
    numbers: dict[str, int] = {}
    for compound, grid, turn in cells:
        style = styles.setdefault(compound.code, rng.choices(STYLES, (5, 4, 4, 2, 1))[0])
        shape = shape_of(grid.ring)
        near = unbuilt if unbuilt is not None and unbuilt.intersects(shape) else None
        asked = wanted.get(grid.code, [])
        block = build(shape, turn, style, rng, unbuilt=near, park=grid.code in parks, plots=len(asked))
        for house in block.houses:
            number = numbers[compound.code] = numbers.get(compound.code, 0) + 1
            street.buildings.append(Building(f"{compound.code}B{number:03d}", number, house, compound, grid))
        for green in block.greens:
            kind = "park" if grid.code in parks else "green"
            name = Name(f"{grid.name.zh[:-3]}公园", f"{grid.name.en[:-3]} Park") if kind == "park" else None
            street.drawn.append(Drawn("park", kind, name, _outline(green), True))
        for plot, (kind, called) in zip(block.plots, asked, strict=False):
            street.facilities.append(
                Facility(kind, called, snap(plot.centroid.x, plot.centroid.y), grid, _outline(plot))
            )
        street.trees += [snap(*tree) for tree in block.trees]
    _plates(street, roads)
    for road in roads.drawn:
        if road.kind in ("main", "street"):
            off = 11.0 if road.kind == "main" else 7.0
            trees = (snap(*tree) for tree in avenue(flat(road.points), off, 15.0, rng))
            street.trees += [
                tree for tree in trees if unbuilt is None or not shapely.intersects_xy(unbuilt, *plane(tree))
            ]


def _outline(shape: shapely.Polygon) -> tuple[Point, ...]:
    return tuple(snap(x, y) for x, y in shape.exterior.coords[:-1])


def _plates(street: Street, roads: Roads) -> None:
    """Houses beside a named road have a number on it as well."""
    named = roads.named("main", "street")
    lines = [shapely.LineString(flat(road.points)) for road in named]
    for building, plate in zip(
        street.buildings, plates((one.house.middle for one in street.buildings), lines), strict=True
    ):
        if plate and (name := named[plate[0]].name):
            building.aliases = (Name(f"{name.zh}{plate[1]}号", f"{plate[1]} {name.en}"),)


def _sum_up(street: Street) -> None:
    """Households from the houses up."""
    by_code = {area.code: area for area in street.areas}
    for building in street.buildings:
        building.grid.households += building.house.households
    for area in reversed(street.areas):
        if area.parent in by_code:
            by_code[area.parent].households += area.households
