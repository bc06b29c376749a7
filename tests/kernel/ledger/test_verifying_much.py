"""Verifying a long log, in one process or several: a column of rows at a time where all is as always, row by row where it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from linli.kernel import store
from linli.kernel.ledger import append, audit, audit_order, guards, rows, sequence
from linli.kernel.ledger.models import Entry, Head, Node
from linli.kernel.ledger.tree import Growth, leaf_hash

pytestmark = pytest.mark.django_db(transaction=True)
ENTRIES = 5_000  # several lots, and some entries more than full tiles
SQLITE = connection.vendor == "sqlite"


@pytest.fixture(autouse=True)
def _log(_nothing_else: None) -> None:
    with store.acting():
        append.commit_many(
            ("test.step", f"test:{n % 700}", n // 700 + 1, {"n": n, "字": "邻里"}) for n in range(ENTRIES)
        )
    sequence.sequence_all()


@pytest.fixture
def _nothing_else() -> Iterator[None]:
    """The log alone, and empty again afterwards."""
    yield
    with guards.lifted(connection):
        for model in (Entry, Node, Head):
            model.objects.all().delete()


def change(*statements: str) -> None:
    with guards.lifted(connection), connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("", ""),
        ("UPDATE ledger_entry SET body = '{}' WHERE idx = 77", "idx 77"),
        ("UPDATE ledger_entry SET kind = 'test.other' WHERE idx = 4096", "idx 4096"),
        ("UPDATE ledger_entry SET idx = 99999 WHERE idx = 4200", "id 1"),
        ("DELETE FROM ledger_entry WHERE idx = 4500", "idx 4500"),
        ("DELETE FROM ledger_node WHERE level = 1 AND \"index\" = 17", "level 1 index 17"),
        ("UPDATE ledger_entry SET body = '{}' WHERE idx = 4999", "idx 4999"),
    ],
)  # fmt: skip
def test_several_processes_find_what_one_finds(sql: str, row: str) -> None:
    if sql:
        change(sql)
    several, one = audit.verify(jobs=2), audit.verify()
    assert several == one
    assert one.clean == (not sql)
    assert row in (one.difference.row if one.difference else "")


@pytest.mark.skipif(not SQLITE, reason="only SQLite keeps values of another type in a column")
@pytest.mark.parametrize(
    "what",
    [
        "body = CAST(body AS BLOB)",
        "body = body || char(0) || 'more'",
        "kind = CAST(kind AS BLOB)",
        "subject = CAST(subject AS BLOB)",
        "seq = seq + 0.5",
        "seq = 'two'",
        "id = 1.5",
        "id = 'none'",
        "at = 'yesterday'",
        "at = at || '0'",
        "at = replace(at, ' ', 'T')",
        "at = 7",
        "leaf = 'x'",
        "leaf = 7",
        "leaf = CAST(substr(leaf, 1, 31) AS BLOB)",
    ],
)
def test_a_value_of_another_type_is_named_by_its_row(what: str) -> None:
    change(f"UPDATE ledger_entry SET {what} WHERE idx = 300")
    found = audit.verify().difference
    assert found is not None and found.row.endswith("idx 300")


def test_a_moment_without_a_fraction_of_a_second_is_as_good_as_any() -> None:
    whole = "2026-11-28 08:00:00"
    for idx in (300, ENTRIES - 1):
        change(f"UPDATE ledger_entry SET at = '{whole}{'' if SQLITE else '+00'}' WHERE idx = {idx}")
        fit_leaf(idx)
    fit_tree()
    Head.objects.update(at=f"{whole}+00:00")
    assert audit.verify().clean and audit.verify(jobs=2).clean


@pytest.mark.parametrize("jobs", [1, 2])
def test_entries_that_were_placed_before_their_predecessors_are_named_even_if_every_hash_fits(
    jobs: int,
) -> None:
    """As a sequencer with a mistake would have left them."""
    change(
        "UPDATE ledger_entry SET idx = -1 WHERE idx = 1000",
        "UPDATE ledger_entry SET idx = 1000 WHERE idx = 4500",
        "UPDATE ledger_entry SET idx = 4500 WHERE idx = -1",
    )
    fit_tree()
    found = audit.verify(jobs=jobs).difference
    assert found is not None
    assert (found.table, found.row, found.field) == ("ledger_entry", "subject test:300 seq 7", "idx")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_entry_left_out_is_missed_even_if_every_hash_fits(jobs: int) -> None:
    change(
        "DELETE FROM ledger_entry WHERE idx = 1000",
        "UPDATE ledger_entry SET idx = -idx WHERE idx > 1000",
        "UPDATE ledger_entry SET idx = -idx - 1 WHERE idx < 0",
    )
    fit_tree()
    found = audit.verify(jobs=jobs).difference
    assert found is not None
    assert (found.table, found.row, found.expected) == ("ledger_entry", "subject test:300 seq 2", "present")


def test_order_is_told_the_same_when_it_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_order, "PART", 1000)
    assert audit.verify().clean
    change("UPDATE ledger_entry SET seq = 90 WHERE idx = 4999")
    fit_leaf(4999)
    fit_tree()
    found = audit.verify().difference
    assert found is not None and found.row == "subject test:99 seq 89"


def fit_leaf(idx: int) -> None:
    """Make the leaf fit what the row says now."""
    with guards.lifted(connection):
        Entry.objects.filter(idx=idx).update(leaf=leaf_hash(rows.read(idx, 1)[0].data))


def fit_tree() -> None:
    """Make nodes and head fit the leaves."""
    growth = Growth()
    growth.extend(rows.leaves(0, ENTRIES))
    with guards.lifted(connection):
        Node.objects.all().delete()
        Node.objects.bulk_create(
            [Node(level=level, index=index, hash=digest) for level, index, digest in growth.nodes]
        )
        Head.objects.update(size=growth.size, frontier=b"".join(growth.frontier), root=growth.root())
