"""The threads behind the event loop: each job once, its answer or error to whoever asked, everything in line finished at the end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from linli.config.crew import Crew


def test_what_a_thread_answers_or_raises_reaches_whoever_asked_on_the_loop() -> None:
    crew = Crew(3, "crew")

    async def ask() -> list[object]:
        loop = asyncio.get_running_loop()
        asked = [crew.do(loop, lambda n=n: 100 // n) for n in range(-2, 3)]  # type: ignore[misc]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(ask())
    crew.shutdown()
    assert [type(answer).__name__ for answer in answers] == ["int", "int", "ZeroDivisionError", "int", "int"]
    assert [answer for answer in answers if isinstance(answer, int)] == [-50, -100, 100, 50]


def test_no_more_threads_work_than_there_are_and_all_of_them_do() -> None:
    crew, together, names = Crew(4, "crew"), threading.Barrier(4, timeout=30), set[str]()

    def meet() -> int:
        names.add(threading.current_thread().name)
        return together.wait()

    async def ask() -> list[int]:
        loop = asyncio.get_running_loop()
        return list(await asyncio.gather(*(crew.do(loop, meet) for _ in range(12))))

    assert sorted(asyncio.run(ask())) == sorted([0, 1, 2, 3] * 3)
    assert names == {f"crew_{n}" for n in range(4)}
    crew.shutdown()


def test_whoever_does_not_wait_any_more_disturbs_nobody() -> None:
    crew, let_go = Crew(1, "crew"), threading.Event()

    async def ask() -> str:
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await crew.do(loop, lambda: let_go.wait(30))
        let_go.set()
        return await crew.do(loop, lambda: "the next")

    assert asyncio.run(ask()) == "the next"
    crew.shutdown()


def test_at_the_end_what_is_in_line_is_finished_and_nothing_more_is_taken() -> None:
    crew, done = Crew(2, "crew"), list[int]()

    def work(number: int) -> None:
        time.sleep(0.02)
        done.append(number)

    futures = [crew.submit(work, number) for number in range(6)]
    crew.shutdown()
    assert sorted(done) == list(range(6)) and all(future.done() for future in futures)
    with pytest.raises(RuntimeError):
        crew.submit(work, 7)
