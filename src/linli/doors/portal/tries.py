"""Tries counted together by all processes of this machine that serve one data folder: a small table in memory that is a file there.

A row is a keyed hash of who tries what, the window it tries in, and how often in that and in the one before; it says nothing about anybody and is
overwritten when others need its place. One count is a lock on a file and a few bytes of memory, about ten microseconds. Where the file cannot
be made (a full disk, a folder that is only read) each process counts for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import mmap
import os
import secrets
import struct
import threading
from pathlib import Path

_ROW = struct.Struct("<QQII")  # who and what; window; tries in it; tries in the one before
_ROWS = 4  # for hashes that begin alike: of them the quietest gives way
_LOTS = 8192
SIZE = _ROW.size * _ROWS * _LOTS


class Tries:
    """The table of one data folder."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._lock = threading.Lock()
        self._pid = 0
        self._file = -1
        self._table: mmap.mmap

    def _open(self) -> None:
        """Anew after a fork: a lock belongs to the opening of a file, so parent and child would hold it together."""
        if self._pid == os.getpid():
            return
        try:
            self._file = self._made()
            self._table = mmap.mmap(self._file, SIZE)
        except (OSError, ValueError):
            self._file = -1
            self._table = mmap.mmap(-1, SIZE)
        self._pid = os.getpid()

    def _made(self) -> int:
        """The file, whole before anybody sees it: every byte is on the disk, so that none is missing when it is touched."""
        if not self._path.exists() or self._path.stat().st_size != SIZE:
            fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            try:
                fresh.write_bytes(bytes(SIZE))
                fresh.chmod(0o600)
                if not self._path.exists():
                    os.link(fresh, self._path)  # of two at once one is first, and both use that
                elif self._path.stat().st_size != SIZE:
                    os.replace(fresh, self._path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink(missing_ok=True)
        return os.open(self._path, os.O_RDWR | os.O_CLOEXEC)

    def count(self, what: str, most: int, within: float, now: float) -> float:
        """Note one try. Answers 0 where it may be, else the seconds after which another may; then it is not noted. What was tried in the
        window before counts by the part of it that lies within the last ``within`` seconds, rounded up."""
        window, into = divmod(now, within)
        digest = hashlib.blake2b(what.encode(), digest_size=8, key=self._key).digest()
        who = int.from_bytes(digest, "little") or 1
        start = who % _LOTS * _ROWS * _ROW.size
        with self._lock:
            self._open()
            if self._file >= 0:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                return self._counted(start, who, int(window), into, most, within)
            finally:
                if self._file >= 0:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def _counted(self, start: int, who: int, window: int, into: float, most: int, within: float) -> float:
        at, here, before = self._row(start, who, window)
        left = most - here
        if math.ceil(before * (1 - into / within)) >= left:
            return _until(left, here, before, into, most, within)
        _ROW.pack_into(self._table, at, who, window, here + 1, before)
        return 0.0

    def _row(self, start: int, who: int, window: int) -> tuple[int, int, int]:
        """Where the row of that one stands, or may, and its tries in this window and the one before."""
        place, quietest = start, None
        for at in range(start, start + _ROWS * _ROW.size, _ROW.size):
            owner, when, here, before = _ROW.unpack_from(self._table, at)
            if owner == who:
                if when == window:
                    return at, here, before
                return at, 0, here if when == window - 1 else 0
            loud = (when, here) if owner else (-1, 0)
            if quietest is None or loud < quietest:
                place, quietest = at, loud
        return place, 0, 0

    def forget(self) -> None:
        """Begin anew; for tests."""
        with self._lock:
            self._open()
            self._table[:] = bytes(SIZE)


def _until(left: int, here: int, before: int, into: float, most: int, within: float) -> float:
    """After how many seconds there is room again, if nothing is tried until then."""
    if left > 0:  # this window has room as soon as the one before weighs less
        return max(1.0, within * (1 - (left - 1) / before) - into)
    return within - into + max(1.0, within * (1 - (most - 1) / here))
