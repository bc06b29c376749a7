"""``linli ledger checkpoint | receipt | export | key``, and that what they write is what outsiders can check."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linli.doors.cli import ledger as command
from linli.kernel import ids, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append, keys, notes, publish, sequence, tree

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _log(settings: Any, tmp_path: Path) -> Iterator[list[append.Committed]]:
    settings.DATA = tmp_path
    with store.acting():
        made = append.commit_many(("test.step", f"test:{n % 3}", n // 3 + 1, {"n": n}) for n in range(30))
    sequence.sequence_all()
    yield made


def test_a_checkpoint_is_signed_and_shown_with_the_proof_from_an_earlier_one(capsys: Any) -> None:
    assert command.run(["checkpoint"]) == 0
    first = capsys.readouterr().out
    old, _, _ = notes.opened(first, keys.history())
    with store.acting():
        append.commit("test.step", "test:more", 1, {})
    assert command.run(["checkpoint", "--since", str(old.size)]) == 0
    note, _, lines = capsys.readouterr().out.rpartition("\n\n")
    new, _, _ = notes.opened(note + "\n", keys.history())
    proof = [base64.b64decode(line) for line in lines.split()]
    assert tree.verify_consistency(old.size, new.size, proof, old.root, new.root)
    assert command.run(["checkpoint", "--size", str(old.size)]) == 0
    assert capsys.readouterr().out == first
    assert command.run(["checkpoint", "--size", "5"]) == 1


@pytest.mark.parametrize(("what", "n"), [("7", 7), ("test:1", 1)])
def test_a_receipt_is_written_for_whatever_names_the_entry(
    _log: list[append.Committed], tmp_path: Path, what: str, n: int
) -> None:
    file = tmp_path / "r.tlog-proof"
    assert command.run(["receipt", what, str(file)]) == 0
    proof = notes.proof_of(file.read_text("utf-8"))
    assert proof.index == n
    assert tree.leaf_hash(json.loads(proof.extra)["entry"].encode()) == _log[n].leaf


def test_the_last_entry_of_a_subject_and_one_by_its_id_have_receipts(
    _log: list[append.Committed], capsys: Any
) -> None:
    assert command.run(["receipt", "test:2", "--last"]) == 0
    assert notes.proof_of(capsys.readouterr().out).index == 29
    assert command.run(["receipt", ids.text(_log[4].id)]) == 0
    assert notes.proof_of(capsys.readouterr().out).index == 4
    assert command.run(["receipt", "test:nothing"]) == 1


def test_an_export_is_the_checkpoint_and_every_entry_byte_by_byte(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert command.run(["export", str(file)]) == 0
    header, *lines = file.read_bytes().splitlines()
    said, _, _ = notes.opened(json.loads(header)["checkpoint"], keys.history())
    assert len(lines) == said.size
    assert tree.root_of(tree.leaf_hash(line) for line in lines) == said.root


def test_the_key_is_shown_and_changed(capsys: Any) -> None:
    assert command.run(["key"]) == 0
    first = keys.history()[0]
    assert first.vkey in capsys.readouterr().out
    assert command.run(["key", "--rotate"]) == 0
    shown = capsys.readouterr().out
    assert keys.history()[1].vkey in shown and first.vkey in shown
    assert publish.latest() is not None


def test_a_lost_key_is_replaced_only_when_that_is_said(tmp_path: Path, capsys: Any) -> None:
    command.run(["checkpoint"])
    (tmp_path / "secrets" / "ledger.key").unlink()
    for asked in (["key"], ["key", "--rotate"], ["checkpoint"]):
        with pytest.raises(Refusal, match="key_lost"):
            command.run(asked)
    assert command.run(["key", "--replace-lost"]) == 0
    assert "换新" in capsys.readouterr().out


def test_after_a_restore_signing_goes_on_only_when_that_is_said() -> None:
    command.run(["checkpoint"])
    said = notes.Checkpoint(keys.origin(), 500, b"r" * 32).text
    keys.keep(publish.MEMORY, f"{said}\n{keys.signer().line(said)}")
    with store.acting():
        append.commit("test.step", "test:more", 1, {})
    with pytest.raises(Refusal, match="behind"):
        command.run(["checkpoint"])
    assert command.run(["checkpoint", "--accept-behind"]) == 0
