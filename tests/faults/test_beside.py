"""The worker is a process of its own: it dies alone and is replaced, it never outlives its server, and at the end it signs what there is."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.crash.lives import Lives
from tests.faults.scene import PATIENCE, ROUNDS, Scene, eventually, health, well

pytestmark = [pytest.mark.crash, pytest.mark.slow]


@contextmanager
def _served(data: Path, processes: int = 1) -> Iterator[Scene]:
    here = Scene(data, Lives(data, worker="beside", processes=processes))
    try:
        here.begin()
        yield here
    finally:
        here.lives.close()


def _worker(here: Scene) -> int:
    """The worker's process, once it is at work."""
    eventually(lambda: well(here.port), "all is well", here.lives.said)
    return int(health(here.port)[1]["worker"]["process"])


def _serving(here: Scene) -> list[int]:
    """The processes that answer, where there are several: started by the one that keeps them, as the worker is."""
    listed = Path(f"/proc/{here.lives.pid}/task").glob("*/children")
    children = {int(pid) for each in listed for pid in each.read_text().split()}
    return sorted(pid for pid in children if b"--child" in Path(f"/proc/{pid}/cmdline").read_bytes())


def _two_without(here: Scene, gone: int) -> bool:
    there = _serving(here)
    return len(there) == 2 and gone not in there


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_worker_that_is_killed_is_replaced_and_nobody_is_kept_waiting(town: Path) -> None:
    with _served(town) as here:
        with here.neighbours(40) as talking:
            for _ in range(2 * ROUNDS):
                first = _worker(here)
                here.heard(talking)
                os.kill(first, signal.SIGKILL)
                eventually(
                    lambda: health(here.port)[1]["worker"]["died"] == "ended by signal 9", "the page says so"
                )
                assert health(here.port)[1]["worker"]["state"] == "degraded"
                here.heard(talking, 3)  # reports are taken in meanwhile
                eventually(lambda gone=first: _worker(here) != gone, "another is at work")
        found = here.inspected(talking)
    assert found["wrong"] == []
    assert found["fired"] > 0, "no clock fell due"


def test_a_worker_goes_with_a_server_that_is_killed(town: Path) -> None:
    with _served(town) as here:
        with here.neighbours(41) as talking:
            for _ in range(2 * ROUNDS):
                worker = _worker(here)
                here.heard(talking)
                assert here.lives.end(signal.SIGKILL) == "killed"
                eventually(lambda: _gone(worker), "the worker is gone too", within=PATIENCE)  # noqa: B023
                here.begin()
        found = here.inspected(talking)
    assert found["wrong"] == []


def test_an_orderly_end_signs_everything_that_was_placed(town: Path) -> None:
    with _served(town) as here:
        worker = _worker(here)
        with here.neighbours(42) as talking:
            here.heard(talking)
        assert here.inspected(talking)["wrong"] == []
        assert _gone(worker)
    with closing(sqlite3.connect(town / "db.sqlite3")) as store:
        (placed,) = store.execute("SELECT size FROM ledger_head").fetchone()
        (signed,) = store.execute("SELECT MAX(size) FROM ledger_checkpoint").fetchone()
    assert placed == signed


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are found where Linux lists them")
def test_several_serve_one_address_and_one_that_is_killed_is_replaced(town: Path) -> None:
    with _served(town, processes=2) as here:
        _worker(here)
        with here.neighbours(43, count=6) as talking:
            for _ in range(2 * ROUNDS):
                here.heard(talking, 12)
                first = _serving(here)
                assert len(first) == 2
                os.kill(first[0], signal.SIGKILL)
                here.heard(talking, 6)  # the other goes on
                eventually(lambda gone=first[0]: _two_without(here, gone), "there are two again")
        assert talking.refusals == []
        found = here.inspected(talking)
    assert found["wrong"] == []
