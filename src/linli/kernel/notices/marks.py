"""Every row of what is owed carries a keyed hash of itself, made in process: an audit finds any column that was changed past the program.

So whoever changes a notice changes it here; an ``update`` would leave the mark behind. A migration that adds a column marks all rows anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from linli.kernel import moment
from linli.kernel.ledger import seals
from linli.kernel.notices.models import Notice
from linli.kernel.people import sealed


def mark_of(row: Notice) -> str:
    """The mark a row must carry."""
    return sealed.mark(b"notice\0" + seals.bytes_of(row, "mark"))


def marked(rows: Iterable[Notice]) -> list[Notice]:
    """Fresh rows with their marks, ready to be written. One that was marked already has not been changed since."""
    found = list(rows)
    for row in found:
        row.mark = row.mark or mark_of(row)
    return found


def change(which: QuerySet[Notice], *, tried: bool = False, **columns: Any) -> int:
    """Inside an act: these rows get these columns; ``tried`` counts one try more. Returns how many. They are locked and read anew, for a mark
    is of the whole row."""
    rows = list(which.select_for_update().order_by("id"))
    for row in rows:
        row.tries += int(tried)
        for name, value in columns.items():
            setattr(row, name, value)
    if rows:
        if tried:
            columns["tries"] = F("tries") + 1
        Notice.objects.filter(id__in=[row.id for row in rows]).update(**columns)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE notices_notice SET mark = %s WHERE id = %s", [(mark_of(row), row.id) for row in rows]
            )
    return len(rows)


def without_words(which: QuerySet[Notice]) -> int:
    """Inside an act: these lose their words; what was not sent yet is not sent any more. Returns how many."""
    now = moment.now()
    change(
        which.filter(next_at__isnull=False), state="given_up", next_at=None, error="words erased", read_at=now
    )
    return change(which, words=None)
