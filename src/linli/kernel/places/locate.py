"""Which one place owns a point.

The rule, the same on every machine and in every year:

1. Of the *ground* polygons (areas with no mapped area below them: normally the micro-grids) that contain
   the point or have it on their border, the one with the lowest code owns it.
2. Where there is none, a ground polygon within a metre (a crack between neighbours drawn separately) owns
   it: the nearest, then the lowest code.
3. Where there is none either, the deepest area that contains it owns it (a community without grids there, a
   district that was drawn and not divided), lowest code first.

Otherwise nobody. A building never owns a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from linli.kernel.places.epochs import Epoch, Kept
from linli.kernel.places.levels import AREAS

_CRACK = 1e-5  # degrees, about a metre


class PlaceHit(NamedTuple):
    """The owner of a point: ``path`` is where responsibility is looked up, ``version_id`` what it was that
    day."""

    place_id: int
    version_id: int
    path: str
    level: str


class Locator:
    """Answers for one epoch. Immutable after it is built, so any number of threads may ask."""

    def __init__(self, hits: Sequence[PlaceHit], shapes: NDArray[Any], ground: NDArray[np.bool_]) -> None:
        """``hits`` and ``shapes`` in order of code; ``ground`` says which of them have no mapped area
        below."""
        shapely.prepare(shapes)
        self._ground = _Layer([hit for hit, low in zip(hits, ground, strict=True) if low], shapes[ground])
        above = sorted(
            (n for n in range(len(hits)) if not ground[n]), key=lambda n: (-hits[n].path.count("/"), n)
        )
        self._above = _Layer([hits[n] for n in above], shapes[above])

    def owner(self, lon: float, lat: float) -> PlaceHit | None:
        return self._ground.first(lon, lat) or self._ground.nearest(lon, lat) or self._above.first(lon, lat)

    def owners(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> list[PlaceHit | None]:
        points = shapely.points(lon, lat)
        best = self._ground.first_of_each(points)
        found: list[PlaceHit | None] = [self._ground.hits[n] if n >= 0 else None for n in best.tolist()]
        for n in np.flatnonzero(best < 0).tolist():
            if np.isfinite(lon[n]) and np.isfinite(lat[n]):
                found[n] = self.owner(float(lon[n]), float(lat[n]))
        return found


class _Layer:
    """Polygons in order of preference: of several that contain a point the first counts."""

    def __init__(self, hits: list[PlaceHit], shapes: NDArray[Any]) -> None:
        self.hits = hits
        self.shapes = shapes
        self.index = shapely.STRtree(shapes)

    def first(self, lon: float, lat: float) -> PlaceHit | None:
        near = self.index.query(shapely.Point(lon, lat))
        if not len(near):
            return None
        inside = near[shapely.intersects_xy(self.shapes[near], lon, lat)]
        return self.hits[int(inside.min())] if len(inside) else None

    def nearest(self, lon: float, lat: float) -> PlaceHit | None:
        near = self.index.query(shapely.box(lon - _CRACK, lat - _CRACK, lon + _CRACK, lat + _CRACK))
        if not len(near):
            return None
        far = shapely.distance(self.shapes[near], shapely.points(lon, lat))
        gap, n = min(zip(far.tolist(), near.tolist(), strict=True))
        return self.hits[n] if gap <= _CRACK else None

    def first_of_each(self, points: NDArray[Any]) -> NDArray[np.int64]:
        best = np.full(len(points), np.iinfo(np.int64).max)
        at, polygon = self.index.query(points, predicate="intersects")
        np.minimum.at(best, at, polygon)
        best[best == np.iinfo(np.int64).max] = -1
        return best


def _load(epoch: Epoch) -> Locator:
    rows = list(
        epoch.versions()
        .filter(geometry__isnull=False, place__level__in=AREAS)
        .order_by("place__code")
        .values_list("place_id", "id", "path", "place__level", "geometry")
    )
    hits = [PlaceHit(*row[:4]) for row in rows]
    # A parent is whoever stands before the last id of a child's path.
    parents = {int(hit.path.split("/")[-3]) for hit in hits if hit.path.count("/") > 2}
    ground = np.array([hit.place_id not in parents for hit in hits], dtype=bool)
    shapes = shapely.from_wkb([bytes(row[4] or b"") for row in rows])
    return Locator(hits, np.asarray(shapes, dtype=object), ground)


_kept: Kept[Locator] = Kept(_load, keep=3)


def owner_of(lon: float, lat: float, at: datetime | None = None) -> PlaceHit | None:
    """The place that owns the point (WGS-84 degrees) at that moment, by the rule above; None outside the
    town."""
    return _kept.at(at).owner(lon, lat)


def owners_of(lon: ArrayLike, lat: ArrayLike, at: datetime | None = None) -> list[PlaceHit | None]:
    """The same for many points at once, in their order."""
    return _kept.at(at).owners(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
