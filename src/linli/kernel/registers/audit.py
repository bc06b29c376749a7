"""Do kept things stand as their changes say, and the changes as the log says? Every difference, by table, row and field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from linli.kernel import ids
from linli.kernel.ledger import seals
from linli.kernel.ledger.audit import Difference
from linli.kernel.registers.models import Change, Item


def differences() -> Iterator[Difference]:
    """Everything that differs."""
    for item, name, told in seals.beside(Item.objects.all(), "item"):
        changes = {row.version: row for row in Change.objects.filter(item_id=item.pk).order_by("version")}
        for version in sorted(told.keys() - changes.keys()):
            yield Difference("registers_change", f"{name} {version}", "row", "present", "missing")
        for version in sorted(changes.keys() - told.keys()):
            yield Difference("registers_change", ids.text(changes[version].pk), "row", "an entry", "none")
        for version in sorted(changes.keys() & told.keys()):
            yield from _change(changes[version], told[version])
        if not told:
            yield Difference("registers_item", name, "row", "an entry", "none")
        else:
            yield from _item(item, name, told, changes.get(max(told)))
    yield from seals.gone(["register.change"], {"item": Item})


def _second(at: datetime | None) -> int | None:
    return None if at is None else int(at.astimezone(UTC).timestamp())


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _change(row: Change, told: seals.Body) -> Iterator[Difference]:
    expected = {
        "why": told["why"], "data": told["data"], "by_id": seals.number_of(told["by"]), "role": told["role"], "at": told["at"],
    }  # fmt: skip
    found = vars(row) | {"data": _digest(row.data), "at": _second(row.at)}
    yield from seals.compare("registers_change", ids.text(row.pk), expected, found)


def _item(row: Item, name: str, told: dict[int, seals.Body], last: Change | None) -> Iterator[Difference]:
    said = told[max(told)]
    expected = {
        "pack": said["pack"], "register": said["register"], "place_id": seals.number_of(said["place"]), "version": max(told),
        "data": said["data"], "changed_at": said["at"], "closed_at": said["at"] if said["closed"] else None,
    }  # fmt: skip
    if "path" in said:
        expected["path"] = said["path"]
    found = vars(row) | {
        "data": _digest(row.data), "changed_at": _second(row.changed_at), "closed_at": _second(row.closed_at),
    }  # fmt: skip
    yield from seals.compare("registers_item", name, expected, found)
    if last is not None and (last.at != row.changed_at or (row.closed_at and row.closed_at != last.at)):
        yield Difference("registers_item", name, "changed_at, closed_at", str(last.at), str(row.changed_at))
