"""What an older schema has no room for, kept in a file of the data folder until a newer program brings the store up again.

One line for each row: which table, which key, which values; sealed with the office's key, as personal words are in the store. The file goes
when everything in it is back. What was erased meanwhile stays erased: a row comes back only where the rows it belongs to are still there, a
value only to a row that is, and the journal of erasures is gone through once more.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, Model, QuerySet

from linli.kernel import disk, store
from linli.kernel.ledger import append, guards
from linli.kernel.people import sealed

FOLDER = "kept-aside"
SUBJECT = "schema:store"


class Going(Protocol):
    """What a schema loses: see ``schema_down.Loss``."""

    @property
    def table(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def real(self) -> bool: ...


@dataclass(slots=True)
class Back:
    """What came back: rows and values; ``without``: those that nothing is left of to belong to; ``waiting``: those this schema does not
    know either, which stay in their file."""

    back: int = 0
    without: int = 0
    waiting: int = 0


def files() -> list[Path]:
    """What is kept aside for this store."""
    return sorted((Path(settings.DATA) / FOLDER).glob("*.kept"))


def path_for(backup: str) -> Path:
    """Where what goes after that backup is kept."""
    return Path(settings.DATA) / FOLDER / f"{backup}.kept"


def holding(model: type[Model], field: Field[Any, Any]) -> QuerySet[Model]:
    """The rows that hold something in this column: anything but what a new row would be given."""
    return model._default_manager.exclude(**_nothing(field))


def _nothing(field: Field[Any, Any]) -> dict[str, Any]:
    empty = field.get_default()
    return {f"{field.name}__isnull": True} if empty is None else {field.name: empty}


def write(path: Path, models: dict[str, type[Model]], losses: Sequence[Going]) -> int:
    """Every row that would lose something, on the disk when this returns; how many. Raises OSError. No file where there are none."""
    if not any(loss.real for loss in losses):
        return 0
    path.parent.mkdir(mode=0o700, exist_ok=True)
    written = 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        for line in _lines(models, losses):
            file.write(base64.b64encode(sealed.seal(json.dumps(line, ensure_ascii=False))).decode() + "\n")
            written += 1
        file.flush()
        os.fsync(file.fileno())
    return written


def _lines(models: dict[str, type[Model]], losses: Sequence[Going]) -> Iterator[dict[str, Any]]:
    for loss in losses:
        if not loss.real:
            continue
        model = models[loss.table]
        fields = [
            field for field in model._meta.concrete_fields if not loss.column or field.column == loss.column
        ]
        rows = model._default_manager.all() if not loss.column else holding(model, fields[0])
        for row in rows.order_by("pk").iterator(chunk_size=500):
            yield {
                "table": loss.table,
                "key": _values(row, model._meta.pk_fields),
                "row": _values(row, fields),
            }


def _values(row: Model, fields: Iterable[Field[Any, Any]]) -> dict[str, Any]:
    return {
        str(field.column): None if getattr(row, field.attname) is None else field.value_to_string(row)
        for field in fields
    }


def bring_back() -> Back:
    """Everything kept aside that this schema has room for, to its place. Safe to run again, and in several processes at once."""
    told = Back()
    for path in files():
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:  # another process brought it back
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists():
                _bring(path, told)
        finally:
            os.close(descriptor)
    if told.back:
        _erase_again()
    return told


def _bring(path: Path, told: Back) -> None:
    models = {
        model._meta.db_table: model
        for model in MigrationLoader(connection).project_state().apps.get_models(include_auto_created=True)
    }
    kept = path.read_bytes().splitlines(keepends=True)
    lines = [json.loads(sealed.unseal(base64.b64decode(line))) for line in kept]
    rest = [raw for raw, line in zip(kept, lines, strict=True) if not _known(models, line)]
    told.waiting += len(rest)
    if len(rest) == len(kept):
        return
    with store.acting():
        back, without = _put_all(models, [line for line in lines if _known(models, line)])
        append.commit(
            "schema.returned",
            SUBJECT,
            append.next_seq(SUBJECT),
            {"back": back, "without": without, "waiting": len(rest)},
        )
    told.back += back
    told.without += without
    if rest:
        disk.write(path, b"".join(rest))
    else:
        path.unlink()


def _put_all(models: dict[str, type[Model]], lines: list[dict[str, Any]]) -> tuple[int, int]:
    guarded = any(line["table"].startswith("ledger_") for line in lines)
    with guards.lifted(connection) if guarded else nullcontext():
        done = [_put(models[line["table"]], line) for line in lines]
    return sum(done), len(done) - sum(done)


def _known(models: dict[str, type[Model]], line: dict[str, Any]) -> bool:
    model = models.get(line["table"])
    return model is not None and set(line["row"]) <= {field.column for field in model._meta.concrete_fields}


def _put(model: type[Model], line: dict[str, Any]) -> bool:
    """One line to its place, where nothing newer stands in it. False where nothing is left of what it belongs to."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    key, values = (
        {fields[name].attname: _value(fields[name], told) for name, told in line[part].items()}
        for part in ("key", "row")
    )
    rows = model._default_manager.filter(**key)
    if rows.exists():
        if not set(line["key"]) <= set(line["row"]):
            (name,) = line["row"]
            rows.filter(**_nothing(fields[name])).update(**values)
        return True
    if not set(line["key"]) <= set(line["row"]) or not all(
        _there(fields[name], told) for name, told in line["row"].items()
    ):
        return False
    model._default_manager.bulk_create([model(**values)])
    return True


def _value(field: Field[Any, Any], told: Any) -> Any:
    return None if told is None else field.to_python(told)


def _there(field: Field[Any, Any], told: Any) -> bool:
    """Whether the row this one belongs to still is."""
    other = field.related_model
    if told is None or not isinstance(other, type):
        return True
    found: bool = other._default_manager.filter(pk=_value(field, told)).exists()
    return found


def _erase_again() -> None:
    from linli.kernel.notices import erased_again
    from linli.kernel.people import erasures

    journal = erasures.path()
    if journal.exists():
        erased_again.apply(erasures.read(journal.read_text("utf-8")))
