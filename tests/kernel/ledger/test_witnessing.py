"""A witness signs only what continues what it saw; a log that shows two histories is caught, and both readers are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.doors.cli import witness
from linli.kernel.ledger import keychain, notes
from linli.kernel.ledger.notes import Signer
from tests.kernel.ledger.outside import Cheat, History, served

HONEST = [f"entry {n}".encode() for n in range(900)]
FORGED = [*HONEST[:100], b"what suits us better", *HONEST[101:]]


@pytest.fixture
def log() -> Iterator[Cheat]:
    with served(Cheat(History(HONEST), 300)) as cheat:
        yield cheat


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "w.key"
    assert witness.run(["key", "witness.example/w1", "--key", str(path)]) == 0
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def look(log: Cheat, key: Path, state: Path, *more: str) -> int:
    return witness.run([log.url, "--key", str(key), "--state", str(state), "--once", *more])


def forks(state: Path) -> list[str]:
    return [path.read_text() for path in state.glob("*/fork-*.txt")]


def test_it_signs_what_continues_and_hands_its_line_in(log: Cheat, key: Path, tmp_path: Path) -> None:
    public = notes.signer_of(key.read_text()).verifier
    for size in (300, 300, 301, 512, 900):
        log.switch(log.history, size)
        assert look(log, key, tmp_path / "s") == 0
    assert len(log.taken) == 5
    for note in log.taken:
        assert notes.note_of(note).signed_by([public]) == (public,)
    assert notes.checkpoint_of(notes.note_of(log.taken[-1]).text).size == 900


def test_it_does_not_sign_what_lies_behind_what_it_signed(log: Cheat, key: Path, tmp_path: Path) -> None:
    look(log, key, tmp_path / "s")
    log.switch(log.history, 200)
    assert look(log, key, tmp_path / "s") == witness.UNDECIDED  # its tiles end before what was signed
    assert len(log.taken) == 1


@pytest.mark.parametrize("size", [300, 301, 512, 900])
def test_a_rewritten_log_is_refused_and_both_signed_notes_are_kept(
    log: Cheat, key: Path, tmp_path: Path, size: int
) -> None:
    look(log, key, tmp_path / "s")
    before = log.note()
    log.switch(History(FORGED), size)
    assert look(log, key, tmp_path / "s") == witness.FORKED
    assert len(log.taken) == 1
    (evidence,) = forks(tmp_path / "s")
    assert before in evidence and log.note() in evidence


def test_a_fork_shown_to_two_readers_is_told_to_both(log: Cheat, key: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    witness.run(["key", "witness.example/w2", "--key", str(other)])
    one, two = tmp_path / "one", tmp_path / "two"
    look(log, key, one)
    log.switch(History(FORGED), 700)
    assert look(log, other, two) == 0  # each alone sees nothing wrong
    assert witness.run(["compare", str(one), str(two)]) == witness.FORKED
    assert len(forks(one)) == len(forks(two)) == 1
    assert forks(one) == forks(two)


def test_two_readers_of_an_honest_log_are_told_so(log: Cheat, key: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    look(log, key, one)
    log.switch(log.history, 777)
    look(log, key, two)
    assert witness.run(["compare", str(two), str(one)]) == 0
    assert not forks(one) + forks(two)


def test_a_note_from_a_newspaper_is_compared_with_the_log_itself(log: Cheat, tmp_path: Path) -> None:
    printed = tmp_path / "printed.txt"
    printed.write_text(log.note())
    key = log.signer.verifier.vkey
    log.switch(log.history, 640)
    assert witness.run(["compare", str(printed), log.url, "--vkey", key]) == 0
    log.switch(History(FORGED), 640)
    assert witness.run(["compare", str(printed), log.url, "--vkey", key]) == witness.FORKED
    assert witness.run(["compare", str(printed), log.url]) == witness.ASKED_WRONGLY


def test_bad_tiles_accuse_nobody(log: Cheat, key: Path, tmp_path: Path) -> None:
    look(log, key, tmp_path / "s")
    honest = log.history
    log.switch(honest, 600)
    note = log.note()
    log.switch(History([b"x", *HONEST[1:]]), 600)
    log.note = lambda: note  # type: ignore[method-assign]
    assert look(log, key, tmp_path / "s") == witness.UNDECIDED
    assert not forks(tmp_path / "s")


def test_a_log_that_is_away_is_tried_again_later(key: Path, tmp_path: Path) -> None:
    arguments = ["http://127.0.0.1:9/", "--key", str(key), "--state", str(tmp_path / "s"), "--once"]
    assert witness.run(arguments) == witness.UNDECIDED


def test_a_head_signed_by_another_key_is_not_signed(log: Cheat, key: Path, tmp_path: Path) -> None:
    log.signer = Signer(log.signer.name, notes.NOTE, b"z" * 32)
    trusted = Signer(log.signer.name, notes.NOTE, b"c" * 32).verifier.vkey
    assert look(log, key, tmp_path / "s", "--vkey", trusted) == witness.UNDECIDED
    assert not log.taken


def test_a_key_that_the_old_one_vouches_for_is_followed(log: Cheat, key: Path, tmp_path: Path) -> None:
    look(log, key, tmp_path / "s")
    new = Signer(log.signer.name, notes.NOTE, b"n" * 32)
    log.statements.append(keychain.statement(new.name, new, log.signer))
    log.signer = new
    log.switch(log.history, 400)
    assert look(log, key, tmp_path / "s") == 0
    assert len(log.taken) == 2


@pytest.mark.parametrize("args", [[], ["ftp://x"], ["compare", "a"], ["key", "a b"]])
def test_what_is_asked_wrongly_is_said(args: list[str], tmp_path: Path) -> None:
    more = ["--key", str(tmp_path / "k")] if args and args[0] == "key" else []
    assert witness.run([*args, *more]) == witness.ASKED_WRONGLY
