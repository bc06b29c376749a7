"""A fixed number of threads that do what an event loop must not wait for. Each keeps its connection to the store, so there are as many of these."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")
_Job = Callable[[], None]


class Crew(Executor):
    """As a thread pool, with a shorter way for an event loop: a pool's own futures and their chaining cost a tenth of a report's processor time."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def do(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Result]) -> asyncio.Future[Result]:
        """On the loop: have a thread do it; what it answered or raised, for the loop. Whoever does not wait any more is not told."""
        told: asyncio.Future[Result] = loop.create_future()

        def job() -> None:
            try:
                tell: tuple[Any, ...] = (_answer, told, work())
            except BaseException as error:
                tell = (_fail, told, error)
            with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
                loop.call_soon_threadsafe(*tell)

        self._put(job)
        return told

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """As any executor's."""
        future: Future[Result] = Future()

        def job() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        self._put(job)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Finish what is in line, and end. Nothing may be put in line afterwards."""
        with self._lock:
            threads, self._threads, self._count = self._threads, [], 0
        for _ in threads:
            self._jobs.put(None)
        if wait:
            for thread in threads:
                thread.join()

    def _put(self, job: _Job) -> None:
        if len(self._threads) < self._count:
            self._begin()
        elif not self._count:
            raise RuntimeError("after its shutdown")
        self._jobs.put(job)

    def _begin(self) -> None:
        with self._lock:
            while len(self._threads) < self._count:
                name = f"{self._name}_{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                thread.start()
                self._threads.append(thread)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job


def _answer(told: asyncio.Future[Any], answer: Any) -> None:
    if not told.done():
        told.set_result(answer)


def _fail(told: asyncio.Future[Any], error: BaseException) -> None:
    if not told.done():
        told.set_exception(error)
