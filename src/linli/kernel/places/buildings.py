"""What is kept of buildings beside their versions, and map furniture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely

from linli.kernel import ids, moment
from linli.kernel.ledger import seals
from linli.kernel.ledger.append import commit
from linli.kernel.places import epochs, sealing
from linli.kernel.places.models import Address, Building, Feature, Survey
from linli.kernel.places.spoken import normalise, number_key, parse
from linli.kernel.places.states import Wanted
from linli.kernel.store import acting

LOT = 1_000  # features written at once


def write_buildings(wanted: Sequence[Wanted], known: Mapping[str, int]) -> None:
    """Building and address rows of places of level building, replaced where the file describes the building.
    ``known`` is code → place id. Runs inside the act of the import."""
    described = [w for w in wanted if w.row is not None and (w.row.described or w.base is None)]
    for start in range(0, len(described), 500):
        part = described[start : start + 500]
        place_ids = [known[w.code] for w in part]
        Address.objects.filter(place_id__in=place_ids).delete()
        Building.objects.filter(place_id__in=place_ids).delete()
        Building.objects.bulk_create(sealing.sealed(_building(w, known) for w in part))
        Address.objects.bulk_create(sealing.sealed(each for w in part for each in _addresses(w, known)))


def _building(wish: Wanted, known: Mapping[str, int]) -> Building:
    row = wish.row
    assert row is not None
    return Building(
        place_id=known[wish.code],
        compound_id=known.get(row.compound),
        number=number_key(row.number) or parse(wish.name).number,
        storeys=row.storeys,
        entrances=len(row.entrances) or None,
    )


def _addresses(wish: Wanted, known: Mapping[str, int]) -> Iterator[Address]:
    row = wish.row
    assert row is not None
    place_id, compound_id = known[wish.code], known.get(row.compound)
    for alias in row.aliases:
        said = parse(alias)
        yield Address(
            place_id=place_id,
            compound_id=compound_id if said.sure else None,
            text=alias[:160],
            key=normalise(alias)[:160],
            scope=_beginning(alias, said.scope)[:120],
            number=said.number[:16],
            alias=True,
        )
    for door in row.entrances:
        text = f"{wish.name}{door.entrance}单元"
        yield Address(
            place_id=place_id,
            compound_id=compound_id,
            text=text[:160],
            key=normalise(text)[:160],
            number=number_key(row.number)[:16],
            entrance=door.entrance[:16],
            lon=door.lon,
            lat=door.lat,
        )


def _beginning(text: str, folded: str) -> str:
    """The part of the text, as written, that folds to ``folded``: 柳荫路 of 柳荫路１２号."""
    return next((text[:n].strip() for n in range(1, len(text) + 1) if normalise(text[:n]) == folded), folded)


@dataclass(frozen=True)
class Furniture:
    """One thing of the map under the places: ``layer`` is road, water, park, rail or building; ``shape``
    WGS-84."""

    layer: str
    shape: Any
    kind: str = ""
    name: str = ""
    name_en: str = ""


def furnish(
    things: Iterable[Furniture],
    by: int | None = None,
    valid_from: datetime | None = None,
    note: str = "",
    tell: Callable[[float], None] = lambda part: None,
) -> int:
    """Replace the map's layers that occur among ``things`` by them. Returns the survey's id. ``tell`` hears how far it is, 0 to 1."""
    rows = list(things)
    shapes = [row.shape for row in rows]
    total = hashlib.sha256(b"".join(shapely.to_wkb(shapes))).hexdigest()
    with acting():
        survey = Survey(
            made_at=moment.now(),
            valid_from=valid_from or moment.now(),
            by_person=by,
            digest=total,
            note=note or "map",
            rows=len(rows),
        )
        survey.save(force_insert=True)
        Feature.objects.filter(layer__in={row.layer for row in rows}).delete()
        for start in range(0, len(rows), LOT):
            lot = rows[start : start + LOT]
            Feature.objects.bulk_create(sealing.sealed(_feature(row, survey) for row in lot))
            tell((start + len(lot)) / len(rows))
        body = {
            "digest": total,
            "rows": len(rows),
            "from": survey.valid_from.isoformat(),
            "row": seals.digest(survey),
            "map": sealing.of_map(),
        }
        commit("place.map", f"survey:{ids.text(survey.id)}", 1, body)
    epochs.forget()
    return survey.id


def _feature(row: Furniture, survey: Survey) -> Feature:
    west, south, east, north = row.shape.bounds
    return Feature(
        survey=survey,
        layer=row.layer,
        kind=row.kind,
        name=row.name,
        name_en=row.name_en,
        geometry=shapely.to_wkb(row.shape),
        min_lon=west,
        min_lat=south,
        max_lon=east,
        max_lat=north,
    )
