"""PostgreSQL comes back to any second: a base backup, the archived log, and a target in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.bench.machine import Absent, free_port, given_away, make_cluster, programs
from tests.machine import required

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


class Server:
    """A throw-away cluster whose log is archived."""

    def __init__(self, home: Path) -> None:
        try:
            self.bin = programs()
        except Absent as absence:
            if "postgres" in required():
                pytest.fail(str(absence))
            pytest.skip(str(absence))
        self.home, self.port, self.who = home, free_port(), given_away(home)
        (home / "wal").mkdir()
        given_away(home / "wal")

    def run(self, *command: object) -> str:
        done = subprocess.run(
            [str(each) for each in command], capture_output=True, text=True, cwd=self.home, **self.who
        )  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr[-2000:]
        return str(done.stdout)

    def make(self) -> None:
        make_cluster(self.home, self.who)
        archive = f"cp %p {self.home}/wal/%f"
        with open(self.home / "data" / "postgresql.conf", "a") as conf:
            conf.write(
                f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\nfsync=off\nwal_level=replica\n"
                f"archive_mode=on\narchive_command='{archive}'\n"
            )

    def start(self) -> None:
        self.run(self.bin / "pg_ctl", "-D", self.home / "data", "-w", "-l", self.home / "log", "start")

    def stop(self) -> None:
        subprocess.run(
            [str(self.bin / "pg_ctl"), "-D", str(self.home / "data"), "-m", "fast", "-w", "stop"],
            capture_output=True,
            **self.who,
        )  # type: ignore[call-overload]

    def sql(self, statement: str) -> str:
        return self.run(
            self.bin / "psql",
            "-h",
            "127.0.0.1",
            "-p",
            self.port,
            "-U",
            "linli",
            "-d",
            "postgres",
            "-Atc",
            statement,
        ).strip()


@pytest.fixture
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="linli-pitr-"))
    one = Server(home)
    try:
        one.make()
        one.start()
        yield one
    finally:
        one.stop()
        shutil.rmtree(home, ignore_errors=True)


def test_it_comes_back_to_the_second_before_the_mistake(server: Server) -> None:
    server.sql("CREATE TABLE said (words text)")
    server.sql("INSERT INTO said VALUES ('before the base backup')")
    server.run(
        server.bin / "pg_basebackup", "-h", "127.0.0.1", "-p", server.port, "-U", "linli", "-D", server.home / "base", "-X", "none",
        "--checkpoint=fast", "--no-manifest",
    )  # fmt: skip
    server.sql("INSERT INTO said VALUES ('kept')")
    moment = server.sql("SELECT clock_timestamp()")
    time.sleep(1.1)
    server.sql("DELETE FROM said")
    server.sql("SELECT pg_switch_wal()")
    deadline = time.monotonic() + 30
    while not list((server.home / "wal").glob("0*[0-9A-F]")) or server.sql(
        "SELECT COALESCE(last_failed_wal, '') FROM pg_stat_archiver"
    ):
        assert time.monotonic() < deadline, "nothing was archived"
        time.sleep(0.2)
    time.sleep(1)
    server.stop()
    shutil.rmtree(server.home / "data")
    os.rename(server.home / "base", server.home / "data")
    with open(server.home / "data" / "postgresql.conf", "a") as conf:
        conf.write(
            f"restore_command='cp {server.home}/wal/%f %p'\nrecovery_target_time='{moment}'\nrecovery_target_action='promote'\n"
        )
    (server.home / "data" / "recovery.signal").touch()
    if server.who:
        os.chown(server.home / "data" / "recovery.signal", server.who["user"], server.who["group"])  # type: ignore[arg-type]
    server.start()
    assert (
        server.sql("SELECT string_agg(words, ',' ORDER BY words) FROM said") == "before the base backup,kept"
    )
