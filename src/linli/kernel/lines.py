"""Standing in line: among the threads of a process, and among the processes at one store."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from django.db import connection


class InLine:
    """A reentrant lock that is handed on in the order in which it was asked for.

    With the interpreter's own, a loop that writes again and again (clocks catching up after an outage) takes the lock back
    before anybody else has woken: notices and reports waited for as long as it had something to do.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._line: deque[tuple[int, threading.Lock, bool]] = deque()
        self._owner = self._depth = 0

    def __enter__(self) -> None:
        self.enter()

    def enter(self, *, joins: bool = False) -> None:
        """Wait for the turn and take it. ``joins``: what ``next_joins`` answers while this one is the first to wait."""
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
            self._line.append((me, turn, joins))
        try:
            turn.acquire()  # whoever leaves has made us the owner already
        except BaseException:
            self._step_out(me, turn)
            raise

    @property
    def mine(self) -> bool:
        """Whether this thread has it."""
        return self._owner == threading.get_ident()

    @property
    def depth(self) -> int:
        """How many times whoever has it now has taken it. Only meaningful to them."""
        return self._depth

    def next_joins(self) -> bool:
        """Whether somebody waits, and whoever is first asked to join what whoever has it does. Only they ask; it may change at once."""
        with self._gate:
            return bool(self._line) and self._line[0][2]

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
        with self._gate:
            if not self._line:
                self._owner = 0
                return
            self._owner, turn, _joins = self._line.popleft()
            self._depth = 1
            turn.release()

    def _step_out(self, me: int, turn: threading.Lock) -> None:
        """Somebody who waits no longer must not be handed the lock."""
        with self._gate:
            for waiting in self._line:
                if waiting[1] is turn:
                    self._line.remove(waiting)
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
