"""One thread per process that reads the ledger upward and has its entries turned into events for the hub."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence

from django.db import connection

from linli.doors.live.events import LiveEvent, mappers
from linli.doors.live.hub import Hub
from linli.kernel.ledger import rows, sequence
from linli.kernel.ledger.follow import described
from linli.kernel.ledger.rows import EntryRow

log = logging.getLogger("linli.live")

POLL = 0.1
BATCH = 200
LOOK_BACK = 200


class Tail:
    """Feeds a hub while anybody listens, and rests otherwise: nothing is read or mapped for nobody.

    Woken by this process's sequencer; where that is another process, by looking every tenth of a second.
    """

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop, caught_up: Callable[[], None]) -> None:
        self._hub, self._loop, self._caught_up = hub, loop, caught_up
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._forget: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="linli-live", daemon=True)
        self._next: int | None = None
        self._roused = False
        self.resting = True
        self.error = ""
        self.mapped_badly = 0

    def start(self) -> None:
        """Start the thread; it rests until it is roused."""
        self._forget = sequence.on_sequenced(self._wake.set)
        self._thread.start()

    def rouse(self) -> None:
        """On the event loop: somebody wants to listen. ``caught_up`` is called there when the last events are known."""
        if self.resting:
            self.resting, self._roused = False, True
            self._wake.set()

    def rest(self) -> None:
        """On the event loop: nobody listens any more."""
        self.resting = True

    def stop(self) -> None:
        """End the thread; waits for what it is at."""
        self._forget()
        self._stopping.set()
        self._wake.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            if self.resting:
                self._wake.wait(1.0)
                continue
            try:
                self._read_on()
            except Exception as error:
                self._note(error)
                connection.close()
                self._stopping.wait(1.0)
            self._wake.wait(POLL)
        connection.close()

    def _read_on(self) -> None:
        """Say everything that is sequenced and not yet said."""
        roused = self._roused
        if self._next is None or roused:
            self._begin()
        while self._pass() == BATCH and not self._stopping.is_set():
            pass
        if roused:
            self._roused = False
            self._call(self._caught_up)

    def _begin(self) -> None:
        """Go on where it left off, or, after a start or a long rest, with the last events of the log."""
        latest = max(0, rows.size() - LOOK_BACK)
        if self._next is None or self._next < latest:
            self._next = latest
            self._call(self._hub.start_at, latest)

    def _pass(self) -> int:
        entries = rows.read(self._next or 0, BATCH)
        if entries:
            self._call(self._hub.say, [(entry.idx, self._events(entry)) for entry in entries])
            self._next = entries[-1].idx + 1
        return len(entries)

    def _events(self, entry: EntryRow) -> Sequence[LiveEvent]:
        """What all mappers make of an entry. One that fails costs its own events only, and is counted."""
        events: list[LiveEvent] = []
        for mapper in mappers():
            try:
                events += mapper(entry)
            except Exception as error:
                self.mapped_badly += 1
                self._note(error)
                connection.close_if_unusable_or_obsolete()
        return events

    def _call(self, function: Callable[..., None], *values: object) -> None:
        self._loop.call_soon_threadsafe(function, *values)

    def _note(self, error: Exception) -> None:
        what = described(error)
        if what != self.error:
            log.error("live events failed: %s", what)
        self.error = what


def now_ms() -> int:
    """The server's clock in milliseconds, from which browsers correct their countdowns."""
    return time.time_ns() // 1_000_000
