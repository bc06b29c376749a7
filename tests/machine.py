"""What the tests need of the machine they run on: a Chromium, a throw-away PostgreSQL cluster, the real program."""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from linli.bench.machine import Absent, free_port, given_away, make_cluster, programs

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def required() -> set[str]:
    """What may not be skipped here: LINLI_TEST_REQUIRE=browser,postgres."""
    return {word for word in os.environ.get("LINLI_TEST_REQUIRE", "").split(",") if word}


@cache
def chromium_path() -> str | None:
    """The first Chromium found; ``LINLI_TEST_CHROMIUM`` names another."""
    named = os.environ.get("LINLI_TEST_CHROMIUM")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    return None


def _die_with_parent(by: signal.Signals) -> None:
    """In the child: be sent ``by`` when the test process is gone, so that a killed test run leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, int(by))


class Cluster:
    """A PostgreSQL cluster of our own on 127.0.0.1, without fsync, gone when the process ends."""

    def __init__(self) -> None:
        self._bin = programs()
        self._home = Path(tempfile.mkdtemp(prefix="linli-pg-"))
        self._as = given_away(self._home)
        self.port = free_port()
        self._made = 0
        make_cluster(self._home, self._as, "-N")
        self.come_back()
        atexit.register(self.remove)

    def go_away(self) -> None:
        """End at once, as a crash would; connections break. ``come_back`` begins again with all that was committed."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def come_back(self) -> None:
        """Serve the data there is, at the same port."""
        options = {
            "fsync": "off",
            "full_page_writes": "off",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        command = [self._bin / "postgres", "-D", self._home / "data", "-p", str(self.port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with open(self._home / "log", "wb") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                command,
                cwd=self._home,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: _die_with_parent(signal.SIGQUIT),
                **self._as,
            )
        self._wait()

    def _wait(self) -> None:
        import psycopg

        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self._address("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    log = (self._home / "log").read_text("utf-8", "replace")
                    raise Absent(f"PostgreSQL did not start: {log[-2000:]}") from None
                time.sleep(0.05)

    def _address(self, name: str) -> str:
        return f"postgresql://linli@127.0.0.1:{self.port}/{name}"

    def database(self, name: str = "") -> str:
        """Make an empty database and answer its address in the form of LINLI_DB."""
        import psycopg

        self._made += 1
        name = name or f"town_{self._made}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"postgres://linli:linli@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        """Stop at once and leave nothing behind. May be called twice."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        shutil.rmtree(self._home, ignore_errors=True)


class Program:
    """``linli ARGUMENTS`` as its own process with its own data folder and port: what a person would have started."""

    def __init__(
        self, arguments: Sequence[str], *, data: Path, db: str = "", env: Mapping[str, str] | None = None
    ):
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "program.log"
        self._arguments = arguments
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))
        }
        self._env = {
            **inherited,
            "LINLI_DATA": str(data),
            "LINLI_DB": db,
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: float = 120) -> None:
        """Start (again) on the same port and folder, and return when /healthz answers."""
        command = [sys.executable, "-m", "linli.doors.cli.main", *self._arguments, "--port", str(self.port)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: _die_with_parent(signal.SIGKILL),
            )
        until = time.monotonic() + wait
        while not self.healthy():
            if self.process.poll() is not None:
                raise AssertionError(f"linli {' '.join(self._arguments)} ended:\n{self.said()}")
            if time.monotonic() > until:
                raise AssertionError(f"linli was not healthy within {wait} s:\n{self.said()}")
            time.sleep(0.05)

    def healthy(self) -> bool:
        """Whether /healthz answers 200 now."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def said(self) -> str:
        """The last of what it printed."""
        return self.log.read_text("utf-8", "replace")[-6000:] if self.log.exists() else ""

    def kill(self) -> None:
        """SIGKILL: as a power cut would end it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM, as an operator would; SIGKILL after ten seconds. May be called twice."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
