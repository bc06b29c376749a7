"""The town of these tests, made once, and small disks of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.scene import copied, store_side


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite town whose unattended matters have something to say during its first minute."""
    data = tmp_path_factory.mktemp("faults-town")
    store_side(data, "", "seed", "60")
    return data


@pytest.fixture
def town(seeded: Path, tmp_path: Path) -> Path:
    """The same, for one test alone."""
    return copied(seeded, tmp_path / "data")


class SmallDisk:
    """A file system of its own in memory. Making one takes root; a machine that does not allow it skips these tests."""

    def __init__(self, at: Path, megabytes: int) -> None:
        self.at = at
        at.mkdir()
        self._run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "linli-test", str(at))

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this machine makes no small disks for tests ({done.stderr.strip()})")

    def fill(self) -> None:
        """Leave no room at all."""
        with open(self.at / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 16, 1 << 12, 1):
                try:
                    while ballast.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def empty(self) -> None:
        (self.at / "ballast").unlink(missing_ok=True)

    def only_reading(self, yes: bool) -> None:
        """Takes writers away first: nobody may have a file open for writing."""
        self._run("mount", "-o", f"remount,{'ro' if yes else 'rw'}", str(self.at))

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.at)], capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], SmallDisk]]:
    """``small_disk(megabytes)``; gone after the test."""
    made: list[SmallDisk] = []
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("small disks for tests are mounted by root only")

    def make(megabytes: int) -> SmallDisk:
        made.append(SmallDisk(tmp_path / f"disk{len(made)}", megabytes))
        return made[-1]

    yield make
    for disk in made:
        disk.remove()
