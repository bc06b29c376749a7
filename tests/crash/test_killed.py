"""SIGKILL at random moments during intake. ``LINLI_TEST_CRASH_ROUNDS`` lives (200 in CI, 12 otherwise); on PostgreSQL a fifth of them.

``LINLI_TEST_CRASH_SEED`` chooses other moments.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from tests.crash.lives import ROOT, Lives, environment
from tests.crash.neighbours import Neighbours, Said
from tests.machine import Cluster

pytestmark = pytest.mark.crash

ROUNDS = int(os.environ.get("LINLI_TEST_CRASH_ROUNDS") or (200 if os.environ.get("CI") else 12))
PATIENCE = 120.0  # seconds without any progress
A_LIFE = 1.6  # seconds, about: only spreads over the run what the clocks have to say
SEED = int(os.environ.get("LINLI_TEST_CRASH_SEED", "20260301"))


def _store_side(data: Path, db: str, *words: str, patience: float = 300) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
    command = [sys.executable, "-m", "tests.crash.store_side", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=env | environment(data, db), capture_output=True, text=True, timeout=patience
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@contextmanager
def _everybody_talks(port: int, seed: int) -> Iterator[Neighbours]:
    neighbours = Neighbours(port, seed)
    neighbours.start()
    try:
        yield neighbours
    finally:
        neighbours.stop()


def _killed(lives: Lives, neighbours: Neighbours, rounds: int, rng: Random) -> None:
    """``rounds`` lives: most end while reports are being answered, some as soon as there is somebody to answer, some before."""
    for number in range(rounds):
        before, dice = neighbours.answers, rng.random()
        lives.begin()
        if dice < 0.12:
            time.sleep(rng.uniform(0.05, 0.8))
        else:
            assert lives.answers(60), f"life {number} never answered:\n{lives.said()}"
            until = time.monotonic() + (30 if dice > 0.25 else 0)
            while neighbours.answers == before and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(rng.uniform(0.01, 0.5))
        assert lives.end() == "killed", lives.said()
        if number % 100 == 99:
            print(f"{number + 1} lives, {neighbours.answers} answers", flush=True)


def _all_answered(neighbours: Neighbours) -> None:
    """Whatever was not answered is sent again until it is: the last life is not killed."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        waiting = [one for one in list(neighbours.said) if one.receipt is None and one.tries > 1]
        if not waiting:
            return
        time.sleep(0.1)
    raise AssertionError(f"{len(waiting)} reports were never answered")


def _all_fired(data: Path, db: str) -> None:
    """The last life has caught up with what fell due while there was none. A long run leaves thousands, and more fall due meanwhile: so long
    as they grow fewer they are waited for."""
    fewest, until = _overdue(data, db), time.monotonic() + PATIENCE
    while waiting := _overdue(data, db):
        if waiting < fewest:
            fewest, until = waiting, time.monotonic() + PATIENCE
        assert time.monotonic() < until, f"{waiting} clocks have something to say and do not say it"
        time.sleep(0.2)


def _overdue(data: Path, db: str) -> int:
    asked = "SELECT COUNT(*) FROM matters_clock WHERE next_at < {}"
    if db:
        with psycopg.connect(db.replace("postgres://", "postgresql://", 1)) as connection:
            row = connection.execute(asked.format("now() - interval '1 second'").encode()).fetchone()
    else:
        with closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as store:
            row = store.execute(asked.format("datetime('now', '-1 second')")).fetchone()
    assert row is not None
    return int(row[0])


def _plain(one: Said) -> dict[str, Any]:
    return {
        "key": one.key, "form": one.form, "photo": bool(one.photo), "tries": one.tries, "receipt": one.receipt,
        "supplements": one.supplements,
    }  # fmt: skip


def _through(data: Path, db: str, rounds: int) -> tuple[Neighbours, dict[str, Any]]:
    """The whole run on one store: seeded, killed again and again, served once more, stopped, inspected."""
    _store_side(data, db, "seed", str(int(rounds * A_LIFE)))
    with closing(Lives(data, db)) as lives:
        with _everybody_talks(lives.port, SEED) as neighbours:
            _killed(lives, neighbours, rounds, Random(SEED))
            lives.begin()
            assert lives.answers(60)
            _all_answered(neighbours)
        _all_fired(data, db)
        stopped = time.time()
        assert lives.end(signal.SIGTERM) == "0"
    told = data / "said.json"
    told.write_text(
        json.dumps({"stopped": stopped, "said": [_plain(one) for one in neighbours.said]}), "utf-8"
    )
    return neighbours, json.loads(_store_side(data, db, "inspect", str(told), patience=300 + 4 * rounds))


def _judge(neighbours: Neighbours, found: dict[str, Any], rounds: int) -> None:
    answered = sum(one.receipt is not None for one in neighbours.said)
    again = sum(one.tries > 1 for one in neighbours.said)
    print(f"\n{rounds} lives, {answered} reports acknowledged, {again} sent more than once, {found}")
    assert found["wrong"] == []
    assert neighbours.refusals == []
    assert neighbours.answers >= rounds // 2, "there was hardly any intake to kill"
    assert again > 0, "no kill met a report under way"
    assert found["fired"] > 0, "no clock fell due"


@pytest.mark.slow
def test_killing_the_server_again_and_again_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    neighbours, found = _through(tmp_path, "", ROUNDS)
    _judge(neighbours, found, ROUNDS)


@pytest.mark.slow
@pytest.mark.postgres
def test_killing_the_server_on_postgresql_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, postgres_cluster: Cluster
) -> None:
    rounds = max(6, ROUNDS // 5)
    neighbours, found = _through(tmp_path, postgres_cluster.database(), rounds)
    _judge(neighbours, found, rounds)
