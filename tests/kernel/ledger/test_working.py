"""The worker's loops: each on its own, none silent about its troubles."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory

from linli.config import worker as work
from linli.config.worker import Loop, Status, Worker
from linli.doors import health
from linli.doors.health import Check
from linli.kernel import store
from linli.kernel.ledger import follow, rows, sequence
from tests.kernel.ledger.test_following import Counting
from tests.kernel.ledger.writers import Tracing, traces, write

pytestmark = pytest.mark.django_db(transaction=True)


def eventually(true: Callable[[], Any], within: float = 10.0) -> None:
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.01)


@pytest.fixture
def started() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(*loops: Loop) -> Worker:
        worker = Worker(list(loops))
        workers.append(worker)
        worker.start()
        return worker

    yield start
    for worker in workers:
        assert worker.stop(), "a loop did not end"


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_registered", {})
    monkeypatch.setattr(sequence, "_wakers", [])
    monkeypatch.setattr(store, "_wakers", [])
    monkeypatch.setattr(health, "_checks", {})


def test_a_loop_that_fails_says_so_waits_and_goes_on_while_others_never_notice(
    started: Callable[..., Worker], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_wait_after", lambda tries: 0.01 * tries)
    done: list[int] = []
    failures = iter([OperationalError("13800000000")] * 4)

    def failing() -> int:
        for failure in failures:
            raise failure
        done.append(1)
        return 0

    worker = started(Loop("failing", failing, 0.01), Loop("steady", lambda: 0, 0.01))
    eventually(lambda: done)
    eventually(lambda: worker.statuses[0].error == "")
    told = [record.getMessage() for record in caplog.records]
    assert len([line for line in told if line.startswith("failing failed: OperationalError")]) == 1
    assert told[-1] == "failing works again"
    assert "13800000000" not in caplog.text


def test_a_loop_in_trouble_waits_longer_each_time_but_not_for_ever() -> None:
    waits = [work._wait_after(tries) for tries in range(12)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_a_flood_is_taken_in_batches_and_an_idle_loop_sleeps_until_it_is_woken(
    started: Callable[..., Worker],
) -> None:
    calls: list[float] = []
    left = [3]

    def take() -> int:
        calls.append(time.monotonic())
        left[0] -= 1
        return max(0, left[0] + 1)

    loop = Loop("taking", take, every=30, gap=0.0)
    started(loop)
    eventually(lambda: len(calls) == 4)
    time.sleep(0.1)
    assert len(calls) == 4
    loop.wake.set()
    eventually(lambda: len(calls) == 5)


def test_stopping_waits_for_what_a_loop_is_at() -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        time.sleep(0.2)
        ended.set()
        return 0

    worker = Worker([Loop("slow", slow, 30)])
    worker.start()
    begun.wait(5)
    assert worker.stop()
    assert ended.is_set()


def test_the_worker_places_entries_and_feeds_followers_as_acts_happen(started: Callable[..., Worker]) -> None:
    follower = Tracing()
    follow.register(follower)
    with traces() as traced:
        wanted = ("sequence", f"follow {follower.name}")
        worker = started(*[loop for loop in work.loops() if loop.name in wanted])
        assert [status.name for status in worker.statuses] == list(wanted)
        began = time.monotonic()
        write("test:1", 20)
        eventually(lambda: traced() == list(range(20)))
        assert time.monotonic() - began < 5
        assert rows.size() == 20


def test_a_loop_that_hangs_or_fails_is_seen() -> None:
    well, failing, hanging = Status("a", 0.1), Status("b", 0.1, error="ValueError", tries=3), Status("c", 0.1)
    hanging.ended -= 1000
    assert work.check([well]).state == "ok"
    assert work.check([well, failing]).state == "degraded"
    check = work.check([well, failing, hanging])
    assert check.state == "failed"
    assert [one["name"] for one in check.facts["loops"]] == ["b", "a", "c"]


def _health() -> tuple[int, dict[str, Any]]:
    answer = health.healthz(RequestFactory().get("/healthz"))
    return answer.status_code, json.loads(answer.content)


def test_a_well_program_says_how_far_its_log_reaches() -> None:
    write("test:1", 3)
    sequence.sequence_all()
    status, told = _health()
    assert (status, told["state"], told["ledger"]["size"], told["ledger"]["waiting"]) == (200, "ok", 3, 0)
    assert told["store"]["kind"] == connection.vendor


def test_a_follower_in_trouble_comes_first_on_the_health_page() -> None:
    class Failing(Counting):
        name = "zealous"

        def digest(self, entries: Any) -> None:
            raise ValueError("13800000000")

    for follower in (Counting(), Failing()):
        follow.register(follower)
    write("test:1", 3)
    sequence.sequence_all()
    follow.run_all()
    status, told = _health()
    assert (status, told["state"]) == (200, "degraded")
    first = told["followers"]["followers"][0]
    assert (first["name"], first["behind"]) == ("zealous", 3)
    assert "13800000000" not in json.dumps(told)


def test_a_log_that_stands_still_makes_the_program_unwell(monkeypatch: pytest.MonkeyPatch) -> None:
    write("test:1", 3)
    monkeypatch.setattr(health, "LATE_MS", -1)
    assert _health()[1]["state"] == "degraded"
    monkeypatch.setattr(health, "STALLED_MS", -1)
    assert _health()[0] == 503


def test_a_store_that_is_away_and_a_part_that_breaks_make_the_program_unwell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> Check:
        raise RuntimeError("13800000000")

    health.register_check("broken", broken)
    status, told = _health()
    assert (status, told["broken"]["state"]) == (503, "failed")
    assert "13800000000" not in json.dumps(told)

    def away() -> Check:
        raise OperationalError

    monkeypatch.setattr(health, "_store", away)
    assert _health()[0] == 503
    assert "ledger" not in _health()[1]
