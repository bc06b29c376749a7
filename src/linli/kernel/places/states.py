"""A place before and after an import, side by side, and the plan of all that an import would change."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

import shapely

from linli.kernel.places import shapes as outlines
from linli.kernel.places.levels import AREAS
from linli.kernel.places.models import PlaceVersion
from linli.kernel.places.rows import ERROR, Problem, Row

_BLANK = "0" * 24


class Base(NamedTuple):
    """A place as the store has it now."""

    place_id: int
    version_id: int
    seq: int
    code: str
    level: str
    kind: str
    name: str
    name_en: str
    parent: str  # code, "" for a root
    path: str
    lon: float | None
    lat: float | None
    households: int | None
    people: int | None
    digest: str
    valid_from: datetime


@dataclass(slots=True)
class Wanted:
    """A place as it is to be. ``shape`` None: as in the store. ``row`` None: moved along with others."""

    code: str
    level: str
    kind: str
    name: str
    name_en: str
    parent: str
    lon: float | None
    lat: float | None
    households: int | None
    people: int | None
    shape: Any = None
    row: Row | None = None
    base: Base | None = None
    digest: str = ""

    @property
    def changed(self) -> bool:
        return self.base is None or self.digest != self.base.digest or self.parent != self.base.parent


def stored() -> dict[str, Base]:
    """All places of the present, by code."""
    rows = PlaceVersion.objects.filter(valid_to=None).values_list(
        *("place_id", "id", "seq", "place__code", "place__level", "place__kind", "name", "name_en"),
        *("parent__code", "path", "lon", "lat", "households", "people", "digest", "valid_from"),
    )
    return {
        row[3]: Base._make((*row[:8], row[8] or "", *row[9:])) for row in rows.iterator(chunk_size=10_000)
    }


def stored_shapes() -> dict[str, Any]:
    """The shapes of all areas of the present, by code."""
    rows = list(
        PlaceVersion.objects.filter(
            valid_to=None, geometry__isnull=False, place__level__in=AREAS
        ).values_list("place__code", "geometry")
    )
    read = shapely.from_wkb([bytes(geometry or b"") for _, geometry in rows])
    return {code: shape for (code, _), shape in zip(rows, read, strict=True)}


def together(one: Row, other: Row) -> Row:
    """What two files say of one place; the earlier file is believed first."""
    merged = replace(one)
    for name in (
        "name",
        "name_en",
        "level",
        "parent",
        "hint",
        "kind",
        "shape",
        "lon",
        "lat",
        "households",
        "people",
    ):
        if getattr(merged, name) in (None, ""):
            setattr(merged, name, getattr(other, name))
    for name in ("number", "compound", "storeys", "entrances", "aliases"):
        if not getattr(merged, name):
            setattr(merged, name, getattr(other, name))
    return merged


def words_only(base: Base) -> bool:
    return base.digest[24:48] == _BLANK


def as_stored(base: Base) -> Wanted:
    return Wanted(
        base.code,
        base.level,
        base.kind,
        base.name,
        base.name_en,
        base.parent,
        base.lon,
        base.lat,
        base.households,
        base.people,
        base=base,
        digest=base.digest,
    )


def digest_of(wish: Wanted) -> str:
    """24 letters for the words and figures, 24 for the shape, 16 for what only a building has. What a file
    does not speak of keeps its letters, so a file of names never undoes a file of borders."""
    base, row = wish.base, wish.row
    words = _sha([wish.name, wish.name_en, wish.households, wish.people, wish.lon, wish.lat])[:24]
    shape = base.digest[24:48] if base else _BLANK
    if wish.shape is not None:
        shape = outlines.digest(wish.shape)[:24]
    details = base.digest[48:] if base else _BLANK[:16]
    if row is not None and row.described:
        details = _sha([row.number, row.compound, row.storeys, row.entrances, row.aliases])[:16]
    return words + shape + details


def _sha(parts: list[Any]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass
class Plan:
    """What ``apply`` would do. ``new`` and ``changed`` come parents first."""

    valid_from: datetime
    crs: str
    digest: str
    note: str
    read: int
    problems: list[Problem]
    new: list[Wanted]
    changed: list[Wanted]
    unchanged: int
    vanished: list[Base]
    closing: bool
    mark: tuple[int, ...] = field(default=())

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == ERROR]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity != ERROR]

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def closed(self) -> list[Base]:
        return self.vanished if self.closing else []
