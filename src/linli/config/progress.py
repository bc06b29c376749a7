"""Running a slow command while saying so. Standard library only: start.py uses it before anything is installed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class Failed(Exception):
    """A command ended badly. ``str()`` is what to tell the person; the command's own words are in ``output``."""

    def __init__(self, label: str, output: str) -> None:
        super().__init__(label)
        self.output = output


def say(line: str) -> None:
    """One line to the person at the terminal. On stderr, so that ``linli export … > file`` stays clean."""
    print(line, file=sys.stderr, flush=True)


def run(label: str, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> str:
    """Run ``command``, say ``label`` at once, count the seconds while it runs, and say how long it took.

    Returns what it printed. Raises Failed, with that text, when it ends with another code than 0.
    """
    started = time.monotonic()
    alive = sys.stderr.isatty()
    if not alive:
        say(f"linli: {label} …")
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    step = 0.5 if alive else 10
    while True:
        try:
            output, _ = process.communicate(timeout=step)
            break
        except subprocess.TimeoutExpired:
            seconds = int(time.monotonic() - started)
            if alive:
                print(f"\rlinli: {label} … {seconds} s", end="", file=sys.stderr, flush=True)
            else:
                say(f"linli: {label} … {seconds} s")
        except BaseException:
            process.kill()
            process.wait()
            raise
    took = f"{time.monotonic() - started:.1f} s"
    word = "done" if process.returncode == 0 else "FAILED"
    say(f"{chr(13) if alive else ''}linli: {label} … {word} in {took}")
    if process.returncode:
        raise Failed(label, output)
    return output
