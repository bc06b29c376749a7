"""The server as a process that can be killed and begun again quickly. Run as a module it is the parent of those processes.

Interpreter and libraries are loaded once, here; each life is a fork that runs ``linli serve`` from its first line: settings' store, migrations,
packs, wiring, worker, doors. What SIGKILL takes away is the whole process with every thread, open transaction and connection.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.machine import free_port

ROOT = Path(__file__).resolve().parents[2]


class Lives:
    """``begin`` and ``kill`` by turns. ``port`` stays the same."""

    def __init__(self, data: Path, db: str = "", worker: str = "inside", processes: int = 1) -> None:
        self.port = free_port()
        self.log = data / "program.log"
        env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
        env |= environment(data, db) | {"LINLI_WORKER": worker, "LINLI_WEB_PROCESSES": str(processes)}
        command = [sys.executable, "-m", "tests.crash.lives", str(self.port)]
        with open(self.log, "ab") as log:
            self._parent = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.pid = 0

    def begin(self) -> None:
        """Start a life; it answers some moments later."""
        assert self._parent.stdin is not None
        self._parent.stdin.write("begin\n")
        self._parent.stdin.flush()
        self.pid = int(self._line())

    def _line(self) -> str:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline().strip()
        if not line:
            raise AssertionError(f"the parent of the servers is gone:\n{self.said()}")
        return line

    def said(self) -> str:
        """The last of what the servers printed."""
        return self.log.read_text("utf-8", "replace")[-4000:]

    def answers(self, within: float) -> bool:
        """Whether somebody can connect, waiting so long for it."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def end(self, by: signal.Signals = signal.SIGKILL) -> str:
        """End this life and wait until it is gone; how it ended: ``killed`` or its exit code."""
        if not self.pid:
            return ""
        with suppress(ProcessLookupError):  # it ended by itself: its parent says how
            os.kill(self.pid, by)
        self.pid = 0
        return self._line()

    def close(self) -> None:
        """Leave nothing behind. May be called twice."""
        if self._parent.poll() is None:
            if self.pid:
                self.end()
            assert self._parent.stdin is not None
            self._parent.stdin.close()
            self._parent.wait(10)
        if self._parent.stdout is not None:
            self._parent.stdout.close()


def environment(data: Path, db: str) -> dict[str, str]:
    """What ``linli serve`` is told in these tests. One address may report as often as it likes: all clients are on this machine."""
    told = {
        "LINLI_DATA": str(data),
        "LINLI_DB": db,
        "LINLI_MODE": "serve",
        "LINLI_WORKER": "inside",  # so that one SIGKILL takes all of it at once
        "LINLI_REPORTS_PER_ADDRESS": "1000000",
    }
    return told | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONUNBUFFERED": "1"}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))


def _live(port: int) -> None:
    """In the fork: be the server, and never come back."""
    _die_with_parent()
    os.dup2(2, 1)
    from linli.doors.cli.main import main

    code = 70
    try:
        code = main(["serve", "--port", str(port)])
    finally:
        sys.stderr.flush()
        os._exit(code)


def _load() -> None:
    """Everything the server imports, without touching the store."""
    from linli.config import wiring

    wiring.setup()
    wiring.wire()
    _keep_assets()
    from django.core.management import commands
    from django.urls import get_resolver

    import linli.config.server
    import linli.doors.cli.serve

    assert commands and linli.config.server and linli.doors.cli.serve
    assert get_resolver().url_patterns


def _keep_assets() -> None:
    """Scripts and styles are made once; somebody who edits them meanwhile is not part of this."""
    from linli.config import assets

    assets.ensure()
    assets.ensure = lambda *_: "fresh"  # type: ignore[assignment]


def parent(port: int) -> None:
    """One fork for each line on stdin: says its number, and how it ended."""
    _die_with_parent()
    _load()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            _live(port)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    parent(int(sys.argv[1]))
