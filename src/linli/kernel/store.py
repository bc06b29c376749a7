"""One act, one transaction: the only way the kernel writes.

SQLite has one writer; a lock of our own in front of it keeps waiting writers in line instead of letting them time out
against each other (measured: halves the p99 of eight writers). PostgreSQL needs no such lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

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


_sqlite_writer = InLine()
_wakers: list[Callable[[], None]] = []


def on_commit_hint(waker: Callable[[], None]) -> None:
    """Have ``waker`` called after each act. A hint to look now instead of at the next poll; facts never travel by it."""
    _wakers.append(waker)


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
        for waker in _wakers:
            waker()


@contextmanager
def alone() -> Iterator[None]:
    """No act of this process runs meanwhile (SQLite): for writing the store anew between acts."""
    with _sqlite_writer if connection.vendor == "sqlite" else nullcontext():
        yield
