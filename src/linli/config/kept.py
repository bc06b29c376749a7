"""Processes that are kept alive beside this one, joined to it by two pipes.

What is written to the first is heard by the process; its end, however it came about, tells it to finish. From the second come its lines. Both
carry hints, never facts: whatever is lost on the way is found at the next poll.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

log = logging.getLogger("linli.processes")

LINLI = (sys.executable, "-m", "linli.doors.cli.main")
LONGEST_WAIT = 30.0
PLACED = b"placed\n"
"""The line by which entries that were given their place are made known."""


class Kept:
    """Starts ``linli WORDS``, starts it again when it dies, and ends it with this process. ``on_line`` is called in a thread of its own."""

    def __init__(self, name: str, words: Sequence[str], on_line: Callable[[bytes], None]) -> None:
        self._name, self._words, self._on_line = name, tuple(words), on_line
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._tries = 0
        self._thread = threading.Thread(target=self._run, name=f"linli-{name}", daemon=True)
        self.died = ""
        """How it ended last; empty once it has said something since."""

    @property
    def pid(self) -> int | None:
        """Its number, while there is one."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Begin; it is at work some moments later."""
        self._thread.start()

    def say(self, line: bytes) -> None:
        """Tell it something, if it is there and listens. Never waits."""
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(
                OSError, ValueError
            ):  # full: it has enough to hear; gone: it is being started again
                process.stdin.write(line)

    def end(self) -> None:
        """Have it finish what it is at. Does not wait for that."""
        self._stopping.set()
        self._hang_up()

    def stop(self, timeout: float = 15.0) -> None:
        """``end``, and wait; after ``timeout`` seconds it is ended."""
        self.end()
        self._thread.join(timeout)
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def _hang_up(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._live()
            if self._stopping.is_set():
                return
            self._tries = self._tries + 1 if time.monotonic() - began < LONGEST_WAIT else 1
            log.error("%s %s; starting it again", self._name, self.died)
            self._stopping.wait(min(2.0 ** (self._tries - 1), LONGEST_WAIT))

    def _live(self) -> None:
        """One life, from its start to its end."""
        # A session of its own: Ctrl+C at a terminal reaches this process, which then ends the others in good order.
        process = subprocess.Popen(
            LINLI + self._words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        self._process = process
        if self._stopping.is_set():
            self._hang_up()
        rest = b""
        while told := os.read(process.stdout.fileno(), 65536):
            self.died = ""
            *lines, rest = (rest + told).split(b"\n")
            for line in lines:
                self._on_line(line + b"\n")
        code = process.wait()
        process.stdout.close()
        self.died = f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        self._hang_up()


class Told:
    """The other side: this process is kept by another. ``on_end`` is called when that one wants it to finish, or is gone."""

    def __init__(self, on_line: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._on_line, self._on_end = on_line, on_end
        self._saying = threading.Lock()
        threading.Thread(target=self._listen, name="linli-listen", daemon=True).start()

    def say(self, line: bytes) -> None:
        """One line upward, shorter than a pipe takes whole."""
        with self._saying, suppress(OSError):
            os.write(1, line)

    def _listen(self) -> None:
        rest = b""
        while told := os.read(0, 65536):
            *lines, rest = (rest + told).split(b"\n")
            for line in lines:
                self._on_line(line + b"\n")
        self._on_end()
