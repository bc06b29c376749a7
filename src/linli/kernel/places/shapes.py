"""Polygons as files write them → valid shapes in WGS-84, or every fault in them. Pure: shapely and numpy."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from linli.kernel.places import crs as systems

_DECIMALS = 7  # about a centimetre; also what makes two exports of one border equal
_TINY = 1e-3  # a mend that moves less than this share of the area is a slip of the pen
Fault = tuple[str, dict[str, Any]]


class Faulty(Exception):
    """Why a shape cannot be taken: all its faults, as (reason, facts)."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def polygon(said: Any, crs: str) -> tuple[Any, str]:
    """The shape of a GeoJSON geometry or a WKT text, and where it had to be mended (mostly "").

    Raises Faulty. The result is a valid, non-empty Polygon or MultiPolygon, rounded to 7 decimals.
    """
    rings = _rings(said)
    faults = [fault for n, ring in enumerate(_flat(rings), 1) for fault in _ring_faults(ring, n)]
    if faults:
        raise Faulty(faults)
    parts = [shapely.Polygon(part[0], part[1:]) for part in rings]
    shape = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    shape = systems.shape_to_wgs84(shape, crs)
    return _valid(shapely.transform(shape, lambda c: np.round(c, _DECIMALS)))


def _rings(said: Any) -> list[list[list[Any]]]:
    """Polygons → rings → points, unchecked."""
    if isinstance(said, str):
        return _from_wkt(said)
    kind = said.get("type") if isinstance(said, Mapping) else type(said).__name__
    points = said.get("coordinates") if isinstance(said, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise Faulty([("not_a_polygon", {"kind": str(kind)})])
    parts = [points] if kind == "Polygon" else points
    if not isinstance(parts, list) or not parts or not all(isinstance(p, list) and p for p in parts):
        raise Faulty([("bad_geometry", {"why": "no coordinates"})])
    return parts


def _from_wkt(text: str) -> list[list[list[Any]]]:
    found = re.match(r"\s*(?:SRID=\d+;)?\s*(MULTI)?POLYGON\s*(?:Z\s*)?(\(.*\))\s*$", text, re.I | re.S)
    if not found:
        kind = re.match(r"\s*(\w+)", text)
        raise Faulty([("not_a_polygon", {"kind": kind[1] if kind else "?"})])
    parts = re.findall(r"\(\s*(\([^()]*\)(?:\s*,\s*\([^()]*\))*)\s*\)", found[2])
    polygons: list[list[list[Any]]] = []
    for part in parts:
        rings = re.findall(r"\(([^()]*)\)", part)
        polygons.append([[point.split() for point in ring.split(",")] for ring in rings])
    if not polygons:
        raise Faulty([("bad_geometry", {"why": "no coordinates"})])
    for part_rings in polygons:
        for ring in part_rings:
            ring[:] = [[_float(value) for value in point] for point in ring]
    return polygons


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _flat(parts: list[list[list[Any]]]) -> list[Any]:
    return [ring for part in parts for ring in part]


def _ring_faults(ring: Any, n: int) -> list[Fault]:
    if not isinstance(ring, list) or not ring:
        return [("bad_geometry", {"why": f"ring {n} is empty"})]
    for point in ring:
        fault = _point_fault(point)
        if fault:
            return [fault]
    if len({(p[0], p[1]) for p in ring}) < 3:
        return [("short_ring", {"ring": n})]
    if ring[0][:2] != ring[-1][:2]:
        return [("unclosed_ring", {"ring": n})]
    ring[:] = [point[:2] for point in ring]
    return [] if len(ring) >= 4 else [("short_ring", {"ring": n})]


def _point_fault(point: Any) -> Fault | None:
    if not isinstance(point, list | tuple) or len(point) < 2:
        return ("bad_geometry", {"why": f"{str(point)[:40]} is not a point"})
    lon, lat = point[0], point[1]
    if not all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in (lon, lat)
    ):
        return ("bad_coordinates", {"lon": str(lon)[:20], "lat": str(lat)[:20]})
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return ("bad_coordinates", {"lon": lon, "lat": lat})
    return None


def _valid(shape: Any) -> tuple[Any, str]:
    """The shape as it is, or mended where the mend is too small to see. Raises Faulty
    ``self_intersection``."""
    if shape.is_valid:
        return shape, ""
    reason = shapely.is_valid_reason(shape)
    where = ", ".join(re.findall(r"-?\d+\.?\d*", reason.partition("[")[2])[:2]) or reason
    mended = shapely.make_valid(shape, method="structure")
    areas = [part for part in shapely.get_parts(mended) if part.geom_type in ("Polygon", "MultiPolygon")]
    mended = shapely.union_all(areas) if areas else None
    if mended is None or not shape.area or abs(mended.area / shape.area - 1) > _TINY:
        raise Faulty([("self_intersection", {"where": where})])
    moved = shapely.hausdorff_distance(shape.boundary, mended.boundary)
    if moved > 2e-5:  # two metres: more than a slip
        raise Faulty([("self_intersection", {"where": where})])
    return mended, where


def digest(shape: Any) -> str:
    """A name for the shape: the same whichever point its rings begin at and whichever way they turn."""
    return hashlib.sha256(shapely.to_wkb(shapely.normalize(shape), byte_order=1)).hexdigest()


def label_point(shape: Any, lon: float | None, lat: float | None) -> tuple[float, float]:
    """The point given where it lies inside; else one that certainly does."""
    if lon is not None and lat is not None and shapely.intersects_xy(shape, lon, lat):
        return lon, lat
    point = shapely.point_on_surface(shape)
    return round(point.x, _DECIMALS), round(point.y, _DECIMALS)


def square_metres(shape: Any) -> NDArray[np.float64]:
    """Area of a shape or an array of them; good to a few per mille at the size of a city."""
    middle = shapely.bounds(shape)
    lat = (middle[..., 1] + middle[..., 3]) / 2
    found: NDArray[np.float64] = (
        shapely.area(shape) * 111_320.0 * 110_900.0 * np.cos(np.radians(np.nan_to_num(lat)))
    )
    return found


def mean_width(shape: Any, area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area over half the outline, in metres: how thick a sliver is."""
    outline = shapely.length(shape) * 105_000.0
    return np.divide(2 * area, outline, out=np.zeros_like(area), where=outline > 0)
