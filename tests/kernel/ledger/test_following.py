"""Followers read everything once, whatever happens to them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from django.db import connection

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import follow, sequence
from linli.kernel.ledger.follow import Follower
from linli.kernel.ledger.models import Cursor
from linli.kernel.ledger.rows import EntryRow
from tests.kernel.ledger.writers import Tracing, at_once, traces, write

pytestmark = pytest.mark.django_db(transaction=True)


class Poisoned(Exception):
    """What a follower raises at an entry it cannot digest."""


def _write_and_place(entries: int) -> None:
    write("test:1", entries)
    sequence.sequence_all()


def _all(follower: Follower) -> int:
    total = 0
    while taken := follow.run_once(follower):
        total += taken
    return total


def test_a_follower_reads_everything_once_in_order() -> None:
    follower = Tracing()
    with traces() as traced:
        _write_and_place(35)
        assert _all(follower) == 35
        assert traced() == list(range(35))
        assert follow.run_once(follower) == 0


def test_a_follower_that_crashes_loses_nothing_and_repeats_nothing() -> None:
    follower, chance = Tracing(), random.Random(7)

    def crash(entries: Sequence[EntryRow]) -> None:
        if chance.random() < 0.3:
            raise KeyboardInterrupt

    follower.before = follower.after = crash
    with traces() as traced:
        _write_and_place(60)
        for _ in range(500):
            try:
                follow.run_once(follower)
            except KeyboardInterrupt:
                continue
        assert traced() == list(range(60))


def test_an_entry_that_cannot_be_digested_stops_its_follower_only_and_visibly() -> None:
    bad, good = Tracing(), Counting()

    def poison(entries: Sequence[EntryRow]) -> None:
        if any(entry.idx == 13 for entry in entries):
            raise Poisoned("13800000000 said something private")

    bad.before = poison
    with traces() as traced:
        _write_and_place(30)
        _all(bad)
        assert _all(good) == 30
        assert traced() == list(range(13)), "it must come to stand exactly before the entry it cannot digest"
        standing = follow.standing_of(bad)
        assert (standing.next_idx, standing.behind, standing.tries) == (13, 17, 1)
        assert standing.error.startswith("entry 13: Poisoned")
        assert "13800000000" not in standing.error, "an error's message may repeat somebody's words"


def test_it_is_tried_again_at_growing_intervals_and_goes_on_from_where_it_stood() -> None:
    follower = Tracing()
    attempts: list[int] = []

    def poison(entries: Sequence[EntryRow]) -> None:
        attempts.append(len(entries))
        raise Poisoned

    follower.before = poison
    with traces() as traced:
        _write_and_place(5)
        start = moment.now()
        for second in range(31):
            with moment.at(start + timedelta(seconds=second)):
                follow.run_once(follower)
        assert attempts == [5, 1, 1, 1, 1, 1], (
            "at once as a batch and alone, then after 2, 4, 8 and 16 seconds"
        )
        follower.before = lambda entries: None
        with moment.at(start + timedelta(minutes=10)):
            assert _all(follower) == 5
        assert traced() == list(range(5))
        standing = follow.standing_of(follower)
        assert (standing.error, standing.failed_at, standing.tries) == ("", None, 0)


def test_a_failure_that_passes_costs_nothing() -> None:
    follower, failures = Tracing(), iter([Poisoned()])

    def fail_once(entries: Sequence[EntryRow]) -> None:
        for failure in failures:
            raise failure

    follower.after = fail_once
    with traces() as traced:
        _write_and_place(25)
        assert _all(follower) == 25
        assert traced() == list(range(25))
        assert follow.standing_of(follower).error == ""


def test_two_workers_digest_every_entry_once() -> None:
    with traces() as traced:
        _write_and_place(60)

        def work(number: int) -> None:
            follower = Tracing()
            for _ in range(200):
                follow.run_once(follower)

        at_once(4, work)
        assert sorted(traced()) == list(range(60))


def test_a_refusal_is_named_by_its_code() -> None:
    assert follow.described(Refusal("test.no", phone="13800000000")) == "Refusal test.no"


def test_a_cursor_moved_by_hand_stops_its_follower_instead_of_skipping() -> None:
    follower = Tracing()
    with traces() as traced:
        _write_and_place(20)
        follow.run_once(follower)
        Cursor.objects.filter(pk="tracing").update(next_idx=15)
        _all(follower)
        assert traced() == list(range(10))
        assert "Astray" in follow.standing_of(follower).error


@pytest.fixture
def nobody_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(follow, "_registered", {})
    yield


def test_registered_followers_all_run_and_all_show_where_they_stand(nobody_registered: None) -> None:
    counting = Counting()
    follow.register(counting)
    follow.register(counting)
    with pytest.raises(ValueError, match="two followers"):
        follow.register(Counting())
    _write_and_place(4)
    assert [(one.name, one.behind) for one in follow.standings()] == [("counting", 4)]
    assert follow.run_all() == 4
    assert counting.seen == 4
    assert follow.standings()[0].behind == 0


def test_what_a_follower_writes_is_not_seen_before_its_cursor_moves() -> None:
    follower = Tracing()
    seen: list[int] = []

    def look(entries: Sequence[EntryRow]) -> None:
        def elsewhere() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM test_trace")
                seen.append(cursor.fetchone()[0])
            connection.close()

        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()

    follower.after = look
    with traces() as traced:
        _write_and_place(10)
        follow.run_once(follower)
        assert seen == [0]
        assert len(traced()) == 10


class Counting(Follower):
    name = "counting"

    def __init__(self) -> None:
        self.seen = 0

    def digest(self, entries: Sequence[EntryRow]) -> None:
        self.seen += len(entries)


class Preparing(Tracing):
    """Reckons before its turn to write, as long as nobody comes in between."""

    def __init__(self) -> None:
        super().__init__()
        self.between: Callable[[], None] = lambda: None
        self.prepared = self.digested = 0

    def prepare(self, entries: Sequence[EntryRow]) -> Callable[[], None]:
        assert not connection.in_atomic_block
        self.between()

        def write_down() -> None:
            self.prepared += 1
            Tracing.digest(self, entries)

        return write_down

    def digest(self, entries: Sequence[EntryRow]) -> None:
        self.digested += 1
        super().digest(entries)


def test_what_was_reckoned_before_the_turn_is_written_in_the_transaction_that_moves_the_cursor() -> None:
    follower = Preparing()

    def crash(entries: Sequence[EntryRow]) -> None:
        if follower.prepared == 2:
            raise KeyboardInterrupt

    follower.after = crash
    with traces() as traced:
        _write_and_place(35)
        follow.run_once(follower)
        with pytest.raises(KeyboardInterrupt):
            follow.run_once(follower)
        assert traced() == list(range(10))
        assert _all(follower) == 25
        assert traced() == list(range(35)) and follower.digested == 0


def test_what_another_worker_digested_meanwhile_is_not_written_again() -> None:
    follower, other, calls = Preparing(), Tracing(), [0]

    def another_worker() -> None:
        calls[0] += 1
        if calls[0] == 2:
            at_once(1, lambda _: [follow.run_once(other)])

    follower.between = another_worker
    with traces() as traced:
        _write_and_place(35)
        assert _all(follower) + 10 == 35  # ten were the other's
        assert traced() == list(range(35))
        assert follower.digested == 1, "what it had reckoned was of entries that were digested already"
