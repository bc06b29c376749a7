"""Several processes that serve one address, for offices where one interpreter is not enough. This one only keeps them, and the worker, alive.

Each has its own socket on the same port (SO_REUSEPORT), so the system deals connections out among them. What a process commits it tells this one,
which tells the worker; what the worker says goes to all of them.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from linli.config.beside import HINT, Beside, Hearsay
from linli.config.kept import Kept, Told
from linli.doors import health
from linli.kernel import store

READY = b"ready\n"


class _Family:
    """All processes of one address."""

    def __init__(self, host: str, port: int, count: int, *, worker: bool) -> None:
        self._beside = Beside(relay=self._tell) if worker else None
        words = ("serve", "--host", host, "--port", str(port), "--child")
        self._serving = [Kept(f"web {number}", words, self._hear) for number in range(1, count + 1)]
        self._ready = 0
        self._changed = threading.Condition()
        self.stopping = threading.Event()

    def _tell(self, line: bytes) -> None:
        for each in self._serving:
            each.say(line)

    def _hear(self, line: bytes) -> None:
        if line == HINT and self._beside is not None:
            self._beside.hint()
        elif line == READY:
            with self._changed:
                self._ready += 1
                self._changed.notify_all()

    def start(self) -> bool:
        """Start all; whether every one came to answer. One that cannot even begin has said why on stderr."""
        for each in self._serving:
            each.start()
        while self._ready < len(self._serving):
            with self._changed:
                self._changed.wait(0.1)
            if self.stopping.is_set() or any(each.died for each in self._serving):
                return False
        if self._beside is not None:
            self._beside.start()
        return True

    def stop(self) -> None:
        """Those who serve first, all at once; then the worker, which signs what they committed."""
        for each in self._serving:
            each.end()
        for each in self._serving:
            each.stop()
        if self._beside is not None and self._beside.pid is not None:
            self._beside.stop()


def run(
    holding: socket.socket,
    host: str,
    count: int,
    *,
    worker: str,
    on_ready: Callable[[], None],
) -> int:
    """Keep ``count`` processes serving the port that ``holding`` is bound to, until SIGTERM or SIGINT; the exit code."""
    family = _Family(host, holding.getsockname()[1], count, worker=worker == "beside")
    with _signals(family.stopping.set):
        began = family.start()
        if began:
            on_ready()
            while not family.stopping.wait(1.0):
                pass
        family.stop()
    holding.close()
    return 0 if began else 1


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before: dict[int, Any] = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def join(end: Callable[[], None]) -> Callable[[], None]:
    """In one of the several: listen to the one that keeps them; ``end`` is called when this process is to finish. Answers how to say that it is
    ready."""
    hearsay = Hearsay()
    above = Told(on_line=hearsay.take, on_end=end)
    health.register_check("worker", hearsay.check)
    store.on_commit_hint(lambda: above.say(HINT))
    return lambda: above.say(READY)
