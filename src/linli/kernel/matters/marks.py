"""Calls and used keys carry a keyed hash of themselves, made in process: an audit finds any column that was changed past the program.

So whoever changes such a row changes it here; an ``update`` would leave the mark behind. A migration that adds a column marks all rows anew.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet

from linli.kernel.ledger import seals
from linli.kernel.matters.models import Call, Key
from linli.kernel.people import sealed

Row = TypeVar("Row", Call, Key)


def mark_of(row: Call | Key) -> str:
    """The mark a row must carry."""
    return sealed.mark(f"{row._meta.model_name}\0".encode() + seals.bytes_of(row, "mark"))


def marked(row: Row) -> Row:
    """A fresh row with its mark, ready to be written."""
    row.mark = mark_of(row)
    return row


def change(which: QuerySet[Row], **columns: Any) -> int:
    """Inside an act: these rows get these columns. Returns how many. They are locked and read anew, for a mark is of the whole row."""
    rows = list(which.select_for_update())
    for row in rows:
        for name, value in columns.items():
            setattr(row, name, value)
        marked(row).save(update_fields=[*columns, "mark"])
    return len(rows)


def of_key(key: str) -> str:
    """How the step that answered a key names it: whoever reads the log cannot tell it from another, nor find the request again."""
    return sealed.mark(b"key of a step\0" + key.encode())[:32]
