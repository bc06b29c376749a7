"""What the map shows, read from the store once per generation of places and kept in world coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from linli.kernel import ids
from linli.kernel.places.epochs import Epoch, Kept
from linli.kernel.places.levels import LEVELS
from linli.kernel.places.models import Feature
from linli.kernel.places.tree import Node, tree

#: From which zoom on things are drawn: finer things later, so that a whole city stays light.
FROM_ZOOM = {
    "province": 0,
    "city": 2,
    "district": 2,
    "street": 8,
    "community": 10,
    "compound": 12,
    "grid": 12,
    "micro_grid": 12,
    "building": 13,
}
#: The same for names.
NAMED_FROM = FROM_ZOOM | {"compound": 13, "grid": 13, "micro_grid": 13}
_FURNITURE = {"road": "roads", "water": "water", "park": "parks", "rail": "rail", "building": "buildings"}
_FURNITURE_FROM = {"road": 11, "water": 8, "park": 11, "rail": 10, "building": 13}
_MINOR_ROADS_FROM = 13


class Drawn(NamedTuple):
    """Things drawn in one layer from one zoom on: shapes in world coordinates, their words, an index."""

    layer: str
    zoom: int
    shapes: NDArray[Any]
    words: list[dict[str, str | int]]
    index: Any


@dataclass(frozen=True)
class TownMap:
    """Everything there is to draw in one generation."""

    generation: str
    parts: list[Drawn]
    bounds: tuple[float, float, float, float] | None
    levels: list[str]


def to_world(shapes: Any) -> Any:
    """WGS-84 degrees → the web mercator square, 0 … 1 with y growing downwards. Arrays of shapes at once."""
    return shapely.transform(shapes, _mercator)


def _mercator(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    lat = np.radians(np.clip(lonlat[:, 1], -85.0511, 85.0511))
    y = 0.5 - np.log(np.tan(np.pi / 4 + lat / 2)) / (2 * np.pi)
    return np.column_stack([lonlat[:, 0] / 360 + 0.5, y])


def _load(epoch: Epoch) -> TownMap:
    nodes = tree(epoch.instant).nodes if epoch.instant else []
    known = {node.version_id: node for node in nodes}
    rows = list(epoch.versions().filter(geometry__isnull=False).values_list("id", "geometry"))
    rows = [row for row in rows if row[0] in known]
    shapes = np.array(shapely.from_wkb([bytes(row[1] or b"") for row in rows]), dtype=object)
    drawn = [known[row[0]] for row in rows]
    box = tuple(float(v) for v in shapely.total_bounds(shapes)) if len(shapes) else None
    parts = [*_places(drawn, to_world(shapes)), *_labels(nodes), *_furniture(), *_waters(box)]
    present = {node.level for node in nodes}
    levels = [level.key for level in LEVELS if level.key in present]
    return TownMap(epoch.generation, parts, box, levels)  # type: ignore[arg-type]


def _group(layer: str, rows: list[tuple[int, Any, dict[str, str | int]]]) -> list[Drawn]:
    """Rows of (from zoom, world shape, words), gathered by zoom."""
    parts = []
    for zoom in sorted({row[0] for row in rows}):
        mine = [row for row in rows if row[0] == zoom]
        shapes = np.array([row[1] for row in mine], dtype=object)
        parts.append(Drawn(layer, zoom, shapes, [row[2] for row in mine], shapely.STRtree(shapes)))
    return parts


def _words(node: Node) -> dict[str, str | int]:
    return {
        "id": ids.text(node.id),
        "level": node.level,
        "code": node.full_code,
        "name": node.name,
        "name_en": node.name_en,
    }


def _places(nodes: list[Node], shapes: NDArray[Any]) -> list[Drawn]:
    pairs = list(zip(nodes, shapes, strict=True))
    areas = [(FROM_ZOOM[n.level], s, _words(n)) for n, s in pairs if n.level != "building"]
    houses = [(FROM_ZOOM[n.level], s, _words(n)) for n, s in pairs if n.level == "building"]
    return [*_group("places", areas), *_group("buildings", houses)]


def _labels(nodes: list[Node]) -> list[Drawn]:
    named = [n for n in nodes if n.lon is not None and n.level != "building"]
    points = to_world(shapely.points([n.lon for n in named], [n.lat for n in named])) if named else []
    rows = [
        (NAMED_FROM[n.level], p, {**_words(n), "kind": n.level}) for n, p in zip(named, points, strict=True)
    ]
    return _group("labels", rows)


def _furniture() -> list[Drawn]:
    parts = []
    for kept, layer in _FURNITURE.items():
        rows = list(Feature.objects.filter(layer=kept).values_list("kind", "name", "name_en", "geometry"))
        if not rows:
            continue
        shapes = to_world(np.array(shapely.from_wkb([bytes(row[3]) for row in rows]), dtype=object))
        drawn = []
        for (kind, name, name_en, _), shape in zip(rows, shapes, strict=True):
            minor = kept == "road" and kind not in ("main", "street")
            zoom = _MINOR_ROADS_FROM if minor else _FURNITURE_FROM[kept]
            drawn.append((zoom, shape, {"kind": kind, "name": name, "name_en": name_en}))
        parts += _group(layer, drawn)  # type: ignore[arg-type]
    return parts


def _waters(box: tuple[float, ...] | None) -> list[Drawn]:
    """One label for each named water, on the part of it that lies in the town: tiles cut a river into many, each of which would be named."""
    rows = Feature.objects.filter(layer="water").exclude(name="").values_list("name", "name_en", "geometry")
    waters: dict[tuple[str, str], list[Any]] = {}
    for name, name_en, geometry in rows:
        waters.setdefault((name, name_en), []).append(shapely.from_wkb(bytes(geometry)))
    labels: list[tuple[int, Any, dict[str, str | int]]] = []
    for (name, name_en), shapes in waters.items():
        whole = shapely.union_all(shapes)
        here = shapely.intersection(whole, shapely.box(*box)) if box else whole
        spot = shapely.point_on_surface(whole if shapely.is_empty(here) else here)
        words: dict[str, str | int] = {"kind": "water", "name": name, "name_en": name_en}
        labels.append((NAMED_FROM["community"], to_world(spot), words))
    return _group("labels", labels)


kept: Kept[TownMap] = Kept(_load, keep=1)
