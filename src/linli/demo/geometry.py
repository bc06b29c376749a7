"""The ground of the sample town: an invented district made from a seed, as large as one street, a district
or a city.

Always the same home street, 柳荫街道 in 安和区, with its 5 communities, 16 compounds and 39 micro-grids; larger
sizes put other streets and districts around it. Everything is WGS-84 with 7 decimals, lies where nobody
lives, and tiles exactly: micro-grids their compound, compounds their community, communities their street,
streets their district. Streets are made one at a time as :attr:`Town.streets` is walked, so that a city
need not fit into memory.

Codes: 99 is nobody's province. District 990101, street 990101001, community 990101001001; compound
``…X01``, micro-grid three digits of its compound and two of its own (numbered through the community),
building ``…X01B001``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, pi, sin
from random import Random
from typing import Any, Literal

import shapely

from linli.demo import names
from linli.demo.geometry_cuts import (
    XY,
    Line,
    Point,
    Ring,
    around,
    degrees_of,
    flat,
    laid,
    nearest,
    parts_of,
    plane,
    smooth,
    snap,
)
from linli.demo.geometry_plots import Drawn, Plot, Roads, elsewhere, home, street_size
from linli.demo.geometry_streets import Area, Building, Facility, Street, assemble
from linli.demo.names import Name

__all__ = ["Area", "Building", "Drawn", "Facility", "Size", "Street", "Town", "make_town"]

Size = Literal["street", "district", "city"]
PROVINCE = "99"
CITY = "9901"
_SCALE = 1.4  # metres per unit of the drawing below

# The outline of the home street and the river through it, drawn once by hand.
_HULL = (
    (56, 419), (119, 706), (359, 792), (700, 758), (1082, 778), (1311, 642), (1278, 470), (1302, 178), (1124, 43), (760, 78),
    (420, 56), (90, 112),
)  # fmt: skip
_SIDES = (
    (11, 8),
    (1, 11),
    (5, 1),
    (8, 5),
)  # corners between which the outer roads run: north west south east
_UPSTREAM = ((770, -60), (700, -240), (748, -470))
_RIVER = ((818, 70), (852, 150), (905, 222), (1000, 262), (1090, 290), (1170, 325), (1290, 328))
_DOWNSTREAM = ((1420, 318), (1560, 372), (1800, 330))
_RAIL = ((-300, 560), (-60, 668), (60, 768), (180, 858), (330, 960), (520, 1150))
_RIVER_WIDTH = 44.0
_FAR = 420.0  # how far roads are drawn beyond the last street


def _drawn(points: Iterable[tuple[float, float]]) -> list[XY]:
    return [((x - 686) * _SCALE, (415 - y) * _SCALE) for x, y in points]


@dataclass(frozen=True, slots=True)
class Town:
    """``tops`` are the districts and streets, without what is inside; ``streets`` makes each street anew
    when walked, home first.
    """

    seed: int
    size: Size
    tops: tuple[Area, ...]
    drawn: tuple[Drawn, ...]  # river, railway, roads between streets
    detail: Literal["all", "home", "none"]

    @property
    def streets(self) -> Iterator[Street]:
        for number, top in enumerate(area for area in self.tops if area.level == "street"):
            yield self._street(top, first=number == 0)

    @property
    def home(self) -> Street:
        """The street of the sample page, with everything on it."""
        return self._street(next(area for area in self.tops if area.level == "street"), first=True)

    @property
    def unbuilt(self) -> shapely.Geometry:
        """River and railway, in metres: nothing stands there."""
        water = [shapely.Polygon(flat(one.points)) for one in self.drawn if one.layer == "water"]
        rails = [shapely.LineString(flat(one.points)).buffer(9) for one in self.drawn if one.layer == "rail"]
        return shapely.union_all([*water, *rails])

    def _street(self, top: Area, first: bool) -> Street:
        area = Area(top.level, top.code, top.name, top.parent, list(top.ring))
        plots: list[Plot]
        roads: Roads
        if first:
            plots, roads = home(area.ring, _drawn(_RIVER), self.seed)
            if self.size == "street":
                _beyond(roads)
        else:
            plots, roads = elsewhere(area.ring, _GRIDS[self.size], self.seed, area.code)
        detail = self.detail == "all" or (first and self.detail == "home")
        return assemble(
            area, plots, roads, self.seed, detail=detail, unbuilt=self.unbuilt if detail else None
        )

    def places(self) -> Iterator[dict[str, Any]]:
        """Every place as a GeoJSON feature, tops first, as the places importer reads them; one
        FeatureCollection each for the tops and for every street.
        """
        yield collection(map(area_feature, self.tops))
        for street in self.streets:
            yield street_places(street)


_GRIDS = {"street": 39, "district": 40, "city": 248}


def make_town(
    seed: int = 7, size: Size = "street", *, detail: Literal["auto", "all", "home", "none"] = "auto"
) -> Town:
    """The town of a seed. ``detail`` says which streets get houses, greens, facilities and trees: all of
    them up to a district, in a city only the home street.
    """
    shown = ("home" if size == "city" else "all") if detail == "auto" else detail
    lines: list[Line] = []
    hull = laid(_drawn(_HULL), 20.0)
    district = Area("district", f"{CITY}01", names.DISTRICT, "", hull)
    first = Area("street", f"{district.code}001", names.STREET, district.code, hull)
    tops = [district, first]
    if size != "street":
        outer, pieces = _wrapped(hull, 5200.0 if size == "city" else 3100.0, [3, 2, 2, 2], seed, lines)
        district.ring = outer
        tops += _streets(district, pieces, 2, names.stems(f"{seed}:{district.code}"))
    if size == "city":
        side = street_size(_GRIDS["city"]) * 10**0.5
        _, others = _wrapped(district.ring, side * 2.55, [5, 5, 5, 4], seed + 1, lines)
        for number, (ring, stem) in enumerate(zip(others, names.stems(f"{seed}:city"), strict=False), 2):
            tops += _district(number, ring, stem, seed, lines)
    drawn = [*_river(size, seed), *_rails(size, seed), *_outer(hull, lines, seed)]
    return Town(seed, size, tuple(tops), tuple(drawn), shown)


def _wrapped(
    inner: Ring, radius: float, counts: Sequence[int], seed: int, lines: list[Line]
) -> tuple[Ring, list[Ring]]:
    """Ground of about that radius around a ring, in as many parts as the counts say for north, west, south
    and east.
    """
    rng = Random(f"{seed}:around")
    corners: list[XY] = []
    for n in range(14):
        angle = 2 * pi * (n + rng.uniform(-0.2, 0.2)) / 14
        far = radius * rng.uniform(0.88, 1.08)
        corners.append((far * 1.18 * cos(angle), far * 0.86 * sin(angle)))
    outer = laid(corners, 40.0 if radius < 10_000 else 80.0)
    xs, ys = zip(*flat(inner), strict=True)
    east, west, north, south = (0.82 * edge for edge in (max(xs), min(xs), max(ys), min(ys)))
    spokes = [  # a windmill: each goes on from a corner of the inner ground the way its side runs
        ((east, north), (east * 1.05, radius)),
        ((west, north), (-radius * 1.3, north * 1.1)),
        ((west, south), (west * 1.05, -radius)),
        ((east, south), (radius * 1.3, south * 1.1)),
    ]
    pieces: list[Ring] = []
    for piece, count in zip(around(inner, outer, spokes, 40.0, lines), counts, strict=True):
        pieces += parts_of(piece, [1] * count, rng.uniform(-6, 6), rng, 40.0, lines)
    return outer, pieces


def _streets(district: Area, rings: Sequence[Ring], first: int, stems: Iterator[Name]) -> list[Area]:
    return [
        Area(
            "street",
            f"{district.code}{number:03d}",
            Name(f"{stem.zh}街道", f"{stem.en} Street"),
            district.code,
            ring,
        )
        for number, (ring, stem) in enumerate(zip(rings, stems, strict=False), first)
    ]


def _district(number: int, ring: Ring, stem: Name, seed: int, lines: list[Line]) -> list[Area]:
    code = f"{CITY}{number:02d}"
    rng = Random(f"{seed}:{code}")
    rings = parts_of(ring, [1] * 10, rng.uniform(-8, 8), rng, 40.0, lines)
    area = Area("district", code, Name(f"{stem.zh}区", f"{stem.en} District"), "", ring)
    return [area, *_streets(area, rings, 1, names.stems(f"{seed}:{code}"))]


def _onward(course: list[XY], size: Size, seed: int, sway: float) -> list[XY]:
    """A river or railway goes on past the edge of the town, swaying about its direction."""
    far = {"street": 0.0, "district": 4_500.0, "city": 34_000.0}[size]
    rng = Random(f"{seed}:onward:{sway}")
    (x, y), (px, py) = course[-1], course[0]
    ahead = heading = atan2(y - py, x - px)
    course = list(course)
    for _ in range(round(far / 500)):
        heading = ahead + 0.75 * (heading - ahead) + rng.uniform(-sway, sway)
        x, y = x + 500 * cos(heading), y + 500 * sin(heading)
        course.append((x, y))
    return course


def _river(size: Size, seed: int) -> Iterator[Drawn]:
    hull = laid(_drawn(_HULL), 20.0)
    through = _drawn(_RIVER)
    through[0], through[-1] = (plane(hull[nearest(hull, spot)]) for spot in (through[0], through[-1]))
    ends = (2, 1) if size == "street" else (3, 3)
    up = _onward(_drawn(_UPSTREAM[: ends[0]]), size, seed, 0.5)
    down = _onward(_drawn(_DOWNSTREAM[: ends[1]]), size, seed + 1, 0.5)
    middle = shapely.LineString(smooth([*up[::-1], *through, *down], 18.0))
    bank = middle.buffer(_RIVER_WIDTH / 2, cap_style="flat", join_style="round", quad_segs=4).simplify(0.5)
    yield Drawn("water", "river", names.RIVER, tuple(snap(x, y) for x, y in bank.exterior.coords[:-1]), True)


def _rails(size: Size, seed: int) -> Iterator[Drawn]:
    course = _drawn(_RAIL)
    west, south = _onward(course[2::-1], size, seed, 0.12), _onward(course[3:], size, seed + 1, 0.12)
    points = smooth([*west[::-1], *south], 40.0)
    yield Drawn("rail", "rail", names.RAILWAY, tuple(snap(x, y) for x, y in points))


def _outer(hull: Ring, lines: Sequence[Line], seed: int) -> Iterator[Drawn]:
    """The roads around the home street, or those between the streets of a larger town."""
    corners = [nearest(hull, spot) for spot in _drawn(_HULL)]
    for name, (start, end) in zip(names.OUTER_ROADS, _SIDES, strict=True):
        a, b = corners[end], corners[start]
        points = hull[a : b + 1] if a <= b else hull[a:] + hull[: b + 1]
        yield Drawn("road", "main", names.spaced(name), tuple(points[::-1]))
    stems, rng = names.stems(f"{seed}:outer"), Random(f"{seed}:outer")
    for line in lines:
        yield Drawn("road", "main", names.road(next(stems), rng, main=True), tuple(line))


def _beyond(roads: Roads) -> None:
    """Main roads that end at the outer road go on into the country."""
    hull = shapely.Polygon(_drawn(_HULL))
    for road in roads.named("main"):
        for end, before in ((road.points[0], road.points[2]), (road.points[-1], road.points[-3])):
            (x, y), (px, py) = plane(end), plane(before)
            size = max(1.0, ((x - px) ** 2 + (y - py) ** 2) ** 0.5)
            there = (x + (x - px) / size * _FAR, y + (y - py) / size * _FAR)
            if not shapely.intersects_xy(hull.buffer(40), *there):
                roads.add("main", [[end, snap(*there)]])


def collection(features: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def _polygon(ring: Sequence[Point]) -> dict[str, Any]:
    points = [list(degrees_of(point)) for point in ring]
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def _feature(geometry: dict[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def area_feature(area: Area) -> dict[str, Any]:
    """An area as the places importer reads it."""
    said: dict[str, Any] = {
        "code": area.code,
        "level": area.level,
        "name": area.name.zh,
        "name_en": area.name.en,
    }
    if area.parent:
        said["parent"] = area.parent
    if area.households:
        said |= {"households": area.households, "people": area.people}
    return _feature(_polygon(area.ring), said)


def building_feature(building: Building) -> dict[str, Any]:
    """A house as the places importer reads it: number, entrances with their doors, the road number as
    another address.
    """
    doors = [(n, degrees_of(snap(*door))) for n, door in enumerate(building.house.doors, 1)]
    lon, lat = degrees_of(snap(*building.house.middle))
    said = {
        "code": building.code,
        "level": "building",
        "name": f"{building.number}号楼",
        "name_en": f"Building {building.number}",
        "parent": building.grid.code,
        "compound": building.compound.code,
        "number": str(building.number),
        "storeys": building.house.storeys,
        "households": building.house.households,
        "entrances": [{"n": str(n), "lon": x, "lat": y} for n, (x, y) in doors],
        "aliases": [alias.zh for alias in building.aliases],
        "lon": lon,
        "lat": lat,
    }
    return _feature(_polygon([snap(*corner) for corner in building.house.corners]), said)


def drawn_feature(drawn: Drawn) -> dict[str, Any]:
    """Map furniture: ``layer`` road water park rail, ``kind``, names."""
    said = {"layer": drawn.layer, "kind": drawn.kind}
    if drawn.name:
        said |= {"name": drawn.name.zh, "name_en": drawn.name.en}
    if drawn.closed:
        return _feature(_polygon(drawn.points), said)
    line = [list(degrees_of(point)) for point in drawn.points]
    return _feature({"type": "LineString", "coordinates": line}, said)


def facility_feature(facility: Facility) -> dict[str, Any]:
    """A public house by its outline; ``lon``/``lat`` is its middle and ``grid`` the micro-grid it stands
    on.
    """
    lon, lat = degrees_of(facility.point)
    said = {"layer": "building", "kind": facility.kind, "name": facility.name.zh, "name_en": facility.name.en}
    return _feature(_polygon(facility.outline), {**said, "grid": facility.grid.code, "lon": lon, "lat": lat})


def street_places(street: Street) -> dict[str, Any]:
    """Communities, compounds, micro-grids and houses of a street. The street itself is drawn among the
    tops; here its households are said.
    """
    counted = {**area_feature(street.area), "geometry": None}
    areas = [area_feature(area) for area in street.areas[1:]]
    return collection([counted, *areas, *map(building_feature, street.buildings)])


def street_furniture(street: Street) -> dict[str, Any]:
    """Roads and greens of a street, its public houses, and its trees as one MultiPoint."""
    features = [drawn_feature(one) for one in street.drawn]
    features += [facility_feature(one) for one in street.facilities]
    if street.trees:
        points = [list(degrees_of(tree)) for tree in street.trees]
        trees = {"type": "MultiPoint", "coordinates": points}
        features.append(_feature(trees, {"layer": "tree", "kind": "tree"}))
    return collection(features)
