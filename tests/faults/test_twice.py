"""The same thing twice: two programs on one store, the same request sixteen times at once and in any order."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.lives import Lives
from tests.crash.neighbours import Neighbours, Said, _report
from tests.faults.scene import PATIENCE, ROUNDS, Scene, eventually, inspected, scene, store_side, well
from tests.machine import Cluster

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SENDERS = 16


@contextmanager
def _beside(here: Scene) -> Iterator[Lives]:
    """A second ``linli serve`` on the same store, with a worker and a sequencer of its own."""
    other = Lives(here.data, here.db)
    try:
        other.begin()
        assert other.answers(PATIENCE), other.said()
        yield other
    finally:
        other.close()


def _two_programs(here: Scene) -> None:
    here.begin()
    with _beside(here) as other:
        with here.neighbours(30) as one, here.neighbours(31, port=other.port) as two:
            for _ in range(2 * ROUNDS):
                here.heard(one)
                here.heard(two)
        eventually(lambda: well(here.port) and well(other.port), "both are well")
        stopped = time.time()
        assert other.end(signal.SIGTERM) == "0", other.said()
        assert here.lives.end(signal.SIGTERM) == "0", here.lives.said()
    found = inspected(here.data, here.db, stopped, one, two)
    assert found["wrong"] == []
    assert found["fired"] > 0, "no clock fell due"
    assert one.refusals == two.refusals == []


def test_two_programs_with_two_workers_and_two_sequencers_on_one_file_do_nothing_twice(town: Path) -> None:
    with scene(town) as here:
        _two_programs(here)


@pytest.mark.postgres
def test_two_programs_with_two_workers_and_two_sequencers_on_postgresql_do_nothing_twice(
    tmp_path: Path, postgres_cluster: Cluster
) -> None:
    db = postgres_cluster.database()
    store_side(tmp_path, db, "seed", "20")
    with scene(tmp_path, db) as here:
        _two_programs(here)


def _sent_by_everybody(port: int, reports: list[Said], seed: int) -> Neighbours:
    """Sixteen senders at once: each sends every report and something more to each, in an order of its own."""
    mouth = Neighbours(port, seed)
    mouth.said = reports
    lock = threading.Lock()

    def speak(number: int) -> None:
        rng = random.Random(seed * 100 + number)
        for one in rng.sample(reports, len(reports)):
            receipt = _answered(mouth, "/api/v1/reports", one.key, one.form, one.photo)
            with lock:
                one.tries += 1
                if one.receipt is None:
                    one.receipt = receipt
                same = all(receipt[name] == one.receipt[name] for name in ("id", "number", "token", "code"))
                if not same:
                    mouth.refusals.append(f"{one.key}: two receipts")
            more = f"more-{one.key}"
            address = f"/api/v1/follow/{receipt['token']}/acts/supplement"
            _answered(mouth, address, more, {"words": f"补充 {more}"}, b"")
            with lock:
                one.supplements = [more]

    speaking = [threading.Thread(target=speak, args=(number,), daemon=True) for number in range(SENDERS)]
    for thread in speaking:
        thread.start()
    for thread in speaking:
        thread.join(PATIENCE * 2)
    assert not any(thread.is_alive() for thread in speaking), "somebody still waits for an answer"
    return mouth


def _answered(mouth: Neighbours, address: str, key: str, form: dict, photo: bytes) -> dict:  # type: ignore[type-arg]
    for _ in range(50):
        told = mouth._send(address, key, form, photo)
        if told is not None:
            return told
        time.sleep(0.1)
    raise AssertionError(f"never answered: {mouth.refusals[-3:]}")


def test_sixteen_senders_of_the_same_reports_in_any_order_get_one_receipt_for_each(town: Path) -> None:
    with scene(town) as here:
        here.begin()
        spoken = [
            _sent_by_everybody(
                here.port, [_report(random.Random(f"{turn} {n}")) for n in range(6)], 40 + turn
            )
            for turn in range(ROUNDS)
        ]
        found = here.inspected(*spoken)
    assert found["wrong"] == []
    for mouth in spoken:
        assert mouth.refusals == []
        assert all(one.receipt for one in mouth.said)
