"""Whatever is changed in a table of the log, verifying names it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from linli.doors.cli import ledger as command
from linli.kernel import store
from linli.kernel.ledger import append, audit, canon, follow, guards, rows, sequence, tree
from linli.kernel.ledger.models import Entry
from tests.kernel.ledger.test_following import Counting

pytestmark = pytest.mark.django_db

BLOB = "X'00'" if connection.vendor == "sqlite" else "'\\x00'::bytea"


@pytest.fixture(autouse=True)
def _log() -> None:
    with store.acting():
        append.commit_many(("test.step", f"test:{n % 30}", n // 30 + 1, {"n": n}) for n in range(600))
    sequence.sequence_all()
    follow.run_once(Counting())
    with store.acting():
        append.commit("test.step", "test:waiting", 2, {})
    assert audit.verify().clean


def _tamper(*statements: str) -> audit.Difference:
    with guards.lifted(connection), connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql.replace("BLOB", BLOB))
    report = audit.verify()
    assert report.difference is not None, "nobody noticed"
    return report.difference


def test_a_whole_log_is_said_to_be_whole_with_its_root() -> None:
    seen: list[tuple[int, int]] = []
    report = audit.verify(lambda done, of: seen.append((done, of)))
    assert (report.clean, report.size, report.unsequenced) == (True, 600, 1)
    assert report.root == rows.head().root == tree.root_of(rows.leaves(0, 600))
    assert seen[-1] == (600, 600)


@pytest.mark.parametrize("idx", [3, 300, 555])
@pytest.mark.parametrize(
    "change",
    [
        "kind = 'test.other'",
        "subject = 'test:other'",
        "seq = 900",
        "id = -id",
        "body = '{}'",
        "at = '2020-01-01 00:00:00+00:00'",
    ],
)
def test_a_changed_word_is_named_by_its_row(idx: int, change: str) -> None:
    found = _tamper(
        f"UPDATE ledger_entry SET {change.replace('+00:00', '') if connection.vendor == 'sqlite' else change} WHERE idx = {idx}"
    )
    assert (found.table, found.field) == (
        "ledger_entry",
        "content (id, kind, subject, seq, at, body): its hash",
    )
    assert found.row.endswith(f" idx {idx}")


@pytest.mark.parametrize("idx", [3, 300, 555])
def test_a_changed_leaf_is_told_from_a_changed_word(idx: int) -> None:
    expected = rows.leaves(idx, idx + 1)[0].hex()
    found = _tamper(f"UPDATE ledger_entry SET leaf = BLOB WHERE idx = {idx}")
    assert (found.table, found.field, found.expected, found.found) == ("ledger_entry", "leaf", expected, "00")
    assert found.row.endswith(f" idx {idx}")


@pytest.mark.parametrize("idx", [0, 300, 599])
def test_a_removed_entry_is_named_by_its_index(idx: int) -> None:
    found = _tamper(f"DELETE FROM ledger_entry WHERE idx = {idx}")
    assert (found.table, found.row, found.expected) == ("ledger_entry", f"idx {idx}", str(idx)) or (
        idx == 599 and found.table in ("ledger_head", "ledger_entry")
    )


def test_an_entry_that_lost_its_index_is_named() -> None:
    found = _tamper("UPDATE ledger_entry SET idx = NULL WHERE idx = 42")
    assert (found.table, found.row, found.found) == ("ledger_entry", "idx 42", "43")


def test_an_index_moved_elsewhere_is_named() -> None:
    found = _tamper("UPDATE ledger_entry SET idx = 9000 WHERE idx = 42")
    assert (found.table, found.field) in {("ledger_entry", "idx"), ("ledger_head", "size")}


@pytest.mark.parametrize(("one", "other"), [(10, 11), (10, 40), (10, 500), (520, 530), (300, 599)])
def test_rows_that_changed_places_are_found(one: int, other: int) -> None:
    found = _tamper(
        f"UPDATE ledger_entry SET idx = -1 WHERE idx = {one}",
        f"UPDATE ledger_entry SET idx = {one} WHERE idx = {other}",
        f"UPDATE ledger_entry SET idx = {other} WHERE idx = -1",
    )
    assert found.table in {"ledger_entry", "ledger_head"}
    if found.row.startswith("idx ") and " to " in found.row:
        first, last = (int(word) for word in found.row.removeprefix("idx ").split(" to "))
        assert first <= one <= last


def test_rows_of_one_subject_that_changed_places_are_named_by_their_order() -> None:
    found = _tamper(
        "UPDATE ledger_entry SET idx = -1 WHERE idx = 10",
        "UPDATE ledger_entry SET idx = 10 WHERE idx = 40",
        "UPDATE ledger_entry SET idx = 40 WHERE idx = -1",
    )
    assert (found.table, found.row, found.field) == (
        "ledger_entry",
        "idx 10",
        "seq (order within its subject)",
    )


def test_an_entry_rewritten_with_a_fitting_leaf_is_found_by_the_tree() -> None:
    entry = rows.read(300, 1)[0]
    forged = tree.leaf_hash(
        canon.entry_bytes(entry.id, entry.kind, entry.subject, entry.seq, canon.stamp(entry.at), '{"n":301}')
    )
    with guards.lifted(connection):
        Entry.objects.filter(idx=300).update(body='{"n":301}', leaf=forged)
    found = audit.verify().difference
    assert found is not None
    assert (found.table, found.row) == ("ledger_entry", "idx 256 to 511")


def test_an_entry_slipped_in_without_the_sequencer_is_found() -> None:
    found = _tamper("UPDATE ledger_entry SET idx = 600 WHERE idx IS NULL")
    assert (found.table, found.field, found.expected) == ("ledger_head", "size", "601")


def test_a_changed_word_that_is_not_yet_sequenced_is_found() -> None:
    found = _tamper("UPDATE ledger_entry SET body = '[]' WHERE idx IS NULL")
    assert found.row.endswith("unsequenced")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("size = 599", "size"),
        ("size = 601", "size"),
        ("frontier = BLOB", "frontier"),
        ("root = BLOB", "root"),
    ],
)
def test_a_changed_head_is_named_by_its_field(change: str, field: str) -> None:
    found = _tamper(f"UPDATE ledger_head SET {change}")
    assert (found.table, found.row, found.field) == ("ledger_head", "id 1", field)


def test_a_head_of_another_time_or_none_at_all_is_found() -> None:
    assert _tamper("UPDATE ledger_head SET at = '2020-01-01 00:00:00'").field == "at"
    assert _tamper("DELETE FROM ledger_head").table == "ledger_head"


@pytest.mark.parametrize("sql", ["SET hash = BLOB", 'SET "index" = 7', "SET level = 2"])
def test_a_changed_node_is_named(sql: str) -> None:
    found = _tamper(f'UPDATE ledger_node {sql} WHERE level = 1 AND "index" = 1')
    assert (found.table, found.row) == ("ledger_node", "level 1 index 1")


def test_a_node_removed_or_made_up_is_named() -> None:
    assert (
        _tamper('INSERT INTO ledger_node (level, "index", hash) VALUES (2, 5, BLOB)').row == "level 2 index 5"
    )
    assert _tamper('DELETE FROM ledger_node WHERE "index" = 0').row == "level 1 index 0"


@pytest.mark.parametrize("change", ["next_idx = 5", "next_idx = 9999", "next_idx = -1", "mark = BLOB"])
def test_a_moved_cursor_is_named(change: str) -> None:
    found = _tamper(f"UPDATE ledger_cursor SET {change}")
    assert (found.table, found.row) == ("ledger_cursor", "follower counting")


def test_the_command_says_whether_the_log_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["verify"]) == 0
    assert rows.head().root.hex() in capsys.readouterr().out
    assert command.run(["head", "--json"]) == 0
    assert '"size": 600' in capsys.readouterr().out
    _tamper("UPDATE ledger_entry SET body = '{}' WHERE idx = 3")
    assert command.run(["verify"]) == 1
    assert "idx 3" in capsys.readouterr().out


@pytest.mark.parametrize(("what", "code"), [("17", 0), ("test:3", 0), ("9999", 1), ("nothing", 1)])
def test_entries_are_shown_by_index_or_subject(
    what: str, code: int, capsys: pytest.CaptureFixture[Any]
) -> None:
    assert command.run(["show", what]) == code
    assert bool(capsys.readouterr().out) is (code == 0)
