"""Rows of any table beside the log: what of a row is hashed into its entry, and how an audit goes through rows and entries side by side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import Model, QuerySet

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger import canon
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Entry

PAGE = 200
Body = dict[str, Any]


def bytes_of(row: Model, *leave_out: str) -> bytes:
    """A row by its columns, the same on every store: canonical JSON. Bytes stand as their digest, so that a border costs no more than a name."""
    told, had = [], row.__dict__
    for name, key in _columns(type(row), leave_out):
        value = had[name] if name in had else getattr(row, name)
        told.append(key + canon.text_of(_plain(value)))
    return f"{{{','.join(told)}}}".encode()


@cache
def _columns(model: type[Model], leave_out: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The columns in the order of canonical JSON, each with its key as it stands there."""
    names = sorted(field.attname for field in model._meta.concrete_fields if field.attname not in leave_out)
    return tuple((name, f'"{name}":') for name in names)


def digest(row: Model, *leave_out: str) -> str:
    """SHA-256 of a row's columns, for an entry. Of nothing personal: such rows go in by a keyed hash or a salted commitment."""
    return hashlib.sha256(bytes_of(row, *leave_out)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return canon.stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (bytes, memoryview, bytearray)):
        return hashlib.sha256(bytes(value)).hexdigest()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value


def beside(rows: QuerySet[Any], prefix: str) -> Iterator[tuple[Any, str, dict[int, Body]]]:
    """Every row in order of its id, how it is named, and the bodies of its entries by seq."""
    after = -1
    while page := list(rows.filter(pk__gt=after).order_by("pk")[:PAGE]):
        named = {row.pk: ids.text(row.pk) for row in page}
        found: dict[str, dict[int, Body]] = {}
        subjects = [f"{prefix}:{text}" for text in named.values()]
        for subject, seq, body in Entry.objects.filter(subject__in=subjects).values_list(
            "subject", "seq", "body"
        ):
            found.setdefault(subject, {})[seq] = json.loads(body)
        for row in page:
            yield row, named[row.pk], found.get(f"{prefix}:{named[row.pk]}", {})
        after = page[-1].pk


def gone(kinds: Iterable[str], tables: dict[str, type[Model]]) -> Iterator[Difference]:
    """Entries that speak of rows which are not there. ``tables``: by the first word of the subject."""
    after = -1
    first = Entry.objects.filter(kind__in=list(kinds), seq=1)
    while page := list(first.filter(id__gt=after).order_by("id").values_list("id", "subject")[:1000]):
        wanted: dict[str, dict[int, str]] = {}
        for _, subject in page:
            prefix, _, text = subject.partition(":")
            if prefix in tables:
                try:
                    wanted.setdefault(prefix, {})[ids.parse(text)] = text
                except Refusal:
                    continue
        for prefix, numbers in wanted.items():
            model = tables[prefix]
            there: set[int] = set()
            listed = list(numbers)
            for start in range(0, len(listed), 500):
                there |= set(
                    model._default_manager.filter(pk__in=listed[start : start + 500]).values_list(
                        "pk", flat=True
                    )
                )
            for number, text in numbers.items():
                if number not in there:
                    yield Difference(model._meta.db_table, text, "row", "present", "missing")
        after = page[-1][0]


def compare(table: str, row: str, expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    """One difference for each column that is not what it should be. Values are ids, moments and words of the program, never personal."""
    for name, value in expected.items():
        if found.get(name) != value:
            yield Difference(table, row, name, str(value), str(found.get(name)))


def number_of(text: str | None) -> int | None:
    return None if text is None else ids.parse(text)


def moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
