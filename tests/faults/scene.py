"""A town in a data folder, the real server in front of it, neighbours who report meanwhile, and the look at what is left.

``LINLI_TEST_FAULT_ROUNDS`` makes every fault happen that often in a row (1 otherwise).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash.lives import ROOT, Lives, environment
from tests.crash.neighbours import Neighbours, Said

ROUNDS = int(os.environ.get("LINLI_TEST_FAULT_ROUNDS") or 1)
PATIENCE = 90.0  # seconds; a slow machine with other things to do gets that long for anything


def store_side(data: Path, db: str, *words: str) -> str:
    """``python -m tests.crash.store_side`` on this store."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
    command = [sys.executable, "-m", "tests.crash.store_side", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=env | environment(data, db), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def eventually(true: Callable[[], Any], what: str, *more: Callable[[], Any], within: float = PATIENCE) -> Any:
    """Wait until something is true; what it answered. ``more`` is asked and told where it never is."""
    until = time.monotonic() + within
    while not (found := true()):
        assert time.monotonic() < until, f"it never came true: {what} {[each() for each in more]}"
        time.sleep(0.05)
    return found


def health(port: int) -> tuple[int, dict[str, Any]]:
    """``/healthz``: its status and what it says; (0, {}) where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())
    except OSError:
        return 0, {}


def well(port: int) -> bool:
    """Whether the program says that nothing is wrong with store, disk, followers, clocks and worker."""
    status, told = health(port)
    parts = ("store", "disk", "followers", "ledger", "clocks", "worker")
    # a small test disk has little room by nature: that is not what is asked here
    return status == 200 and all(told[part]["state"] == "ok" or part == "disk" for part in parts)


@dataclass
class Scene:
    """One store with a town, and whoever serves it."""

    data: Path
    lives: Lives
    db: str = ""

    @property
    def port(self) -> int:
        return self.lives.port

    def begin(self) -> None:
        self.lives.begin()
        assert self.lives.answers(PATIENCE), self.lives.said()

    @contextmanager
    def neighbours(self, seed: int, count: int = 3, port: int = 0) -> Iterator[Neighbours]:
        """Neighbours talk in the block; before it is left everything they said has been answered."""
        talking = Neighbours(port or self.port, seed, count)
        talking.start()
        try:
            yield talking
            eventually(lambda: not unanswered(talking), "everybody is answered", self.lives.said)
        finally:
            talking.stop()

    def heard(self, neighbours: Neighbours, more: int = 6) -> None:
        """Wait until so many more answers were given."""
        before = neighbours.answers
        eventually(lambda: neighbours.answers >= before + more, f"{more} more answers", self.lives.said)

    def inspected(self, *spoken: Neighbours) -> dict[str, Any]:
        """End the life in peace and read every row; what contradicts is under ``wrong``."""
        stopped = time.time()
        if self.lives.pid:
            assert self.lives.end(signal.SIGTERM) == "0", self.lives.said()
        return inspected(self.data, self.db, stopped, *spoken)


def inspected(data: Path, db: str, stopped: float, *spoken: Neighbours) -> dict[str, Any]:
    """What a store that nobody serves any more holds, against what these neighbours were told."""
    said = [_plain(one) for neighbours in spoken for one in list(neighbours.said)]
    told = data / "said.json"
    told.write_text(json.dumps({"stopped": stopped, "ended": time.time(), "said": said}), "utf-8")
    found: dict[str, Any] = json.loads(store_side(data, db, "inspect", str(told)))
    acknowledged = sum(one["receipt"] is not None for one in said)
    refused = sum(len(neighbours.refusals) for neighbours in spoken)
    print(f"\n{acknowledged} reports acknowledged, {refused} times refused, {found}")
    return found


def unanswered(neighbours: Neighbours) -> list[Said]:
    """What was tried more than once and has no receipt yet."""
    return [one for one in list(neighbours.said) if one.receipt is None and one.tries > 1]


def _plain(one: Said) -> dict[str, Any]:
    return {
        "key": one.key, "form": one.form, "photo": bool(one.photo), "tries": one.tries, "receipt": one.receipt,
        "supplements": one.supplements,
    }  # fmt: skip


def only(neighbours: Neighbours, *codes: str) -> int:
    """How many refusals there were; each is a 503 with one of these codes and a sentence in both languages."""
    for refusal in neighbours.refusals:
        status, _, body = refusal.partition(" ")
        assert status == "503" and any(f'"{code}"' in body for code in codes), refusal
        assert '"zh"' in body and '"en"' in body, refusal
    return len(neighbours.refusals)


@contextmanager
def scene(data: Path, db: str = "") -> Iterator[Scene]:
    """A seeded store in ``data`` (and ``db``), and a parent whose lives can begin."""
    with closing(Lives(data, db)) as lives:
        yield Scene(data, lives, db)


def copied(town: Path, data: Path) -> Path:
    """A seeded SQLite town of one's own."""
    shutil.copytree(town, data, dirs_exist_ok=True)
    return data
