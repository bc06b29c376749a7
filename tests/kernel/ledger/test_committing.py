"""Entries are there if and only if their act is, and stay as they were written."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from linli.kernel import moment, store
from linli.kernel.ledger import append, canon, rows, sequence, tree
from linli.kernel.ledger.models import Entry, Head


def _statements(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_any_act_is_a_mistake_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="inside the act"):
        append.commit("test.step", "test:1", 1, {})


@pytest.mark.django_db
def test_an_entry_is_one_statement_and_its_leaf_covers_all_it_says() -> None:
    at = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
    with (
        moment.at(at),
        store.acting(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        committed = append.commit("test.step", "test:1", 1, {"b": [1, None], "a": "中"})
    assert sum("ledger_entry" in query["sql"] for query in queries) == 1
    sequence.sequence()
    (entry,) = rows.read(0, 10)
    assert (entry.id, entry.at, entry.leaf, entry.text) == (
        committed.id,
        at,
        committed.leaf,
        '{"a":"中","b":[1,null]}',
    )
    assert tree.leaf_hash(entry.data) == committed.leaf
    assert json.loads(entry.data)["body"] == entry.body


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_entry() -> None:
    with pytest.raises(ZeroDivisionError), store.acting():
        append.commit("test.step", "test:1", 1, {})
        _ = 1 / 0
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_subject_has_each_number_once() -> None:
    with store.acting():
        append.commit("test.step", "test:1", 1, {})
        assert append.next_seq("test:1") == 2
        assert append.next_seq("test:2") == 1
    with pytest.raises(IntegrityError), store.acting():
        append.commit("test.step", "test:1", 1, {})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "seq", "body"), [("test:1", 0, {}), ("test 1", 1, {}), ("test:1", 1, {"x": 1.5})]
)
def test_what_could_not_be_hashed_the_same_everywhere_is_not_committed(
    subject: str, seq: int, body: canon.Body
) -> None:
    with pytest.raises(canon.NotCanonical), store.acting():
        append.commit("test.step", subject, seq, body)


@pytest.mark.django_db
def test_an_entry_that_no_bundle_could_carry_is_not_committed() -> None:
    with store.acting():
        append.commit("test.step", "test:1", 1, {"x": "a" * 65_000})
    with pytest.raises(canon.NotCanonical, match="longer"), store.acting():
        append.commit("test.step", "test:1", 2, {"x": "a" * 65_536})


@pytest.mark.django_db
def test_many_entries_at_once_are_the_same_as_one_by_one() -> None:
    with store.acting():
        committed = append.commit_many(("test.step", "test:1", seq, {"n": seq}) for seq in range(1, 1201))
    assert sequence.sequence_all() == 1200
    assert [entry.leaf for entry in rows.read(0, 2000)] == [one.leaf for one in committed]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_entry",
        *(f"UPDATE ledger_entry SET {column} = {column} || 'x'" for column in ("kind", "subject", "body")),
        "UPDATE ledger_entry SET seq = seq + 1",
        "UPDATE ledger_entry SET id = id + 1",
        "UPDATE ledger_entry SET leaf = NULL",
        "UPDATE ledger_entry SET idx = idx + 7",
        "UPDATE ledger_entry SET idx = NULL WHERE idx IS NOT NULL",
        "UPDATE ledger_entry SET idx = 9, seq = 8 WHERE idx IS NULL",
        "INSERT INTO ledger_entry (id, kind, subject, seq, at, body, leaf, idx) "
        "SELECT 1, kind, 'test:9', 1, at, body, leaf, 9 FROM ledger_entry LIMIT 1",
        "DELETE FROM ledger_node",
        "UPDATE ledger_node SET level = 3",
        "DELETE FROM ledger_head",
    ],
)
def test_the_store_itself_refuses_to_change_or_remove_what_was_logged(sql: str) -> None:
    with store.acting():
        append.commit_many(("test.step", "test:1", seq, {}) for seq in range(1, 258))
    sequence.sequence_all()
    with store.acting():
        append.commit("test.step", "test:1", 258, {})
    with pytest.raises(DatabaseError, match=r"only grows|NOT NULL"):
        _statements(sql)


def test_a_store_that_is_not_a_test_is_never_emptied(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODE = "serve"
    monkeypatch.setitem(connection.settings_dict, "NAME", "/data/db.sqlite3")
    with pytest.raises(CommandError, match="only grows"):
        call_command("flush", interactive=False)


@pytest.mark.django_db(transaction=True)
def test_committing_costs_little_beside_the_act() -> None:
    with store.acting():
        began = time.process_time()
        for seq in range(1, 301):
            append.commit(
                "test.step", "test:1", seq, {"stage": "reported", "by": "0123456789abc", "digest": "a" * 64}
            )
        assert (time.process_time() - began) / 300 < 0.001
    assert Head.objects.count() == 0
