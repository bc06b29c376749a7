"""A small map drawn as SVG on the server: the ground around one spot, its micro-grid lifted out. No scripts, no tiles.

Metres on a plane that touches the earth at the middle of the picture; good to centimetres over the few hundred metres
shown. Drawings of the same spot are kept, because whoever reads a matter comes back to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from linli.kernel import moment
from linli.kernel.places.models import Feature, PlaceVersion
from linli.kernel.places.tree import Node, tree

METRES_PER_DEGREE = 111_320.0
LAYERS = {"water": "m-water", "park": "m-park", "road": "m-road", "rail": "m-rail", "building": "m-bld"}
ROAD_METRES = {"main": 16.0, "street": 11.0, "lane": 6.0}
KEEP_SECONDS = 300
HOUSES_UP_TO = 300  # metres of width; beyond, the names of houses would cover the houses


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str
    mine: bool
    house: bool


@dataclass(frozen=True, slots=True)
class Minimap:
    """What ``desk/minimap.html`` draws. Paths are SVG path data in the units of the view box (metres)."""

    view_box: str
    width: float
    height: float
    layers: tuple[tuple[str, str], ...]  # class, path data; bottom first
    mine: str
    labels: tuple[Label, ...]
    dot: tuple[float, float] | None
    area: bool
    name: str
    unit: float  # metres of one pixel, where it is drawn as wide as meant
    middle: tuple[float, float]

    def xy(self, lon: float, lat: float) -> tuple[float, float] | None:
        """Where a point is drawn; None outside the picture."""
        x, y = _Plane(*self.middle, self.width, self.height).xy(lon, lat)
        return (x, y) if 0 <= x <= self.width and 0 <= y <= self.height else None

    @property
    def type(self) -> float:
        """Size of its lettering: 12 pixels."""
        return round(12 * self.unit, 2)

    @property
    def small(self) -> float:
        """Names of houses: 9 pixels."""
        return round(9.5 * self.unit, 2)

    @property
    def scale(self) -> float:
        return round(self.unit, 3)


class _Plane:
    """Degrees to metres right and down of the picture's upper left corner."""

    def __init__(self, lon: float, lat: float, width: float, height: float) -> None:
        self.lon, self.lat, self.width, self.height = lon, lat, width, height
        self.east = METRES_PER_DEGREE * math.cos(math.radians(lat))

    @property
    def box(self) -> tuple[float, float, float, float]:
        half_x, half_y = self.width / 2 / self.east, self.height / 2 / METRES_PER_DEGREE
        return self.lon - half_x, self.lat - half_y, self.lon + half_x, self.lat + half_y

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        x = (lon - self.lon) * self.east + self.width / 2
        return round(x, 1), round((self.lat - lat) * METRES_PER_DEGREE + self.height / 2, 1)

    def near_middle(self, x: float, y: float) -> bool:
        """Where the dot would cover a name."""
        return abs(x - self.width / 2) < 0.05 * self.width and abs(y - self.height / 2) < 0.08 * self.height

    def path(self, shape: BaseGeometry) -> str:
        if shape.is_empty:
            return ""
        if hasattr(shape, "geoms"):
            return "".join(self.path(part) for part in shape.geoms)
        if shape.geom_type == "Polygon":
            return "".join(f"{self._line(ring)}Z" for ring in (shape.exterior, *shape.interiors))
        return self._line(shape) if shape.geom_type == "LineString" else ""

    def _line(self, line: Any) -> str:
        return "M" + "L".join("{:g} {:g}".format(*self.xy(*point[:2])) for point in line.coords)


def around(
    lon: float,
    lat: float,
    place_id: int,
    lang: str,
    *,
    metres: float = 260,
    ratio: float = 0.6,
    pixels: int = 336,
) -> Minimap:
    """The ground around a point, ``metres`` wide; ``place_id`` is the micro-grid lifted out, ``pixels`` how wide it will be drawn."""
    minute = int(moment.now().timestamp()) // KEEP_SECONDS
    return _drawn(round(lon, 6), round(lat, 6), place_id, lang, metres, ratio, False, metres / pixels, minute)


def of_place(place_id: int, lang: str, *, ratio: float = 0.6, pixels: int = 336) -> Minimap | None:
    """A whole place with its children, filling the picture; None where it has no polygon."""
    version = _versions(PlaceVersion.objects.filter(place_id=place_id, geometry__isnull=False)).first()
    if version is None or version.min_lon is None:
        return None
    lon, lat = (version.min_lon + version.max_lon) / 2, (version.min_lat + version.max_lat) / 2
    wide = (version.max_lon - version.min_lon) * METRES_PER_DEGREE * math.cos(math.radians(lat))
    metres = max(wide, (version.max_lat - version.min_lat) * METRES_PER_DEGREE / ratio) * 1.12
    minute = int(moment.now().timestamp()) // KEEP_SECONDS
    return _drawn(lon, lat, place_id, lang, metres, ratio, True, metres / pixels, minute)


@lru_cache(maxsize=512)
def _drawn(
    lon: float,
    lat: float,
    place_id: int,
    lang: str,
    metres: float,
    ratio: float,
    area: bool,
    unit: float,
    minute: int,
) -> Minimap:
    height = round(metres * ratio, 1)
    plane = _Plane(lon, lat, metres, height)
    node = tree().get(place_id)
    layers = [("m-grid", _ground(plane, node))] + [_layer(plane, layer, css) for layer, css in LAYERS.items()]
    layers.append(("m-bld", _ground(plane, node, ("building",))))
    if area:
        layers.append(("m-com", _ground(plane, node, _levels_below(place_id))))
    mine = _outline(plane, place_id)
    return Minimap(
        view_box=f"0 0 {metres:g} {height:g}",
        width=metres,
        height=height,
        layers=tuple((css, path) for css, path in layers if path),
        mine=mine,
        labels=tuple(_labels(plane, node, lang)),
        dot=None if area else plane.xy(lon, lat),
        area=area,
        name=node.called(lang) if node else "",
        unit=unit,
        middle=(lon, lat),
    )


def _levels_below(place_id: int) -> tuple[str, ...]:
    return tuple({child.level for child in tree().children(place_id)} - {"building"})


def _versions(rows: Any) -> Any:
    return rows.filter(valid_to=None)


def _ground(plane: _Plane, node: Node | None, levels: tuple[str, ...] = ("micro_grid", "grid")) -> str:
    """Every micro-grid (or house) that the picture touches."""
    west, south, east, north = plane.box
    rows = _versions(PlaceVersion.objects.filter(geometry__isnull=False, place__level__in=levels))
    rows = rows.filter(max_lon__gte=west, min_lon__lte=east, max_lat__gte=south, min_lat__lte=north)
    if node is not None and len(node.path.strip("/").split("/")) > 1:
        rows = rows.filter(path__startswith="/" + node.path.strip("/").split("/")[0] + "/")
    shapes = shapely.from_wkb([bytes(raw) for raw in rows.values_list("geometry", flat=True)[:800]])
    return "".join(plane.path(_cut(shape, plane)) for shape in shapes)


def _layer(plane: _Plane, layer: str, css: str) -> tuple[str, str]:
    west, south, east, north = plane.box
    rows = Feature.objects.filter(
        layer=layer, max_lon__gte=west, min_lon__lte=east, max_lat__gte=south, min_lat__lte=north
    )
    found = rows.values_list("geometry", "kind")[:1500]
    shapes = (_solid(shapely.from_wkb(bytes(raw)), layer, kind, plane) for raw, kind in found)
    return css, "".join(plane.path(_cut(shape, plane)) for shape in shapes)


def _solid(shape: BaseGeometry, layer: str, kind: str, plane: _Plane) -> BaseGeometry:
    """Roads drawn as lines get their width; rails stay lines."""
    if layer == "rail" or "Line" not in shape.geom_type:
        return shape
    width = ROAD_METRES.get(kind, 8.0) if layer == "road" else 6.0
    return shape.buffer(width / 2 / METRES_PER_DEGREE, cap_style="flat", quad_segs=3)


def _cut(shape: BaseGeometry, plane: _Plane) -> BaseGeometry:
    west, south, east, north = plane.box
    edge = 4 / METRES_PER_DEGREE
    return shapely.clip_by_rect(shape, west - edge, south - edge, east + edge, north + edge)


def _outline(plane: _Plane, place_id: int) -> str:
    raw = _versions(PlaceVersion.objects.filter(place_id=place_id)).values_list("geometry", flat=True).first()
    return plane.path(_cut(shapely.from_wkb(bytes(raw)), plane)) if raw else ""


def _labels(plane: _Plane, node: Node | None, lang: str) -> list[Label]:
    """The names of this ground and its neighbours whose label point is in the picture."""
    if node is None:
        return []
    ground = tree()
    houses = plane.width <= HOUSES_UP_TO
    inside = [n for n in ground.children(node.id) if houses or n.level != "building"]
    areas = any(n.level != "building" for n in inside)
    beside = [n for n in (*ground.children(node.parent_id), *inside) if not (areas and n.id == node.id)]
    found: list[Label] = []
    for near in sorted(beside, key=lambda n: (n.level == "building", n.id != node.id)):
        if near.lon is None or near.lat is None:
            continue
        x, y = plane.xy(near.lon, near.lat)
        house = near.level == "building"
        if house and plane.near_middle(x, y):
            y += plane.height * 0.11  # its own name stands below the dot, not under it
        inside_picture = (
            0.06 * plane.width < x < 0.94 * plane.width and 0.08 * plane.height < y < 0.95 * plane.height
        )
        if inside_picture and not (house and _covered(x, y, found, plane)):
            found.append(Label(x, y, near.called(lang), near.id == node.id, house))
    return found


def _covered(x: float, y: float, labels: list[Label], plane: _Plane) -> bool:
    """Whether the name of an area stands there already."""
    return any(
        not one.house and abs(one.x - x) < 0.13 * plane.width and abs(one.y - y) < 0.08 * plane.height
        for one in labels
    )
