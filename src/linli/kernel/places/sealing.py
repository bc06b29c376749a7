"""Hashes of what an import leaves beside the versions of places: buildings, addresses, the map drawn under them.

The last import's entry holds the hash of all rows of a table; each row holds its own as well, so that the one that was changed is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

from linli.kernel.ledger import seals
from linli.kernel.places.models import Address, Building, Feature, Place, PlaceVersion

Row = TypeVar("Row", Building, Address, Feature)


def of_version(version: PlaceVersion, place: Place) -> str:
    """The hash of a version and of the place it is one of. When it ended is told by what came after, and is not in it."""
    return hashlib.sha256(seals.bytes_of(version, "valid_to") + seals.bytes_of(place)).hexdigest()


def of_row(row: Building | Address | Feature) -> str:
    """The hash a row holds of itself."""
    return seals.digest(row, "seal")


def sealed(rows: Iterable[Row]) -> list[Row]:
    """Fresh rows with their hashes, ready to be written."""
    found = list(rows)
    for row in found:
        row.seal = of_row(row)
    return found


def of_addresses() -> str:
    """The hash of every building's details and every address, as they are now."""
    return _of_all(Building, Address)


def of_map() -> str:
    """The hash of the whole map under the places, as it is now."""
    return _of_all(Feature)


def _of_all(*models: type[Building] | type[Address] | type[Feature]) -> str:
    total = hashlib.sha256()
    for model in models:
        for row in model._default_manager.order_by("pk").iterator(chunk_size=5_000):
            total.update(seals.bytes_of(row, "seal"))
    return total.hexdigest()
