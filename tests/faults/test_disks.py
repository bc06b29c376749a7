"""A disk that is full, a disk that can only be read. The program says so to whoever asks and to the operator, and goes on by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.lives import ROOT, environment
from tests.crash.neighbours import Neighbours
from tests.faults.conftest import FailingDisk, SmallDisk
from tests.faults.scene import ROUNDS, copied, eventually, health, only, scene, well
from tests.machine import free_port

pytestmark = [pytest.mark.crash, pytest.mark.slow]


def test_a_full_disk_refuses_says_so_and_takes_everything_once_there_is_room(
    seeded: Path, small_disk: Callable[[int], SmallDisk]
) -> None:
    disk = small_disk(96)
    with scene(copied(seeded, disk.at / "data")) as here:
        here.begin()
        with here.neighbours(1) as talking:
            for _ in range(ROUNDS):
                here.heard(talking)
                before = len(talking.refusals)
                disk.fill()
                eventually(lambda before=before: len(talking.refusals) >= before + 5, "five were refused")
                status, told = health(here.port)
                assert (status, told["disk"]["state"], told["disk"]["error"]) == (503, "failed", "store.full")
                disk.empty()
                here.heard(talking)
        eventually(lambda: well(here.port), "it is well again", lambda: health(here.port))
        assert "store.full" in {one["code"] for one in health(here.port)[1]["store"]["troubles"]}
        found = here.inspected(talking)
    assert found["wrong"] == []
    assert only(talking, "store.full", "store.away") > 0


def test_a_disk_that_can_only_be_read_answers_readers_refuses_writers_and_loses_nothing(
    seeded: Path, small_disk: Callable[[int], SmallDisk], tmp_path: Path
) -> None:
    disk = small_disk(96)
    with scene(copied(seeded, disk.at / "data")) as here:
        here.begin()
        with here.neighbours(2) as talking:
            here.heard(talking)
        assert here.lives.end(signal.SIGKILL) == "killed"
    disk.only_reading(True)
    token = next(one.receipt["token"] for one in talking.said if one.receipt)
    with _served(disk.at / "data", tmp_path / "log") as port:
        status, told = health(port)
        assert (status, told["disk"]["state"], told["disk"]["error"]) == (503, "failed", "store.read_only")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/follow/{token}", timeout=30) as page:
            assert page.status == 200
        late = Neighbours(port, 3)
        late.start()
        eventually(lambda: len(late.refusals) >= 5, "five were refused", lambda: health(port))
        late.stop()
        assert late.answers == 0
        assert "store.read_only" in {one["code"] for one in health(port)[1]["store"]["troubles"]}
    assert only(late, "store.read_only") >= 5
    disk.only_reading(False)
    with scene(disk.at / "data") as again:
        again.begin()
        eventually(lambda: well(again.port), "it is well", lambda: health(again.port))
        found = again.inspected(talking, late)
    assert found["wrong"] == []
    assert talking.refusals == []


def test_a_disk_that_turns_read_only_while_everybody_works_refuses_acts_reads_on_and_loses_nothing(
    seeded: Path, failing_disk: FailingDisk
) -> None:
    data = copied(seeded, failing_disk.at / "data")
    os.sync()  # what a copy has not yet brought to the disk is lost with it; that is not what is asked here
    with scene(data) as here:
        here.begin()
        talking = Neighbours(here.port, 4)
        talking.start()
        here.heard(talking)
        failing_disk.fail()
        eventually(lambda: len(talking.refusals) >= 5, "five were refused", here.lives.said)
        before = _kept(talking)
        status, told = health(here.port)
        assert (status, told["disk"]["state"], told["disk"]["error"]) == (503, "failed", "store.read_only")
        token = next(one.receipt["token"] for one in talking.said if one.receipt)
        for _ in range(8):  # every thread
            address = f"http://127.0.0.1:{here.port}/api/v1/follow/{token}"
            with urllib.request.urlopen(address, timeout=30) as page:
                assert page.status == 200
        time.sleep(1)
        assert _kept(talking) == before, "nothing is acknowledged that cannot be kept"
        talking.stop()
        told = here.lives.said()
        assert only(talking, "store.read_only", "store.away") >= 5, (
            told
        )  # away: whoever was in the middle of it cannot be sure
        here.lives.end(signal.SIGTERM)
    failing_disk.mend()
    with scene(failing_disk.at / "data") as again:
        again.begin()
        eventually(lambda: well(again.port), "it is well again", lambda: health(again.port))
        with again.neighbours(5) as late:
            again.heard(late)
        found = again.inspected(talking, late)
    assert found["wrong"] == [] and late.refusals == []


def _kept(neighbours: Neighbours) -> tuple[int, int]:
    """How many reports and how many further words were acknowledged. What was so before is answered again, from what can be read."""
    said = list(neighbours.said)
    return sum(one.receipt is not None for one in said), sum(len(one.supplements) for one in said)


@contextmanager
def _served(data: Path, log: Path) -> Iterator[int]:
    """``linli serve`` that leaves nothing in its data folder, not even its words."""
    port = free_port()
    command = [sys.executable, "-m", "linli.doors.cli.main", "serve", "--port", str(port)]
    with open(log, "ab") as words:
        serving = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment(data, ""), stdout=words, stderr=words
        )
        try:
            eventually(lambda: health(port)[0], "it answers", log.read_text)
            yield port
        finally:
            serving.kill()
            serving.wait()


def test_a_store_that_cannot_even_be_opened_ends_the_start_with_a_sentence(
    seeded: Path, small_disk: Callable[[int], SmallDisk]
) -> None:
    """Put away properly, SQLite's file has no log beside it, and needs to make one before it can be read."""
    disk = small_disk(96)
    data = copied(seeded, disk.at / "data")
    for name in ("db.sqlite3-wal", "db.sqlite3-shm"):
        (data / name).unlink(missing_ok=True)
    disk.only_reading(True)
    command = [sys.executable, "-m", "linli.doors.cli.main", "serve", "--port", str(free_port())]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment(data, ""), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 75, done.stderr
    assert "[store.away]" in done.stderr or "[store.read_only]" in done.stderr
    assert "Traceback" not in done.stderr
