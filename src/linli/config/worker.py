"""What runs behind the doors: sequencing, followers, clocks, deliveries. Threads of a process of its own (``beside``), or of the one that serves.

Each loop is on its own: one that fails says so (once in the log, always on the health page), waits a little longer
each time, and goes on. Running the worker twice by mistake does no harm; every loop's work is claimed in the store.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from linli.doors import health
from linli.doors.health import Check
from linli.kernel import store, trouble
from linli.kernel.ledger import follow, publish, sequence, witnessing
from linli.kernel.ledger.follow import Follower, described

log = logging.getLogger("linli.worker")

LONGEST_WAIT = 60.0
LONGEST_WHILE_AWAY = 5.0  # the store comes back for everybody at once, and everybody is waited for
HANGING = 60.0
TOGETHER = 0.1  # seconds in which what happens is taken together: every pass is a transaction that waits for the disk


@dataclass
class Loop:
    """A function called again and again in a thread of its own.

    ``function`` answers how much it did: nothing, and it is called again after ``every`` seconds or when ``wake`` is set;
    something, and it is called again after ``gap`` seconds, so that a flood is taken in batches.
    """

    name: str
    function: Callable[[], int]
    every: float
    gap: float = 0.0
    wake: threading.Event = field(default_factory=threading.Event)


@dataclass
class Status:
    """How a loop is doing. Times are ``time.monotonic()``; ``error`` names kinds and places of code, never contents."""

    name: str
    every: float
    ended: float = field(default_factory=time.monotonic)
    running: bool = False
    did: int = 0
    tries: int = 0
    error: str = ""

    def silent_for(self) -> float:
        """Seconds since it last came round. Far more than ``every`` means it hangs or has died."""
        return time.monotonic() - self.ended


class Worker:
    """The loops of one process."""

    def __init__(self, loops: list[Loop], closing: Callable[[], object] | None = None) -> None:
        self._loops = loops
        self._closing = closing
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.statuses = [Status(loop.name, loop.every) for loop in loops]

    def start(self) -> None:
        """Start every loop in a thread."""
        for loop, status in zip(self._loops, self.statuses, strict=True):
            status.ended = time.monotonic()
            thread = threading.Thread(
                target=self._run, args=(loop, status), name=f"linli-{loop.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Have every loop finish what it is at, then do what is owed at the end; whether all did within ``timeout`` seconds."""
        self._stopping.set()
        for loop in self._loops:
            loop.wake.set()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._closing is not None:
            closing, self._closing = self._closing, None
            self._close(closing)
        return not any(thread.is_alive() for thread in self._threads)

    def _close(self, closing: Callable[[], object]) -> None:
        try:
            closing()
        except Exception as error:
            log.error("at the end: %s", described(error))
        finally:
            connection.close()

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until somebody ends the worker, or for so many seconds; whether it is to end."""
        return self._stopping.wait(timeout)

    def end(self) -> None:
        """Have ``wait`` come back. For signal handlers and threads; ``stop`` does the rest."""
        self._stopping.set()

    def _run(self, loop: Loop, status: Status) -> None:
        while not self._stopping.is_set():
            loop.wake.clear()
            pause = self._pass(loop, status)
            status.ended = time.monotonic()
            if status.error or status.did:
                self._stopping.wait(pause)
            else:
                loop.wake.wait(pause)
        connection.close()

    def _pass(self, loop: Loop, status: Status) -> float:
        """Call the function once; how long to pause now."""
        status.running = True
        try:
            status.did = loop.function()
        except Exception as error:
            return _failed(loop, status, error)
        finally:
            status.running = False
        if status.error:
            log.warning("%s works again", loop.name)
            status.error, status.tries = "", 0
        return loop.gap if status.did else loop.every


def _failed(loop: Loop, status: Status, error: Exception) -> float:
    what = described(error)
    if what != status.error:
        log.error("%s failed: %s", loop.name, what)
    status.did, status.error, status.tries = 0, what, status.tries + 1
    connection.close()  # it may be the connection that broke
    wait = _wait_after(status.tries)
    return wait if trouble.met(error) is None else min(wait, LONGEST_WHILE_AWAY)


def _wait_after(tries: int) -> float:
    """Seconds a loop waits after it failed so many times in a row."""
    return float(min(2.0 ** min(tries - 1, 10), LONGEST_WAIT)) if tries else 0.0


def loops() -> list[Loop]:
    """Everything the worker does, in the order the health page lists it."""
    sequencer = Loop("sequence", sequence.sequence, every=0.1, gap=TOGETHER)
    store.on_commit_hint(sequencer.wake.set)
    followers = [_following(follower) for follower in follow.registered()]
    publishing = Loop("checkpoints", publish.tick, every=1.0)
    bringing = [Loop("witnesses", witnessing.push, every=5.0)] if publish.witness_addresses() else []
    acting = [Loop("clocks", _clocks, every=0.2), Loop("succession", _succession, every=10.0)]
    return [
        sequencer,
        *acting,
        *followers,
        Loop("notices", _notices, every=0.5, gap=2 * TOGETHER),
        publishing,
        *bringing,
        *_forgetting(),
    ]


def _forgetting() -> list[Loop]:
    """What is not kept for ever goes when its time is over, once an hour; then the store forgets the pages it stood on."""
    from linli.kernel.notices import retention, scrub

    return [
        Loop("retention", retention.run_once, every=3600.0, gap=1.0),
        Loop("scrub", scrub.run_once, every=30.0),
    ]


def _following(follower: Follower) -> Loop:
    loop = Loop(f"follow {follower.name}", lambda: follow.run_once(follower), every=0.25, gap=2 * TOGETHER)
    sequence.on_sequenced(loop.wake.set)
    return loop


def _clocks() -> int:
    from linli.kernel.matters import due

    return due.run_due(limit=200)


def _succession() -> int:
    from linli.kernel.matters import succession

    return succession.run_once()


def _notices() -> int:
    from linli.kernel.notices import deliver

    return deliver.run_once()


def check(statuses: list[Status]) -> Check:
    """The worker's loops as the health page shows them. A loop that is a minute late hangs."""
    told = [
        {
            "name": one.name,
            "silent_s": round(one.silent_for(), 1),
            "tries": one.tries,
            "error": one.error,
        }
        for one in statuses
    ]
    hangs = any(one.silent_for() > HANGING + one.every + _wait_after(one.tries) for one in statuses)
    state = "failed" if hangs else "degraded" if any(one.error for one in statuses) else "ok"
    return Check(state, {"loops": sorted(told, key=lambda one: (not one["error"], one["name"]))})


def start() -> Worker:
    """Start the worker in threads of this process."""
    worker = Worker(loops(), closing=publish.publish)
    health.register_check("worker", lambda: check(worker.statuses))
    worker.start()
    return worker


def run() -> int:
    """``linli worker``: only the loops, until SIGTERM or SIGINT."""
    worker = start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.end())
    print("Linli 邻里 worker: " + ", ".join(status.name for status in worker.statuses), flush=True)
    worker.wait()
    return 0 if worker.stop() else 1
