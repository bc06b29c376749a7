"""Followers of the living worker: a slow one holds nobody up, a poisoned one stands alone, and the health page says which."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.test import RequestFactory

from linli.config import worker as work
from linli.config.worker import Loop, Worker
from linli.doors import health
from linli.kernel import store
from linli.kernel.ledger import audit, follow, rows, sequence
from linli.kernel.ledger.follow import Follower
from linli.kernel.ledger.rows import EntryRow
from tests.faults.scene import eventually
from tests.kernel.ledger.writers import write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Reading(Follower):
    """Remembers what it digested; ``before`` may wait or raise."""

    def __init__(self, name: str, before: Callable[[EntryRow], None] = lambda entry: None) -> None:
        self.name = name
        self.before = before
        self.read: list[int] = []

    def digest(self, entries: Sequence[EntryRow]) -> None:
        for entry in entries:
            self.before(entry)
        self.read += [entry.idx for entry in entries]


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Worker]]:
    """``working(*followers)``: a worker with a sequencer and these followers, each in a thread of its own."""
    monkeypatch.setattr(follow, "_registered", {})
    monkeypatch.setattr(sequence, "_wakers", [])
    monkeypatch.setattr(store, "_wakers", [])
    monkeypatch.setattr(health, "_checks", {})
    begun: list[Worker] = []

    def start(*followers: Follower) -> Worker:
        for follower in followers:
            follow.register(follower)
        loops = [Loop("sequence", sequence.sequence, every=0.05)]
        loops += [work._following(follower) for follower in followers]
        begun.append(Worker(loops))
        begun[0].start()
        return begun[0]

    yield start
    for worker in begun:
        assert worker.stop(60), "a loop did not end"


def _follower(name: str) -> dict[str, Any]:
    """This follower as the health page shows it."""
    told = json.loads(health.healthz(RequestFactory().get("/healthz")).content)
    found: dict[str, Any] = next(one for one in told["followers"]["followers"] if one["name"] == name)
    return found | {"state": told["followers"]["state"], "first": told["followers"]["followers"][0]["name"]}


def test_a_slow_follower_holds_up_neither_acts_nor_others_and_its_lag_is_seen(
    working: Callable[..., Worker],
) -> None:
    slow, quick = Reading("slow", lambda entry: time.sleep(0.08)), Reading("quick")
    write("test:long", 400)
    sequence.sequence_all()
    working(slow, quick)
    waits = []
    for seq in range(1, 13):
        began = time.monotonic()
        write("test:now", 1, start=seq)
        waits.append(time.monotonic() - began)
        time.sleep(0.1)
    eventually(lambda: len(quick.read) == 412, "the quick one has read everything")
    behind = _follower("slow")["behind"]
    assert behind > 0, "the slow one is behind by now, and it shows"
    assert _follower("quick")["behind"] == 0
    assert max(waits) < 10, f"an act waited for a follower: {waits}"
    slow.before = lambda entry: None
    eventually(lambda: _follower("slow")["behind"] == 0, "the slow one has caught up")
    assert slow.read == quick.read == list(range(412))
    assert audit.verify().clean


def test_a_poisoned_entry_stops_its_follower_alone_is_named_and_is_taken_once_it_can_be(
    working: Callable[..., Worker],
) -> None:
    def poison(entry: EntryRow) -> None:
        if entry.idx == 7:
            raise ValueError("13800000000 said something private")

    bad, good = Reading("bad", poison), Reading("good")
    working(bad, good)
    write("test:1", 20)
    eventually(lambda: len(good.read) == 20, "the other one has read everything")
    seen = eventually(lambda: (one := _follower("bad"))["error"] and one, "the health page names it")
    assert (seen["state"], seen["first"], seen["behind"]) == ("degraded", "bad", 13)
    assert seen["error"].startswith("entry 7: ValueError")
    assert "13800000000" not in str(seen)
    bad.before = lambda entry: None
    eventually(lambda: _follower("bad")["behind"] == 0, "it resumes by itself")
    standing = follow.standing_of(bad)
    assert (standing.error, standing.next_idx, rows.size()) == ("", 20, 20)
    assert list(dict.fromkeys(bad.read)) == list(range(20))
