"""How the last life of the server ended: a file in the data folder while it lives, taken away when it ends in order.

The file is locked for as long as its process lives, however that ends: a file whose lock is free belonged to a server that was killed or lost
its power. Several servers may share a data folder; each has a file of its own. When it was written to last says how long the life lasted.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from linli.doors import health
from linli.kernel import ids

log = logging.getLogger("linli.server")

FOLDER = "lives"
EVERY = 5.0  # seconds between two signs of life
IN_ORDER, UNKNOWN = "in order", "unknown"
_TOLD = "last_end_of_the_server"  # in the environment of processes that answer for one that keeps them


class Life:
    """This server's life. ``last_end`` says how the one before it ended: ``in order``, ``crashed at …`` (its last sign of life; an empty
    data folder has seen no crash), or ``unknown`` where the disk takes no file."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or settings.DATA / FOLDER
        self._path: Path | None = None
        self._descriptor = -1
        self._over = threading.Event()
        self.last_end = UNKNOWN
        self.began = datetime.now(UTC)

    def begin(self) -> None:
        """Look at how the last ones ended, and leave a file of our own. A disk that cannot be written to prevents nothing."""
        health.register_check("server", self._check)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            crashed = _dead(self._folder)
            self.last_end = (
                f"crashed at {max(crashed).isoformat(timespec='seconds')}" if crashed else IN_ORDER
            )
            self._leave()
        except OSError as error:
            log.warning("no file for this life of the server: %s", error.strerror)
            return
        finally:
            os.environ[_TOLD] = self.last_end
        if crashed:
            log.warning(
                "上次没有正常结束 the last life of the server did not end in order: %s", self.last_end
            )
        threading.Thread(target=self._live, name="linli-life", daemon=True).start()

    def end(self) -> None:
        """It ended in order."""
        self._over.set()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._descriptor)
            self._path = None

    def _leave(self) -> None:
        name = ids.text(ids.new_id())
        path, draft = self._folder / name, self._folder / f".{name}"
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())
        os.fsync(self._descriptor)
        os.rename(draft, path)  # only now that it is locked may another server find it
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # a power cut in the first minute must find it too
        finally:
            os.close(folder)
        self._path = path

    def _live(self) -> None:
        while not self._over.wait(EVERY):
            with suppress(OSError):
                os.utime(self._descriptor)

    def _check(self) -> health.Check:
        return health.Check(
            "ok", {"began": self.began.isoformat(timespec="seconds"), "last_end": self.last_end}
        )


def inherited() -> health.Check:
    """The check of a process that answers for one that keeps it: the life is the keeper's."""
    return health.Check("ok", {"last_end": os.environ.get(_TOLD, UNKNOWN)})


def _dead(folder: Path) -> list[datetime]:
    """The last signs of life of servers that are gone without having ended; their files go."""
    found = []
    for path in folder.glob("[!.]*"):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append(datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC))
            path.unlink(missing_ok=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
    return found
