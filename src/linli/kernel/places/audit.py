"""Do places and their versions stand as the log says? Every difference, by table, row and field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime

from linli.kernel import ids
from linli.kernel.ledger import seals
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Entry
from linli.kernel.places import sealing
from linli.kernel.places.models import Address, Building, Feature, Place, PlaceVersion, Survey


def differences() -> Iterator[Difference]:
    """Everything that differs."""
    for place, name, told in seals.beside(Place.objects.all(), "place"):
        versions = {row.seq: row for row in PlaceVersion.objects.filter(place_id=place.pk)}
        yield from _of_place(place, name, told, versions)
    yield from seals.gone(["place.version"], {"place": Place})
    yield from _surveys()
    yield from _addresses()
    yield from _map()


def _of_place(
    place: Place, name: str, told: dict[int, seals.Body], versions: dict[int, PlaceVersion]
) -> Iterator[Difference]:
    spoken = {seq: body for seq, body in told.items() if "digest" in body}
    if not told:
        yield Difference("places_place", name, "row", "an entry", "none")
    for seq in sorted(spoken.keys() - versions.keys()):
        yield Difference("places_placeversion", f"{name} {seq}", "row", "present", "missing")
    for seq in sorted(versions.keys() - spoken.keys()):
        yield Difference("places_placeversion", ids.text(versions[seq].pk), "row", "an entry", "none")
    for seq in sorted(versions.keys() & spoken.keys()):
        row, body = versions[seq], spoken[seq]
        expected = {
            "digest": body["digest"], "parent_id": seals.number_of(body["parent"]), "valid_from": seals.moment_of(body["from"]),
            "survey_id": seals.number_of(body["survey"]), "valid_to": _ended(told.get(seq + 1)),
        }  # fmt: skip
        yield from seals.compare("places_placeversion", ids.text(row.pk), expected, vars(row))
        yield from seals.compare(
            "places_place", name, {"code": body["code"], "level": body["level"]}, vars(place)
        )
        if "row" in body and sealing.of_version(row, place) != body["row"]:
            found = sealing.of_version(row, place)
            yield Difference(
                "places_placeversion",
                ids.text(row.pk),
                "a column (hash of version and place)",
                body["row"],
                found,
            )


def _ended(after: seals.Body | None) -> datetime | None:
    """When a version ended: when the next began, or the place was closed."""
    return None if after is None else seals.moment_of(after.get("from") or after.get("to"))


def _surveys() -> Iterator[Difference]:
    for row, name, told in seals.beside(Survey.objects.all(), "survey"):
        body = told.get(1)
        if body is None:
            yield Difference("places_survey", name, "row", "an entry", "none")
            continue
        expected = {
            "digest": body["digest"],
            "rows": body["rows"],
            "valid_from": seals.moment_of(body["from"]),
        }
        yield from seals.compare("places_survey", name, expected, vars(row))
        if "row" in body and seals.digest(row) != body["row"]:
            yield Difference(
                "places_survey", name, "a column (hash of the row)", body["row"], seals.digest(row)
            )
    yield from seals.gone(["place.survey", "place.map"], {"survey": Survey})


def _addresses() -> Iterator[Difference]:
    """Addresses are many and small: they are compared as a whole with what the last import left, and named by the hash each holds of itself."""
    named = [*_changed(Building), *_changed(Address)]
    yield from named
    yield from _whole(
        "place.addresses",
        "rows",
        "places_address",
        "all rows, and places_building",
        sealing.of_addresses,
        named,
    )


def _map() -> Iterator[Difference]:
    """The map under the places, in the same way."""
    named = list(_changed(Feature))
    yield from named
    yield from _whole("place.map", "map", "places_feature", "all rows", sealing.of_map, named)


def _changed(model: type[Building] | type[Address] | type[Feature]) -> Iterator[Difference]:
    table = model._meta.db_table
    for row in model._default_manager.order_by("pk").iterator(chunk_size=5_000):
        if row.seal != (found := sealing.of_row(row)):
            yield Difference(table, ids.text(row.pk), "a column (hash of the row)", row.seal or "none", found)


def _whole(
    kind: str, name: str, table: str, rows: str, seal: Callable[[], str], named: list[Difference]
) -> Iterator[Difference]:
    """The hash of all rows, where no row was named already: what is left is one that went, came, or was changed with its own hash."""
    last = Entry.objects.filter(kind=kind).order_by("-id").values_list("body", flat=True).first()
    expected = None if last is None else json.loads(last).get(name)
    if expected is not None and not named and expected != (found := seal()):
        yield Difference(table, rows, "hash", expected, found)
