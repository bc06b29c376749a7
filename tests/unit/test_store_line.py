"""Whoever waits for the store's one writer gets their turn, however eager the others are."""

from __future__ import annotations

import threading
import time

from linli.kernel.lines import InLine


def test_a_loop_that_writes_again_and_again_lets_everybody_in_between() -> None:
    line, stop, turns = InLine(), threading.Event(), [0]

    def eager() -> None:
        while not stop.is_set():
            with line, line:
                turns[0] += 1
                time.sleep(0.005)

    thread = threading.Thread(target=eager)
    thread.start()
    try:
        for _ in range(20):
            before = turns[0]
            with line:
                assert turns[0] - before <= 2, "the loop went first again and again"
    finally:
        stop.set()
        thread.join()


def test_many_writers_are_never_in_it_together_and_all_come_through() -> None:
    line, inside, done = InLine(), [0], [0]

    def write() -> None:
        for _ in range(200):
            with line, line:
                inside[0] += 1
                assert inside[0] == 1
                done[0] += 1
                inside[0] -= 1

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert done[0] == 1600
