"""Every committed entry gets one place, each subject in its own order, however many write and sequence at once."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from linli.kernel import store
from linli.kernel.ledger import append, audit, rows, sequence, tree
from linli.kernel.ledger.models import Entry
from tests.kernel.ledger.writers import at_once, write


def _assert_whole(expected: int) -> None:
    entries = rows.read(0, 100_000)
    assert [entry.idx for entry in entries] == list(range(expected))
    last: dict[str, int] = {}
    for entry in entries:
        assert entry.seq == last.get(entry.subject, 0) + 1, f"{entry.subject} is out of order"
        last[entry.subject] = entry.seq
    assert rows.head().root == tree.root_of(entry.leaf for entry in entries)
    assert audit.verify().clean


@pytest.mark.django_db(transaction=True)
def test_sixteen_writers_and_a_reader_lose_nothing_and_keep_every_subjects_order() -> None:
    done = threading.Event()
    seen: list[int] = []

    def sequencer() -> None:
        while not done.is_set():
            sequence.sequence(limit=7)
            seen.extend(entry.idx for entry in rows.read(len(seen), 1000))
        connection.close()

    reader = threading.Thread(target=sequencer)
    reader.start()
    at_once(16, lambda n: write(f"test:{n}", 20))
    done.set()
    reader.join()
    sequence.sequence_all()
    _assert_whole(320)
    assert seen == list(range(len(seen))), "a reader that goes on from its last index skipped or repeated one"


@pytest.mark.django_db(transaction=True)
def test_several_sequencers_by_mistake_do_no_harm() -> None:
    def work(number: int) -> None:
        if number < 4:
            write(f"test:{number}", 25)
        else:
            until = time.monotonic() + 20
            while rows.size() < 100 and time.monotonic() < until:
                sequence.sequence(limit=5)

    at_once(8, work)
    sequence.sequence_all()
    _assert_whole(100)


@pytest.mark.django_db(transaction=True)
def test_ids_of_processes_with_different_clocks_do_not_upset_a_subjects_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    falling = iter(range(10_000, 0, -1))
    monkeypatch.setattr("linli.kernel.ids.new_id", lambda: next(falling))
    write("test:1", 30)
    write("test:2", 5)
    monkeypatch.undo()
    assert sequence.sequence(limit=4) == 4
    sequence.sequence_all()
    _assert_whole(35)


@pytest.mark.django_db(transaction=True)
def test_an_entry_waits_for_the_one_before_it_and_nobody_else_waits_with_it() -> None:
    write("test:1", 1)
    write("test:1", 3, start=3)
    write("test:2", 3)
    assert sequence.sequence_all() == 4
    waiting = sequence.waiting()
    assert (waiting.count, waiting.ready_ms) == (3, 0)
    assert waiting.oldest_ms > 0
    write("test:1", 1, start=2)
    assert sequence.waiting().ready_ms > 0
    assert sequence.sequence(limit=1) == 1
    sequence.sequence_all()
    _assert_whole(8)


@pytest.mark.django_db(transaction=True)
def test_entries_held_back_do_not_block_the_view_of_those_behind_them() -> None:
    write("test:1", 12, start=2)
    write("test:2", 3)
    assert sequence.sequence(limit=5) == 3


@pytest.mark.django_db(transaction=True)
def test_a_sequencer_that_is_killed_in_the_middle_leaves_nothing_half_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("test:1", 10)
    sequence.sequence(limit=4)
    before = rows.head()
    with monkeypatch.context() as broken:
        broken.setattr(sequence.Head.objects, "filter", _raise)
        with pytest.raises(KeyboardInterrupt):
            sequence.sequence()
    assert rows.head() == before
    assert Entry.objects.filter(idx=None).count() == 6
    sequence.sequence_all()
    _assert_whole(10)


def _raise(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_whoever_asked_is_woken_once_entries_have_their_place() -> None:
    woken = threading.Event()
    forget = sequence.on_sequenced(woken.set)
    try:
        assert sequence.sequence() == 0
        assert not woken.is_set()
        write("test:1", 1)
        sequence.sequence()
        assert woken.is_set()
    finally:
        forget()


@pytest.mark.django_db(transaction=True)
def test_tiles_hold_what_proofs_need_at_every_level() -> None:
    with store.acting():
        append.commit_many(("test.step", "test:1", seq, {}) for seq in range(1, 601))
    sequence.sequence_all()
    leaves = rows.leaves(0, 600)
    assert rows.tile(0, 0) == b"".join(leaves[:256])
    assert rows.tile(0, 2) == b"".join(leaves[512:])
    assert rows.tile(1, 0) == tree.root_of(leaves[:256]) + tree.root_of(leaves[256:512])
    assert rows.tile(0, 3) == rows.tile(1, 1) == b""
