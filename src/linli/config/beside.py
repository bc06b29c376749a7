"""The worker as a process of its own beside the one that serves, so that what follows an act never takes turns with answering people.

Two pipes join them. A byte from the server says that something was committed; the end of that pipe, however it came about, tells the worker
to finish. From the worker come lines of JSON: that entries were placed, and once a second how its loops are doing. Hints, never facts: whatever
is lost on the way is found at the next poll.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from linli.config import worker as work
from linli.doors import health
from linli.kernel import store
from linli.kernel.ledger import sequence

log = logging.getLogger("linli.worker")

COMMAND = (sys.executable, "-m", "linli.doors.cli.main", "worker", "--beside")
EVERY = 1.0  # seconds between two reports of the worker
SILENT = 30.0  # so long without one, and it hangs; starting takes a few seconds on a small machine
LONGEST_WAIT = 30.0
PLACED = b"placed\n"


class Beside:
    """Starts the worker, starts it again when it dies, and ends it with this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._heard = time.monotonic()
        self._statuses: list[work.Status] = []
        self._died = ""
        self._tries = 0
        self._thread = threading.Thread(target=self._run, name="linli-beside", daemon=True)

    @property
    def pid(self) -> int | None:
        """The worker's process, while there is one."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Begin, in a thread; the worker is at work some moments later."""
        health.register_check("worker", self._check)
        store.on_commit_hint(self._hint)
        self._thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """Have the worker finish what it is at and end; after ``timeout`` seconds it is ended."""
        self._stopping.set()
        self._hang_up()
        self._thread.join(timeout)
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def _hint(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(
                OSError, ValueError
            ):  # full: it has enough to look at; gone: it is being started again
                process.stdin.write(b".")

    def _hang_up(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._live()
            if self._stopping.is_set():
                return
            self._tries = self._tries + 1 if time.monotonic() - began < LONGEST_WAIT else 1
            log.error("the worker %s; starting it again", self._died)
            self._stopping.wait(min(2.0 ** (self._tries - 1), LONGEST_WAIT))

    def _live(self) -> None:
        """One life of the worker, from its start to its end."""
        # A session of its own: Ctrl+C at a terminal reaches this process, which then ends the worker in good order.
        process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        assert process.stdin is not None and process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        self._process = process
        if self._stopping.is_set():
            self._hang_up()
        for line in iter(process.stdout.readline, b""):
            self._take(line)
        code = process.wait()
        process.stdout.close()
        self._died = f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        self._hang_up()

    def _take(self, line: bytes) -> None:
        if line == PLACED:
            sequence.heard()
            return
        with suppress(ValueError, TypeError):
            self._statuses = [_status(told) for told in json.loads(line)]
            self._heard, self._died = time.monotonic(), ""

    def _check(self) -> health.Check:
        silent = time.monotonic() - self._heard
        told = work.check(self._statuses)
        facts = {**told.facts, "process": self.pid, "silent_s": round(silent, 1), "died": self._died}
        if silent > SILENT:
            return health.Check("failed", facts)
        unsure = self._died or not self._statuses  # it ended, or has not yet said anything
        return health.Check("degraded" if unsure and told.state == "ok" else told.state, facts)


def _status(told: dict[str, Any]) -> work.Status:
    silent = told.pop("silent")
    return work.Status(**told, ended=time.monotonic() - silent)


def run() -> int:
    """``linli worker --beside``: the loops, until whoever started this process closes its end of the pipe or is gone."""
    worker = work.start()
    saying = threading.Lock()

    def say(line: bytes) -> None:
        with saying:
            try:
                os.write(1, line)  # one write: a line is shorter than a pipe takes whole
            except OSError:
                worker.end()

    sequence.on_sequenced(lambda: say(PLACED))
    threading.Thread(target=_listen, args=(worker,), name="linli-listen", daemon=True).start()
    while not worker.wait(EVERY):
        say(_told(worker))
    return 0 if worker.stop() else 1


def _listen(worker: work.Worker) -> None:
    while os.read(0, 65536):
        worker.look()
    worker.end()


def _told(worker: work.Worker) -> bytes:
    """How the loops are, on one line."""
    told = []
    for status in worker.statuses:
        facts = asdict(status)
        facts["silent"] = round(status.silent_for(), 2)
        del facts["ended"]
        told.append(facts)
    return json.dumps(told).encode() + b"\n"
