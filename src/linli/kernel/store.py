"""One act, one transaction: the only way the kernel writes.

SQLite has one writer. A line in front of it (``lines``) keeps waiting writers in order instead of letting them time out against each other
(measured: halves the p99 of eight writers). Acts that are short and come in floods (reports, and what is done on a matter) are committed together
where several wait: each in a savepoint of its own on one connection, then the disk is waited for once, and only then is any of them
acknowledged (measured: docs/performance.md). PostgreSQL needs neither.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from linli.kernel.lines import BesideTheStore, InLine

MOST_TOGETHER = 32
# Seconds after its first act that a group still lets somebody in: they wait for each other.
LONGEST_TOGETHER = 0.02


class _Group:
    """Acts that are committed together: all of them, or none."""

    def __init__(self, shared: BaseDatabaseWrapper) -> None:
        self.shared = shared
        self.outer = transaction.atomic()
        self.acts, self.began = 0, time.monotonic()
        self.error: BaseException | None = None
        # Whoever waits for the end takes it and gives it on: cheaper than an Event.
        self.running = threading.Lock()
        self.running.acquire()

    def has_room(self) -> bool:
        return self.acts < MOST_TOGETHER and time.monotonic() - self.began < LONGEST_TOGETHER

    @contextmanager
    def lent(self) -> Iterator[None]:
        """This thread's statements go over the shared connection, with whoever listens to its own."""
        own = connections[DEFAULT_DB_ALIAS]
        self.shared.execute_wrappers = own.execute_wrappers
        connections[DEFAULT_DB_ALIAS] = self.shared
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = own

    def lost(self) -> bool:
        """Whether the store has given up the transaction: SQLite does when the disk is full or fails."""
        raw = self.shared.connection
        return raw is None or not raw.in_transaction or self.shared.needs_rollback


class _Writer:
    """The turn to write on SQLite: first among the threads of this process, then among processes."""

    def __init__(self) -> None:
        self._threads, self._processes = InLine(), BesideTheStore()
        self._group: _Group | None = None  # only whoever has the turn touches it
        self._shared: tuple[int, str, BaseDatabaseWrapper] | None = None  # process, path, connection

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

    @property
    def mine(self) -> bool:
        """Whether this thread has the turn already."""
        return self._threads.mine

    @contextmanager
    def together(self) -> Iterator[None]:
        """An act that may share its commit. When the block is left, the commit of all that share it has reached the disk."""
        self._threads.enter(joins=True)
        try:
            group = self._group or self._begin()
        except BaseException:
            self._threads.__exit__()
            raise
        try:
            with group.lent(), transaction.atomic():
                yield
        except BaseException as error:
            others = group.acts
            self._leave(group, error)
            if others:  # what it was refused for may be what they did: whoever looks again must find it
                self._until_ended(group)
            raise
        group.acts += 1
        self._leave(group, None)
        self._wait(group)

    def _begin(self) -> _Group:
        self._processes.__enter__()
        try:
            group = _Group(self._connection())
            with group.lent():
                group.outer.__enter__()
        except BaseException:
            self._processes.__exit__()
            raise
        self._group = group
        return group

    def _leave(self, group: _Group, error: BaseException | None) -> None:
        """Hand the turn to the next who joins; where nobody does, commit for all."""
        try:
            if group.lost() or not (self._threads.next_joins() and group.has_room()):
                self._end(group, error)
        finally:
            self._threads.__exit__()

    def _end(self, group: _Group, error: BaseException | None) -> None:
        self._group = None
        lost = group.lost()
        try:
            with group.lent():
                if lost:
                    given_up = transaction.TransactionManagementError("the store gave the transaction up")
                    cause = error if isinstance(error, DatabaseError) else given_up
                    group.error = cause
                    group.outer.__exit__(type(cause), cause, cause.__traceback__)
                else:
                    group.outer.__exit__(None, None, None)
        except BaseException as failed:
            group.error = group.error or failed
        finally:
            if group.error is not None:
                self._forget()
            self._processes.__exit__()
            group.running.release()
        if group.acts and group.error is None:
            committed()

    def _wait(self, group: _Group) -> None:
        """Until the commit is on the disk. Raises what it failed with, for each that shared it."""
        self._until_ended(group)
        if group.error is not None:
            raise _again(group.error)

    def _until_ended(self, group: _Group) -> None:
        while not group.running.acquire(timeout=1.0):
            with self._threads:  # whoever was to commit was interrupted while it stood in line
                if self._group is group:
                    self._end(group, None)
        group.running.release()

    def _connection(self) -> BaseDatabaseWrapper:
        """One for all threads of this process: its pages stay warm, for nobody else of the process writes."""
        path = str(connection.settings_dict["NAME"])
        if self._shared is None or self._shared[:2] != (os.getpid(), path):
            self._forget()
            made = connections.create_connection(DEFAULT_DB_ALIAS)
            made.inc_thread_sharing()
            self._shared = os.getpid(), path, made
        return self._shared[2]

    def _forget(self) -> None:
        if self._shared is not None and self._shared[0] == os.getpid():
            self._shared[2].close()
        self._shared = None

    def close(self) -> None:
        """Give the shared connection back."""
        with self._threads:
            self._forget()


def _again(error: BaseException) -> BaseException:
    """The same for another thread: an exception carries the trace of whoever raised it."""
    try:
        made: BaseException = type(error)(*error.args)
    except TypeError:
        return error
    made.__cause__ = error.__cause__
    return made


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
def acting(*, together: bool = False) -> Iterator[None]:
    """The transaction of one act. When the block is left without an exception, what it wrote is on the disk.

    ``together``: for short acts; on SQLite several that wait may share one commit, and then fail together if that fails. Nested use joins the outer
    act. Whatever is raised inside undoes all of it.
    """
    outermost, sqlite = not connection.in_atomic_block, connection.vendor == "sqlite"
    if sqlite and outermost and together and not _sqlite_writer.mine:
        with _sqlite_writer.together():
            yield
        return
    with _sqlite_writer if sqlite else nullcontext():
        with transaction.atomic():
            yield
    if outermost:
        committed()


@contextmanager
def alone() -> Iterator[None]:
    """No act runs meanwhile, in this process or another (SQLite): for writing the store anew between acts."""
    with _sqlite_writer if connection.vendor == "sqlite" else nullcontext():
        yield


def close() -> None:
    """Close the connection that acts share, where there is one: at the end of a process, or before its store is moved."""
    _sqlite_writer.close()
