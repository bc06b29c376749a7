"""Counting the rows of tables that no entry of the log speaks of row by row, so that none of them goes missing unnoticed.

A tally costs one short statement in the act that adds or removes the rows; no row of its table is read for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Model

from linli.kernel import ids
from linli.kernel.ledger import seals
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Tally

# exclusive or is x | y less x & y: SQLite has no sign for it
_CHANGE = """
INSERT INTO ledger_tally (name, amount, together) VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE SET
amount = ledger_tally.amount + excluded.amount,
together = (ledger_tally.together | excluded.together) - (ledger_tally.together & excluded.together)
"""
Number = Callable[[Any], int]


def added(model: type[Model], numbers: Iterable[int]) -> None:
    """Inside the act that adds these rows."""
    _change(model, list(numbers), 1)


def removed(model: type[Model], numbers: Iterable[int]) -> None:
    """Inside the act that removes these rows."""
    _change(model, list(numbers), -1)


def _change(model: type[Model], numbers: list[int], sign: int) -> None:
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(_CHANGE, [model._meta.db_table, sign * len(numbers), together(numbers)])


def together(numbers: Iterable[int]) -> int:
    """The same whatever the order, and changed by each of them."""
    total = 0
    for number in numbers:
        total ^= number
    return total


def number_of_row(row: Model) -> int:
    """A number of the whole row instead of its id, for rows that never change: then a changed column changes the tally as well."""
    return _number(seals.bytes_of(row))


def number_of_name(row: Model) -> int:
    """The same of its primary key, where that is a word."""
    return _number(str(row.pk).encode())


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big") >> 1


def differences(model: type[Model], number: Number | None = None) -> Iterator[Difference]:
    """Whether there are as many rows as were counted, and those that were. Where one is missing it is named by its id. ``number``: how rows
    were counted if not by their ids."""
    kept, found = _settled(model, number)
    table, more = model._meta.db_table, len(found) - kept.amount
    which = kept.together ^ together(found)
    if more:
        row = ids.text(which) if abs(more) == 1 and number is None else "all"
        yield Difference(table, row, "rows", str(kept.amount), str(len(found)))
    elif which:
        what = "ids together" if number is None else "a column (hash of the rows together)"
        yield Difference(table, "all", what, str(kept.together), str(together(found)))


def _settled(model: type[Model], number: Number | None) -> tuple[Tally, list[int]]:
    """The tally and the rows of one moment: where acts come in between they are read again."""
    for _ in range(20):
        before = _kept(model)
        rows = model._default_manager.order_by("pk")
        found = (
            list(rows.values_list("pk", flat=True))
            if number is None
            else [number(row) for row in rows.iterator()]
        )
        after = _kept(model)
        if (before.amount, before.together) == (after.amount, after.together):
            break
    return after, found


def _kept(model: type[Model]) -> Tally:
    name = model._meta.db_table
    return Tally.objects.filter(name=name).first() or Tally(name=name, amount=0, together=0)


def strays(known: Iterable[str]) -> Iterator[Difference]:
    """Tallies of tables that nobody counts."""
    for name in Tally.objects.exclude(name__in=list(known)).order_by("name").values_list("name", flat=True):
        yield Difference("ledger_tally", name, "row", "none", "present")
