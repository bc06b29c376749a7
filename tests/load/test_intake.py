"""What one public report costs: counted, not timed, so that it holds on any machine; and the measuring itself, once, for a moment."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from linli.bench.client import Answers, Connection, closed_loop, open_loop
from linli.bench.machine import cpu_seconds, yardstick
from tests import town as towns
from tests.doors.api_town import Asker, report

MOST = 15  # statements, from the question whether it is known to the receipt


def statements(work: Callable[[], Any]) -> list[str]:
    """What is said to the store meanwhile."""
    said: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        said.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    return said


@pytest.mark.django_db
def test_a_report_with_its_duplicate_check_takes_fifteen_statements_or_fewer(
    town: towns.Town, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MODE = "serve"  # as in service, what is known of places and people is asked for once a second, not every time
    asker = Asker(town)
    likely = {name: report()[name] for name in ("pack", "kind", "lon", "lat", "words")}
    for number in range(3):
        assert asker.post("reports", report(), Idempotency_Key=f"warm-up-{number}").status_code == 201
    asker.post("likely", likely)

    def both() -> None:
        assert asker.post("likely", likely).json()["items"]
        assert asker.post("reports", report(), Idempotency_Key="counted-one").status_code == 201

    found = statements(both)
    assert len(found) <= MOST, "\n".join(found)


@pytest.mark.django_db
def test_an_anonymous_report_asks_nothing_about_sessions(town: towns.Town) -> None:
    asker = Asker(town)
    found = statements(lambda: asker.post("reports", report()))
    assert not [sql for sql in found if "session" in sql or "axes" in sql or "otp_" in sql]


def test_percentiles_are_of_what_was_measured() -> None:
    answers = Answers(seconds=[n / 1000 for n in range(1, 101)], spent=2.0)
    assert (answers.percentile(0.5), answers.percentile(0.99), answers.per_second) == (51, 100, 50)
    assert Answers().percentile(0.5) == 0


def test_processor_time_is_counted() -> None:
    before, until = cpu_seconds(os.getpid()), time.process_time() + 0.1
    while time.process_time() < until:
        pass
    if Path("/proc/self/stat").exists():
        assert cpu_seconds(os.getpid()) > before
    assert yardstick() > 0


async def _slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that needs 20 ms for each answer, one connection each."""
    while await reader.readline():
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
    writer.close()


async def _measured(loop: Callable[[int], Any]) -> Answers:
    server = await asyncio.start_server(_slow, "127.0.0.1", 0)
    async with server:
        found: Answers = await loop(server.sockets[0].getsockname()[1])
        await asyncio.sleep(0.1)  # until the server has seen that everybody left
        return found


async def _ask(connection: Connection, number: int) -> int:
    status, body = await connection.post("/", {"number": number})
    assert body == b"ok"
    return status


def test_a_closed_loop_waits_for_answers_and_an_open_one_does_not() -> None:
    closed = asyncio.run(_measured(lambda port: closed_loop(port, _ask, 2, 0.5, 0)))
    assert set(closed.statuses) == {201}
    assert closed.percentile(0.5) >= 20 and len(closed.seconds) <= 2 * (0.5 / 0.02 + 1)
    opened = asyncio.run(_measured(lambda port: open_loop(port, _ask, 200, 0.3, 0)))
    assert len(opened.seconds) == 60 and set(opened.statuses) == {201}


@pytest.mark.slow
def test_the_measurement_runs_from_end_to_end() -> None:
    command = [
        sys.executable,
        "-m",
        "linli.doors.cli.main",
        "bench",
        "intake",
        "--seconds",
        "1",
        "--repeats",
        "1",
        "--json",
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
    done = subprocess.run(command, capture_output=True, text=True, env=kept, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["refused_or_failed"] == 0
    assert found["statements_per_report"] <= MOST
    assert found["reports_per_second"] > 0
