"""Law 8: what is erased is gone from the store's very bytes, and the ledger still verifies."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from linli.kernel import moment
from linli.kernel.ledger import audit as ledger
from linli.kernel.ledger import sequence
from linli.kernel.matters import acts, audit, calls
from linli.kernel.matters.reads import by_link
from linli.kernel.people.actors import CLOCK
from tests.kernel.laws.test_law_08_nothing_personal import MARKS, live_through
from tests.standing import forget
from tests.town import build, local, photo, spot


@pytest.mark.django_db(transaction=True)
def test_what_is_erased_is_gone_from_the_bytes_and_the_ledger_still_verifies(transactional_db: None) -> None:
    forget()
    town = build()
    number, token, parts = live_through(town)
    with moment.at(local("2026-03-05 09:00")):
        for part in parts:
            town.take("worker", part, "arrive", position=spot(501))
            town.take("worker", part, "finish", words=MARKS["finish"], photos=(photo("after"),))
            town.take("operator", part, "call_back", contacted=True, solved=True, satisfied=True)
        reporter = by_link(token)
        acts.take(reporter, number, "release_words")
        for part in parts:
            acts.take(CLOCK, part, "release_words")
        calls.end(town.actor("operator"), calls.current(town.actor("operator")).pk)  # type: ignore[union-attr]
    with moment.at(local("2026-12-05 09:00")):
        calls.forget()
    while sequence.sequence():
        pass
    assert ledger.verify().clean and list(audit.differences()) == []
    left = bytes_of_the_store()
    found = [name for name, mark in MARKS.items() if mark.encode() in left]
    assert found == []
    forget()


def bytes_of_the_store() -> bytes:
    """Everything the store keeps: the SQLite file and its log after a checkpoint, or every row of every table as text."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path = Path(connection.settings_dict["NAME"])
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [repr(row).encode() for row in cursor.fetchall()]
    return b"".join(found)
