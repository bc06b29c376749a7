"""Many writers at once, each on a connection of its own, and a follower that leaves traces in the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

from linli.kernel import store
from linli.kernel.ledger import append
from linli.kernel.ledger.follow import Follower
from linli.kernel.ledger.rows import EntryRow


def at_once(count: int, work: Callable[[int], None]) -> None:
    """Run ``work(n)`` in ``count`` threads that start together; raises what any of them raised."""
    together = threading.Barrier(count)
    failed: list[BaseException] = []

    def run(number: int) -> None:
        try:
            together.wait()
            work(number)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def write(subject: str, entries: int, *, start: int = 1) -> None:
    """Commit entries about one subject, each in an act of its own."""
    for seq in range(start, start + entries):
        with store.acting():
            append.commit("test.step", subject, seq, {"n": seq})


class Tracing(Follower):
    """Writes down in the store what it digested, in the transaction it was given."""

    name = "tracing"
    batch = 10

    def __init__(self) -> None:
        self.before: Callable[[Sequence[EntryRow]], None] = lambda entries: None
        self.after: Callable[[Sequence[EntryRow]], None] = lambda entries: None

    def digest(self, entries: Sequence[EntryRow]) -> None:
        self.before(entries)
        with connection.cursor() as cursor:
            for entry in entries:
                cursor.execute(
                    "INSERT INTO test_trace (idx, subject, seq) VALUES (%s, %s, %s)",
                    [entry.idx, entry.subject, entry.seq],
                )
        self.after(entries)


@contextmanager
def traces() -> Iterator[Callable[[], list[int]]]:
    """A table for Tracing, and what stands in it: indexes in the order they were written."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_trace (idx BIGINT, subject VARCHAR(80), seq INTEGER)")

    def traced() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT idx FROM test_trace")
            return [row[0] for row in cursor.fetchall()]

    try:
        yield traced
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE test_trace")
