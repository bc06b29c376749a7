"""What a measurement needs of the machine: processor time of processes, how busy everybody else is, a yardstick, a PostgreSQL to throw away."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Absent(Exception):
    """This machine lacks something; the message names it."""


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its children, living and waited for."""
    spent = 0.0
    for each in (pid, *_children(pid)):
        try:
            parts = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent += sum(int(ticks) for ticks in parts[11:15]) / TICK
    return spent


def _children(pid: int) -> list[int]:
    """Whatever any thread of it has started."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in listed.read_text().split()]
    return found


def busy_seconds() -> float:
    """Processor time of the whole machine since it started."""
    try:
        parts = [int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return 0.0
    return (sum(parts) - parts[3] - parts[4]) / TICK


def yardstick() -> float:
    """Milliseconds of processor time that a fixed piece of Python takes now: by it runs of different minutes compare."""
    best = float("inf")
    for _ in range(5):
        began, total = time.process_time(), 0
        for number in range(200_000):
            total = (total * 31 + number) % 1_000_003
        best = min(best, time.process_time() - began)
    return 1000 * best


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def programs() -> Path:
    """The folder with PostgreSQL's own programs, the newest there are. Raises Absent where there is no server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    local = shutil.which("initdb")
    if not found and local is None:
        raise Absent("no PostgreSQL server on this machine (apt install postgresql)")
    return found[-1].parent if found else Path(str(local)).parent


def given_away(home: Path) -> dict[str, Any]:
    """How ``subprocess`` is to run PostgreSQL, which refuses to be root: as the system's own user for it, or nobody, whose this folder then is."""
    if os.getuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    os.chown(home, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def make_cluster(home: Path, run_as: dict[str, Any], *more: str) -> Path:
    """An empty cluster in ``home``/data that trusts whoever comes as linli; its folder. ``more`` goes to initdb. Raises Absent."""
    data = home / "data"
    words = "-U linli -A trust -E UTF8 --locale=C.UTF-8".split()
    command = [str(programs() / "initdb"), "-D", str(data), *words, *more]
    made = subprocess.run(command, cwd=home, capture_output=True, text=True, **run_as)
    if made.returncode:
        raise Absent(f"initdb failed: {made.stderr.strip()}")
    return data


class Postgres:
    """A PostgreSQL cluster of our own with everything durable, gone when it is removed. Raises Absent where there is no server."""

    def __init__(self) -> None:
        self._bin = programs()
        self._home = Path(tempfile.mkdtemp(prefix="linli-bench-pg-"))
        self._as = given_away(self._home)
        self.port = free_port()
        self._start()

    def _start(self) -> None:
        data = make_cluster(self._home, self._as)
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "256MB"}
        serve = [str(self._bin / "postgres"), "-D", str(data), "-p", str(self.port)]
        for name, value in options.items():
            serve += ["-c", f"{name}={value}"]
        with open(self._home / "log", "wb") as log:
            self.process = subprocess.Popen(serve, cwd=self._home, stdout=log, stderr=log, **self._as)
        self._wait()

    def _wait(self) -> None:
        import psycopg

        until = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(
                    f"postgresql://linli@127.0.0.1:{self.port}/postgres", autocommit=True
                ) as connection:
                    connection.execute("CREATE DATABASE linli")
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise Absent("PostgreSQL did not start") from None
                time.sleep(0.05)

    @property
    def address(self) -> str:
        """In the form of LINLI_DB."""
        return f"postgres://linli:linli@127.0.0.1:{self.port}/linli"

    def remove(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        shutil.rmtree(self._home, ignore_errors=True)
