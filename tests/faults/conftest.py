"""The town of these tests, made once, and small disks of their own."""

from __future__ import annotations

import os
import shutil
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


class FailingDisk:
    """An ext4 file system in a file, which the kernel makes read-only while files are open on it, as it does when a disk begins to fail.
    It must be unmounted and checked before it can be written to again. Takes root and a loop device."""

    def __init__(self, at: Path, megabytes: int) -> None:
        self.at, self._image = at, at.with_suffix(".img")
        at.mkdir()
        with open(self._image, "wb") as image:
            image.truncate(megabytes << 20)
        self._run("mkfs.ext4", "-q", str(self._image))
        self._mount()

    def _run(self, *command: str) -> None:
        if shutil.which(command[0]) is None:
            pytest.skip(f"this machine has no {command[0]}")
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode > 1:  # 1 of fsck: there were errors, and they are mended
            pytest.skip(f"this machine makes no failing disks for tests ({done.stderr.strip()})")

    def _mount(self) -> None:
        self._run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.at))
        device = os.stat(self.at).st_dev
        block = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
        self._trigger = Path("/sys/fs/ext4") / block / "trigger_fs_error"
        if not self._trigger.exists():
            self.remove()
            pytest.skip("this kernel breaks no file systems for tests")

    def fail(self) -> None:
        """From now on it can only be read."""
        self._trigger.write_text("as a test")

    def mend(self) -> None:
        """Unmounted, checked, mounted: nobody may have a file open on it."""
        subprocess.run(["umount", str(self.at)], check=True)
        self._run("fsck.ext4", "-f", "-y", str(self._image))
        self._mount()

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.at)], capture_output=True)


@pytest.fixture
def failing_disk(tmp_path: Path) -> Iterator[FailingDisk]:
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("failing disks for tests are mounted by root only")
    disk = FailingDisk(tmp_path / "failing", 160)
    yield disk
    disk.remove()


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
