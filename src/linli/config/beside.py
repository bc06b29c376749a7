"""The worker as a process of its own beside those that serve, so that what follows an act never takes turns with answering people.

It is told that something was committed, and tells that entries were placed and, once a second, how its loops are doing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from linli.config import worker as work
from linli.config.kept import PLACED, Kept, Told
from linli.doors import health
from linli.kernel import store
from linli.kernel.ledger import sequence

EVERY = 1.0  # seconds between two reports of the worker
SILENT = 30.0  # so long without one, and it hangs; starting takes a few seconds on a small machine
HINT = b"committed\n"


class Hearsay:
    """What this process has heard of the worker, for its health page and its streams."""

    def __init__(self) -> None:
        self._heard = time.monotonic()
        self._statuses: list[work.Status] = []
        self._more: dict[str, Any] = {}

    def take(self, line: bytes) -> None:
        """One line of the worker's."""
        if line == PLACED:
            sequence.heard()
            return
        with suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            self._statuses = [_status(each) for each in told.pop("loops")]
            self._heard, self._more = time.monotonic(), told

    def check(self, died: str = "") -> health.Check:
        """The worker's loops as it told them last, and how long that is ago."""
        silent = time.monotonic() - self._heard
        told = work.check(self._statuses)
        facts = {**told.facts, **self._more, "silent_s": round(silent, 1), "died": died}
        if silent > SILENT:
            return health.Check("failed", facts)
        unsure = died or not self._statuses  # it ended, or has not yet said anything
        return health.Check("degraded" if unsure and told.state == "ok" else told.state, facts)


def _status(told: dict[str, Any]) -> work.Status:
    silent = told.pop("silent")
    return work.Status(**told, ended=time.monotonic() - silent)


class Beside(Kept):
    """The worker's process. ``relay`` hears every line of it as well: for further processes that serve."""

    def __init__(self, relay: Callable[[bytes], None] | None = None) -> None:
        super().__init__("worker", ("worker", "--beside"), self._take)
        self._hearsay, self._relay = Hearsay(), relay

    def start(self) -> None:
        health.register_check("worker", lambda: self._hearsay.check(self.died))
        store.on_commit_hint(self.hint)
        super().start()

    def hint(self) -> None:
        """Something was committed."""
        self.say(HINT)

    def _take(self, line: bytes) -> None:
        self._hearsay.take(line)
        if self._relay is not None:
            self._relay(line)


def run() -> int:
    """``linli worker --beside``: the loops, until whoever started this process wants it to end or is gone."""
    worker = work.start()
    above = Told(on_line=lambda _: store.committed(), on_end=worker.end)
    sequence.on_sequenced(lambda: above.say(PLACED))
    while not worker.wait(EVERY):
        above.say(_told(worker))
    return 0 if worker.stop() else 1


def _told(worker: work.Worker) -> bytes:
    """How the loops are, on one line."""
    told = []
    for status in worker.statuses:
        facts = asdict(status)
        facts["silent"] = round(status.silent_for(), 2)
        del facts["ended"]
        told.append(facts)
    return json.dumps({"process": os.getpid(), "loops": told}).encode() + b"\n"
