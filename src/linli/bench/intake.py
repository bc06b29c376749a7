"""``linli bench intake``: the public report over HTTP, as a resident's program sends it: first the question whether it is known already, then
the report; answered only when it is on the disk."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linli.bench import machine
from linli.bench.asking import Asking
from linli.bench.client import Answers, Connection, closed_loop, open_loop

WARM = 3.0
GENEROUS = {"LINLI_REPORTS_PER_ADDRESS": "1000000000", "LINLI_LOOKS_PER_ADDRESS": "1000000000"}


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    store: str = "sqlite"
    seconds: float = 10.0
    connections: int = 8
    repeats: int = 3
    size: str = "street"
    check: str = "within"  # duplicates: asked "before" in a request of its own, "within" the report, or "no"
    processes: int = max(1, len(os.sched_getaffinity(0)))  # that serve


@dataclass(frozen=True)
class Run:
    """One repeat."""

    answers: Answers
    cpu_ms: float  # of the server (and PostgreSQL) per report
    others: float  # processors that everybody else kept busy


class Stand:
    """A store to throw away and the program serving it."""

    def __init__(self, wanted: Wanted) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="linli-bench-"))
        self.spots = self._home / "spots.json"
        self._postgres = machine.Postgres() if wanted.store == "postgres" else None
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
        self._env = kept | GENEROUS | {"LINLI_DATA": str(self._home / "data"), "LINLI_MODE": "serve"}
        self._env["LINLI_DB"] = self._postgres.address if self._postgres else ""
        self.port = machine.free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def prepare(self, size: str) -> None:
        self._child("linli.bench.ground", size, str(self.spots))

    def count(self, reports: int) -> dict[str, Any]:
        """The counting pass, on the same store, while nothing serves it."""
        found: dict[str, Any] = json.loads(
            self._child("linli.bench.counting", str(self.spots), str(reports)).splitlines()[-1]
        )
        return found

    def _child(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments], env=self._env, capture_output=True, text=True
        )
        if done.returncode:
            raise machine.Absent(done.stderr[-2000:] or done.stdout[-2000:])
        return done.stdout

    def start(self, processes: int) -> None:
        command = [
            sys.executable,
            "-m",
            "linli.doors.cli.main",
            "serve",
            "--port",
            str(self.port),
            "--processes",
            str(processes),
        ]
        with open(self._home / "log", "ab") as log:
            self._server = subprocess.Popen(
                command, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + 90
        while not self._healthy():
            if self._server.poll() is not None or time.monotonic() > until:
                raise machine.Absent((self._home / "log").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.1)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def cpu(self) -> float:
        """Seconds of processor time so far, of all that serves."""
        spent = machine.cpu_seconds(self._server.pid) if self._server else 0.0
        return spent + (machine.cpu_seconds(self._postgres.process.pid) if self._postgres else 0.0)

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
        self._server = None

    def remove(self) -> None:
        self.stop()
        if self._postgres is not None:
            self._postgres.remove()
        shutil.rmtree(self._home, ignore_errors=True)


def measure(wanted: Wanted, say: Any = print) -> dict[str, Any]:
    """Everything, as JSON knows it. Raises machine.Absent where the machine lacks something."""
    stand = Stand(wanted)
    try:
        say(f"{wanted.store}: 造镇 building the town …")
        stand.prepare(wanted.size)
        counted = stand.count(200)
        stand.start(wanted.processes)
        asking = Asking(json.loads(stand.spots.read_text()), seed=11)
        before = machine.yardstick()
        runs = _closed(stand, wanted, asking, say)
        middle = sorted(runs, key=lambda run: run.answers.per_second)[len(runs) // 2]
        steady = asyncio.run(
            open_loop(
                stand.port,
                _work(asking, wanted.check),
                0.6 * middle.answers.per_second,
                wanted.seconds,
                50_000_000,
            )
        )
        return _told(wanted, counted, runs, middle, steady, (before, machine.yardstick()))
    finally:
        stand.remove()


def _work(asking: Asking, check: str) -> Any:
    async def one(connection: Connection, number: int) -> int:
        body = asking.report(number)
        if check == "within":
            body["unless_likely"] = 1.0  # all of the question; hardly ever a reason not to file
        if check == "before":
            status, _ = await connection.post("/api/v1/likely", Asking.likely(body))
            if status != 200:
                return status
        status, _ = await connection.post(
            "/api/v1/reports", body, f"Idempotency-Key: bench-{number:012d}\r\n"
        )
        return status

    return one


def _closed(stand: Stand, wanted: Wanted, asking: Asking, say: Any) -> list[Run]:
    work, first, runs = _work(asking, wanted.check), 0, []
    asyncio.run(closed_loop(stand.port, work, wanted.connections, WARM, first))
    for number in range(1, wanted.repeats + 1):
        first += 1_000_000
        cpu, busy, own, began = stand.cpu(), machine.busy_seconds(), time.process_time(), time.perf_counter()
        answers = asyncio.run(closed_loop(stand.port, work, wanted.connections, wanted.seconds, first))
        spent, ours, client = time.perf_counter() - began, stand.cpu() - cpu, time.process_time() - own
        others = max(0.0, (machine.busy_seconds() - busy - ours - client) / spent)
        runs.append(Run(answers, 1000 * ours / max(1, len(answers.seconds)), others))
        say(
            f"  {number}/{wanted.repeats}: {answers.per_second:.0f}/s, {runs[-1].cpu_ms:.2f} ms CPU, others {others:.2f} cores"
        )
    return runs


def _told(
    wanted: Wanted,
    counted: dict[str, Any],
    runs: list[Run],
    middle: Run,
    steady: Answers,
    yardsticks: tuple[float, float],
) -> dict[str, Any]:
    wrong = sum(n for run in runs for status, n in run.answers.statuses.items() if status not in (200, 201))
    statements = counted["statements"]
    return {
        "store": wanted.store, "connections": wanted.connections, "processes": wanted.processes, "seconds": wanted.seconds, "repeats": wanted.repeats,
        "duplicate_check": wanted.check, "reports_per_second": round(middle.answers.per_second, 1),
        "p50_ms": round(middle.answers.percentile(0.5), 1), "p99_ms": round(middle.answers.percentile(0.99), 1),
        "cpu_ms_per_report": round(sorted(run.cpu_ms for run in runs)[len(runs) // 2], 2),
        "statements": statements, "statements_per_report": {
            "before": statements["likely"] + statements["report"], "within": statements["checked"], "no": statements["report"],
        }[wanted.check],
        "statements_most": counted["most"], "in_process_cpu_ms": {k: round(v, 2) for k, v in counted["cpu_ms"].items()},
        "open_loop": {"rate": round(0.6 * middle.answers.per_second, 1), "p50_ms": round(steady.percentile(0.5), 1),
                      "p99_ms": round(steady.percentile(0.99), 1), "answered": len(steady.seconds)},
        "other_cores_busy": round(sorted(run.others for run in runs)[len(runs) // 2], 2),
        "yardstick_ms": [round(each, 2) for each in yardsticks], "refused_or_failed": wrong,
    }  # fmt: skip
