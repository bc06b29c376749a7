"""A receipt proves one entry to somebody who has nothing but the receipt and the log's key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linli.kernel import store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append, canon, keychain, keys, notes, publish, receipts, tree
from linli.kernel.ledger.receipts import Opening

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_secrets(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA = tmp_path
    yield


def entries(count: int) -> list[append.Committed]:
    with store.acting():
        return append.commit_many(("test.step", "test:a", n + 1, {"n": n}) for n in range(count))


@pytest.mark.parametrize("which", [0, 255, 256, 599])
def test_a_receipt_proves_its_entry_with_the_key_alone(which: int) -> None:
    made = entries(600)
    publish.publish()
    proof = notes.proof_of(receipts.receipt_for(made[which].id).decode())
    checkpoint, _, _ = notes.opened(proof.checkpoint, keys.history())
    extra = json.loads(proof.extra)
    leaf = tree.leaf_hash(extra["entry"].encode())
    assert leaf == made[which].leaf
    assert tree.verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    assert keychain.trusted(keys.history()[:1], extra["keys"]) == keys.history()
    assert not tree.verify_inclusion(leaf, proof.index + 1, checkpoint.size, proof.hashes, checkpoint.root)


def test_a_receipt_is_pending_until_a_checkpoint_covers_it(settings: Any) -> None:
    settings.CHECKPOINT_EVERY = 60
    made = entries(2)[1]
    standing = receipts.standing(made.id)
    assert not standing.ready and standing.due is not None and standing.leaf == made.leaf
    with pytest.raises(Refusal, match="pending"):
        receipts.receipt_for(made.id)
    publish.publish()
    assert receipts.standing(made.id).ready
    assert receipts.receipt_for(made.id)


def test_what_is_not_there_has_no_receipt() -> None:
    with pytest.raises(Refusal, match="no_entry"):
        receipts.receipt_for(5)
    with pytest.raises(Refusal, match="no_entry"):
        receipts.standing(5)


def test_a_reporters_own_copy_opens_the_commitment() -> None:
    salt = b"s" * 16
    words = "三号楼路灯不亮"
    with store.acting():
        entry = append.commit("test.step", "test:a", 1, {"words": [["words", canon.commitment(salt, words)]]})
    publish.publish()
    own = json.loads(
        notes.proof_of(receipts.receipt_for(entry.id, [Opening("words", salt, words)]).decode()).extra
    )
    field, salt_text, text = own["opened"][0]
    committed = json.loads(own["entry"])["body"]["words"][0]
    assert [field, canon.commitment(bytes.fromhex(salt_text), text)] == committed
    assert words not in receipts.receipt_for(entry.id).decode()


def test_the_words_of_the_entry_can_be_left_out() -> None:
    made = entries(5)[2]
    publish.publish()
    proof = notes.proof_of(receipts.receipt_for(made.id, words=False).decode())
    checkpoint = notes.checkpoint_of(notes.note_of(proof.checkpoint).text)
    assert proof.extra == b""
    assert tree.verify_inclusion(made.leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
