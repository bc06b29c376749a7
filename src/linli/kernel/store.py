"""One act, one transaction: the only way the kernel writes.

SQLite has one writer. A line in front of it keeps waiting writers in order instead of letting them time out against each other (measured: halves
the p99 of eight writers): within a process a lock of our own, between processes (web, worker, commands) a lock on a file beside the store.
PostgreSQL needs neither.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from django.db import connection, transaction


class InLine:
    """A reentrant lock that is handed on in the order in which it was asked for.

    With the interpreter's own, a loop that writes again and again (clocks catching up after an outage) takes the lock back
    before anybody else has woken: notices and reports waited for as long as it had something to do.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._line: deque[tuple[int, threading.Lock]] = deque()
        self._owner = self._depth = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            self._depth += 1
            return
        with self._gate:
            if not self._owner:
                self._owner, self._depth = me, 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._line.append((me, turn))
        try:
            turn.acquire()  # whoever leaves has made us the owner already
        except BaseException:
            self._step_out(me, turn)
            raise

    @property
    def depth(self) -> int:
        """How many times whoever has it now has taken it. Only meaningful to them."""
        return self._depth

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
        with self._gate:
            if not self._line:
                self._owner = 0
                return
            self._owner, turn = self._line.popleft()
            self._depth = 1
            turn.release()

    def _step_out(self, me: int, turn: threading.Lock) -> None:
        """Somebody who waits no longer must not be handed the lock."""
        with self._gate:
            if (me, turn) in self._line:
                self._line.remove((me, turn))
                return
        self.__exit__()


class BesideTheStore:
    """The same between processes: whoever holds the lock on ``<store>-line`` writes. It goes with its process, however that ends.

    SQLite's own waiting is a series of naps of up to 100 ms, and whoever naps is overtaken; a file lock is handed on at once.
    """

    def __init__(self) -> None:
        self._open: tuple[int, str, int] | None = None  # process, path, descriptor

    def __enter__(self) -> None:
        descriptor = self._descriptor()
        if descriptor is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            fcntl.flock(self._open[2], fcntl.LOCK_UN)

    def _descriptor(self) -> int | None:
        """None for a store in memory, and where no file can be made: SQLite says then what is wrong, in its own words.

        Opened anew after a fork: a lock belongs to the opening of a file, so parent and child would hold it together.
        """
        path = f"{connection.settings_dict['NAME']}-line"
        if self._open is None or self._open[:2] != (os.getpid(), path):
            if not Path(path).is_absolute():
                return None
            self._forget()
            try:
                self._open = os.getpid(), path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError:
                return None
        return self._open[2]

    def _forget(self) -> None:
        if self._open is not None:
            with suppress(OSError):
                os.close(self._open[2])
            self._open = None


class _Writer:
    """The turn to write on SQLite: first among the threads of this process, then among processes."""

    def __init__(self) -> None:
        self._threads, self._processes = InLine(), BesideTheStore()

    def __enter__(self) -> None:
        self._threads.__enter__()
        try:
            if self._threads.depth == 1:
                self._processes.__enter__()
        except BaseException:
            self._threads.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            if self._threads.depth == 1:
                self._processes.__exit__()
        finally:
            self._threads.__exit__()


_sqlite_writer = _Writer()
_wakers: list[Callable[[], None]] = []


def on_commit_hint(waker: Callable[[], None]) -> None:
    """Have ``waker`` called after each act. A hint to look now instead of at the next poll; facts never travel by it."""
    _wakers.append(waker)


def committed() -> None:
    """Pass on the hint that something was committed, here or in a process beside this one."""
    for waker in _wakers:
        waker()


@contextmanager
def acting() -> Iterator[None]:
    """The transaction of one act. When the block is left without an exception, what it wrote is on the disk.

    Nested use joins the outer act. Whatever is raised inside undoes all of it.
    """
    outermost = not connection.in_atomic_block
    with _sqlite_writer if connection.vendor == "sqlite" else nullcontext():
        with transaction.atomic():
            yield
    if outermost:
        committed()


@contextmanager
def alone() -> Iterator[None]:
    """No act runs meanwhile, in this process or another (SQLite): for writing the store anew between acts."""
    with _sqlite_writer if connection.vendor == "sqlite" else nullcontext():
        yield
