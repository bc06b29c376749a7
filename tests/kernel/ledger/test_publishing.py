"""Checkpoints: signed when the log grew, never contradicting what was signed before, with a key that is never lost silently."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append, guards, keychain, keys, notes, publish, rows, tree
from linli.kernel.ledger.models import Checkpoint, Entry
from linli.kernel.ledger.notes import Signer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_secrets(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA = tmp_path
    yield


def grow(count: int, subject: str = "test:a") -> None:
    with store.acting():
        start = append.next_seq(subject)
        append.commit_many(("test.step", subject, start + n, {"n": n}) for n in range(count))


def test_a_checkpoint_says_what_the_log_is_and_is_signed_by_its_key() -> None:
    grow(300)
    made = publish.publish()
    assert made is not None
    said, note, signers = notes.opened(made.note, keys.history())
    assert (said.size, said.root) == (301, rows.head().root)  # the key's own entry is in it
    assert said.extensions == ("algorithm sha-256",)
    assert said.origin == signers[0].name == keys.origin()
    assert len(note.signatures) == 1


def test_nothing_is_signed_twice_and_nothing_for_an_empty_log() -> None:
    assert publish.tick() == 0
    grow(1)
    assert publish.publish() is not None
    assert publish.publish() is None
    assert Checkpoint.objects.count() == 1


def test_the_worker_signs_at_once_and_then_at_the_set_interval(settings: Any) -> None:
    settings.CHECKPOINT_EVERY = 60
    grow(1)
    assert publish.tick() == 0  # nothing is sequenced yet
    start = moment.now()
    from linli.kernel.ledger import sequence

    sequence.sequence_all()
    assert publish.tick() == 1
    grow(1)
    sequence.sequence_all()
    assert publish.tick() == 0
    with moment.at(start + timedelta(seconds=61)):
        assert publish.tick() == 1
        assert publish.tick() == 0


def test_any_two_checkpoints_are_proved_consistent() -> None:
    heads = []
    for count in (1, 2, 300, 5):
        grow(count)
        heads.append(publish.publish())
    for old in heads:
        for new in heads:
            assert old is not None and new is not None
            if old.size <= new.size:
                proof = publish.consistency(old.size, new.size)
                assert tree.verify_consistency(old.size, new.size, proof, old.root, new.root)


def test_the_key_stands_outside_the_database_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    grow(1)
    publish.publish()
    file = tmp_path / "secrets" / "ledger.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    seed = notes.signer_of(file.read_text()).skey.rpartition("+")[2]
    bodies = " ".join(Entry.objects.values_list("body", flat=True))
    shown = " ".join(Checkpoint.objects.values_list("note", flat=True))
    assert seed not in bodies + shown


def test_a_change_of_keys_is_in_the_ledger_and_vouched_for_by_the_old_key() -> None:
    grow(1)
    publish.publish()
    first = keys.history()[0]
    second = keys.change()
    made = publish.publish()
    assert made is not None
    assert keys.history() == [first, second]
    assert keychain.trusted([first], keys.statements()) == [first, second]
    assert notes.opened(made.note, [second])
    with pytest.raises(notes.BadNote):
        notes.opened(made.note, [first])


def test_a_change_of_keys_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    grow(1)
    publish.publish()
    before = (tmp_path / "secrets" / "ledger.key").read_text()
    second = keys.change()
    after = (tmp_path / "secrets" / "ledger.key").read_text()
    keys.keep("ledger.key", before)
    keys.keep("ledger.key.next", after)
    assert keys.signer().verifier == second
    assert not (tmp_path / "secrets" / "ledger.key.next").exists()


def test_a_lost_key_stops_publishing_until_somebody_decides(tmp_path: Path) -> None:
    grow(1)
    publish.publish()
    (tmp_path / "secrets" / "ledger.key").unlink()
    grow(1)
    with pytest.raises(Refusal, match="key_lost"):
        publish.publish()
    with pytest.raises(Refusal, match="key_lost"):
        keys.change()
    first = keys.history()[0]
    new = keys.change(lost=True)
    assert publish.publish() is not None
    assert keychain.trusted([first], keys.statements()) == [first]  # nobody can vouch for it
    assert new in keys.history()


def test_another_logs_key_signs_nothing_here() -> None:
    grow(1)
    publish.publish()
    keys.keep("ledger.key", Signer("other.example", notes.NOTE, b"x" * 32).skey)
    grow(1)
    with pytest.raises(Refusal, match="key_other"):
        publish.publish()


def test_a_store_older_than_what_was_signed_says_so_and_signs_nothing() -> None:
    grow(10)
    publish.publish()
    said = notes.Checkpoint(keys.origin(), 500, b"r" * 32).text
    keys.keep(publish.MEMORY, f"{said}\n{keys.signer().line(said)}")
    grow(1)
    with pytest.raises(Refusal, match="behind") as refused:
        publish.publish()
    assert refused.value.facts == {"published": 500, "here": 12}
    publish.accept_behind()
    assert publish.publish() is not None


def test_a_store_that_contradicts_what_was_signed_signs_nothing() -> None:
    grow(10)
    publish.publish()
    said = notes.Checkpoint(keys.origin(), 5, b"r" * 32).text
    keys.keep(publish.MEMORY, f"{said}\n{keys.signer().line(said)}")
    grow(1)
    with pytest.raises(Refusal, match="forked"):
        publish.publish()


@pytest.mark.parametrize("sql", ["UPDATE ledger_checkpoint SET size = 9", "DELETE FROM ledger_checkpoint"])
def test_the_store_refuses_to_change_what_was_published(sql: str) -> None:
    grow(1)
    publish.publish()
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_the_guards_are_put_on_the_tables_that_are_there() -> None:
    with guards.lifted(connection):
        pass
    grow(1)
    publish.publish()
    with pytest.raises(DatabaseError), transaction.atomic():
        Checkpoint.objects.update(note="")


# ── witnesses ────────────────────────────────────────────────────────

WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)


def cosigned(published: publish.Published, witness: Signer = WITNESS, at: int = 1_700_000_000) -> str:
    text = notes.note_of(published.note).text
    return f"{text}\n{witness.line(text, at)}"


def test_a_known_witness_line_is_kept_once_and_shown_under_the_checkpoint(settings: Any) -> None:
    settings.WITNESSES = (WITNESS.verifier.vkey,)
    grow(3)
    made = publish.publish()
    assert made is not None
    assert publish.take_cosignatures(cosigned(made)) == 1
    assert publish.take_cosignatures(cosigned(made)) == 0
    shown = publish.at_size(made.size)
    assert shown is not None and shown.witnesses == 1
    assert len(notes.note_of(shown.note).signed_by([*keys.history(), WITNESS.verifier])) == 2


def test_a_stranger_a_wrong_checkpoint_and_a_time_to_come_are_refused(settings: Any) -> None:
    settings.WITNESSES = (WITNESS.verifier.vkey,)
    grow(3)
    made = publish.publish()
    assert made is not None
    stranger = Signer("stranger.example", notes.WITNESS, b"s" * 32)
    with pytest.raises(Refusal, match="no_witness"):
        publish.take_cosignatures(cosigned(made, stranger))
    text = notes.Checkpoint(keys.origin(), made.size, b"r" * 32).text
    with pytest.raises(Refusal, match="not_ours"):
        publish.take_cosignatures(f"{text}\n{WITNESS.line(text, 1)}")
    with pytest.raises(Refusal, match="bad_note"):
        publish.take_cosignatures(cosigned(made, at=99_999_999_999))
    with pytest.raises(Refusal, match="bad_note"):
        publish.take_cosignatures("nonsense")


def test_an_entry_is_covered_by_the_newest_checkpoint_a_witness_signed(settings: Any) -> None:
    settings.WITNESSES = (WITNESS.verifier.vkey,)
    grow(3)
    first = publish.publish()
    grow(3)
    second = publish.publish()
    assert first is not None and second is not None
    assert publish.covering(0) == second
    publish.take_cosignatures(cosigned(first))
    covered = publish.covering(0)
    assert covered is not None and (covered.size, covered.witnesses) == (first.size, 1)
    assert publish.covering(second.size - 1) == second
    assert publish.covering(second.size) is None
