"""Whether areas tile the ground: overlaps, gaps, parts outside. Pure: shapely only.

What refuses and what is merely listed. Borders drawn separately never meet to the centimetre, and the owner
of a point is settled by rule anyway; so slivers are listed, and only what moves real ground from one grid
to another refuses. Fine levels (compound and below) are drawn by the office itself and must fit: a metre of
mean width and a thousandth of the area are allowed. Division borders come from elsewhere and are coarser:
30 metres and a hundredth. A parent that is only partly drawn (some parts have no shape yet) has gaps by
nature: listed, not refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely

from linli.kernel.places.levels import RANK
from linli.kernel.places.rows import ERROR, WARNING
from linli.kernel.places.shapes import mean_width, square_metres

_NOISE_AREA, _NOISE_WIDTH = 1.0, 0.05  # below a square metre, or thinner than 5 cm, nothing is said


class Area(NamedTuple):
    """One place with a shape. ``touched``: new or moved by this import (two untouched areas are never
    compared)."""

    code: str
    level: str
    parent: str
    shape: Any
    touched: bool


class Finding(NamedTuple):
    """Something about the place ``code``, for the row that stated it."""

    code: str
    reason: str
    severity: str
    facts: dict[str, Any]


def _allowed(level: str) -> tuple[float, float]:
    """(mean width in metres, share of the area) up to which a misfit is only listed."""
    return (1.0, 0.001) if RANK[level] >= RANK["compound"] else (30.0, 0.01)


def _severity(level: str, area: float, width: float, whole: float) -> str:
    allowed_width, allowed_share = _allowed(level)
    return ERROR if width > allowed_width and area > allowed_share * whole else WARNING


def _spot(shape: Any) -> str:
    point = shapely.point_on_surface(shape)
    return f"{point.x:.6f}, {point.y:.6f}"


def findings(areas: Sequence[Area], complete: set[str], gaps: str = ERROR) -> list[Finding]:
    """All misfits that involve a touched area. ``complete``: codes of parents all of whose parts have a
    shape.
    ``gaps="warning"`` lists gaps instead of refusing them."""
    by_code = {area.code: area for area in areas}
    found = list(_overlaps(areas))
    children: dict[str, list[Area]] = defaultdict(list)
    for area in areas:
        if area.parent in by_code:
            children[area.parent].append(area)
    for code, parts in children.items():
        parent = by_code[code]
        if parent.touched or any(part.touched for part in parts):
            found += _outside(parent, parts)
            found += _gaps(parent, parts, gaps if code in complete else WARNING)
    return found


def _overlaps(areas: Iterable[Area]) -> Iterator[Finding]:
    levels: dict[str, list[Area]] = defaultdict(list)
    for area in areas:
        levels[area.level].append(area)
    for level, peers in levels.items():
        if any(area.touched for area in peers):
            yield from _overlaps_of(level, sorted(peers))


def _overlaps_of(level: str, peers: list[Area]) -> Iterator[Finding]:
    shapes = np.array([area.shape for area in peers], dtype=object)
    touched = np.array([area.touched for area in peers])
    asking = np.flatnonzero(touched)
    one, other = shapely.STRtree(shapes).query(shapes[asking], predicate="intersects")
    one = asking[one]
    once = (one != other) & ((one > other) | ~touched[other])
    one, other = one[once], other[once]
    crossing = shapely.relate_pattern(shapes[one], shapes[other], "T********")
    one, other = one[crossing], other[crossing]
    common = shapely.intersection(shapes[one], shapes[other])
    areas, widths = square_metres(common), mean_width(common, square_metres(common))
    wholes = np.minimum(square_metres(shapes[one]), square_metres(shapes[other]))
    for a, b, area, width, whole in zip(one, other, areas, widths, wholes, strict=True):
        if area >= _NOISE_AREA and width >= _NOISE_WIDTH:
            severity = _severity(level, area, width, whole)
            yield Finding(peers[a].code, "overlap", severity, {"other": peers[b].code, "area": _whole(area)})


def _outside(parent: Area, parts: list[Area]) -> Iterator[Finding]:
    shapes = np.array([part.shape for part in parts], dtype=object)
    beyond = shapely.difference(shapes, parent.shape)
    areas = square_metres(beyond)
    widths = mean_width(beyond, areas)
    for part, area, width, whole in zip(parts, areas, widths, square_metres(shapes), strict=True):
        if area >= _NOISE_AREA and width >= _NOISE_WIDTH and (part.touched or parent.touched):
            severity = _severity(part.level, area, width, whole)
            facts = {"parent": parent.code, "area": _whole(area)}
            yield Finding(part.code, "outside_parent", severity, facts)


def _gaps(parent: Area, parts: list[Area], worst: str) -> Iterator[Finding]:
    covered = shapely.union_all([part.shape for part in parts])
    holes = shapely.get_parts(shapely.difference(parent.shape, covered))
    if not len(holes):
        return
    areas = square_metres(holes)
    widths = mean_width(holes, areas)
    seen = (areas >= _NOISE_AREA) & (widths >= _NOISE_WIDTH)
    if not seen.any():
        return
    level = min((part.level for part in parts), key=lambda key: RANK[key])
    whole = float(square_metres(parent.shape))
    wide = seen & (widths > _allowed(level)[0])
    severe = worst if areas[wide].sum() > _allowed(level)[1] * whole else WARNING
    largest = holes[int(np.argmax(np.where(seen, areas, 0)))]
    yield Finding(parent.code, "gap", severe, {"area": _whole(areas[seen].sum()), "where": _spot(largest)})


def _whole(area: float) -> str:
    return f"{area:,.0f}" if area >= 10 else f"{area:.1f}"
