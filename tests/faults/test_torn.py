"""Pages torn by a power cut. What was acknowledged had reached the disk; what was being written is as if it had never begun."""

from __future__ import annotations

import random
import shutil
import signal
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.scene import ROUNDS, eventually, inspected, scene, well

pytestmark = [pytest.mark.crash, pytest.mark.slow]

HEAD, FRAME_HEAD = 32, 24


@dataclass(frozen=True)
class Frame:
    """One page in a write-ahead log. ``commits`` is the last of a transaction."""

    at: int
    page: int
    commits: bool


def frames(wal: bytes) -> tuple[int, list[Frame]]:
    """The page size and the frames that belong to the log as it stands (same salt as its head), up to the last commit."""
    size = struct.unpack(">I", wal[8:12])[0] if len(wal) >= HEAD else 0
    found: list[Frame] = []
    at = HEAD
    while size and at + FRAME_HEAD + size <= len(wal):
        page, commit = struct.unpack(">II", wal[at : at + 8])
        if wal[at + 8 : at + 16] != wal[16:24]:
            break
        found.append(Frame(at, page, commit != 0))
        at += FRAME_HEAD + size
    while found and not found[-1].commits:
        found.pop()
    return size, found


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_torn_frame_at_the_end_and_a_torn_checkpoint_lose_nothing_acknowledged(
    town: Path, number: int
) -> None:
    rng = random.Random(number)
    with scene(town) as here:
        here.begin()
        with here.neighbours(10 + number) as talking:
            here.heard(talking, 10)
            assert here.lives.end(signal.SIGKILL) == "killed"
            wal = town / "db.sqlite3-wal"
            size, whole = frames(wal.read_bytes())
            assert whole, "the log was empty"
            _torn_frame(wal, size, whole[-1], rng)
            _torn_checkpoint(town / "db.sqlite3", size, whole, rng)
            here.begin()
            here.heard(talking)
        eventually(lambda: well(here.port), "it is well")
        found = here.inspected(talking)
    assert found["wrong"] == []
    assert talking.refusals == []


def _torn_frame(wal: Path, size: int, last: Frame, rng: random.Random) -> None:
    """The next frame was begun: its head says that it commits, and half of its page is there."""
    with open(wal, "r+b") as file:
        file.seek(last.at + FRAME_HEAD + size)
        file.truncate()
        head = file.seek(0) or struct.pack(">II", last.page, last.page + 1)
        file.seek(16)
        salt = file.read(8)
        file.seek(0, 2)
        file.write(head + salt + rng.randbytes(8) + rng.randbytes(size // 2))


def _torn_checkpoint(db: Path, size: int, whole: list[Frame], rng: random.Random) -> None:
    """Pages were on their way from the log into the file: each is half there, and the file's end is not there at all."""
    pages = {frame.page for frame in whole}
    with open(db, "r+b") as file:
        length = file.seek(0, 2) // size
        for page in pages:
            if page <= length:
                file.seek((page - 1) * size + size // 2)
                file.write(rng.randbytes(size // 2))
        last = length
        while last in pages:
            last -= 1
        if last < length:
            file.truncate(last * size + size // 3)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_disk_that_lied_about_the_last_write_leaves_the_commit_before_it_whole(
    town: Path, tmp_path: Path, number: int
) -> None:
    """Frames that the disk had said were there are cut off, at every one of the last commits: a smaller store, never a half one."""
    with scene(town) as here:
        here.begin()
        with here.neighbours(20 + number) as talking:
            here.heard(talking, 10)
            assert here.lives.end(signal.SIGKILL) == "killed"
            killed = time.time()
            _, whole = frames((town / "db.sqlite3-wal").read_bytes())
            commits = [frame for frame in whole if frame.commits]
            for back, frame in enumerate(commits[-1 : -3 * ROUNDS - 1 : -2]):
                cut = tmp_path / f"cut{back}"
                shutil.copytree(town, cut)
                with open(cut / "db.sqlite3-wal", "r+b") as file:
                    file.truncate(frame.at + FRAME_HEAD + 100)
                (cut / "db.sqlite3-shm").unlink(missing_ok=True)
                found = inspected(cut, "", killed)
                # a clock whose step was in what is cut off speaks again in the next life: only that may be missing
                wrong = [line for line in found["wrong"] if not line.endswith("and never fired")]
                assert wrong == [], f"cut at commit {2 * back} from the end"
            here.begin()
        found = here.inspected(talking)
    assert found["wrong"] == []
