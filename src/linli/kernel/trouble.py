"""When the store or its disk is in trouble: which trouble, what whoever asked is told, and how often it happened here.

The error of a driver is not the fault of whoever asked and not ours: it is a refusal of kind ``away``, to be tried again.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError

from linli.kernel.errors import Refusal

log = logging.getLogger("linli.store")

QUIET = 60.0  # seconds in which the same trouble is not logged again
_OF_DISK = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read_only", errno.EIO: "away"}
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_PROTOCOL: "busy",
    sqlite3.SQLITE_IOERR: "away",
    sqlite3.SQLITE_CANTOPEN: "away",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_OF_POSTGRES = {  # by SQLSTATE or its class
    "53100": "full",
    "25006": "read_only",
    "40001": "busy",
    "40P01": "busy",
    "55P03": "busy",
    "53": "busy",
    "08": "away",
    "57": "away",
    "58": "away",
    "XX001": "damaged",
    "XX002": "damaged",
}
_lock = threading.Lock()
_seen: dict[str, tuple[int, float]] = {}


def refusal_of(error: BaseException | None) -> Refusal | None:
    """The refusal behind an error of the store or its disk; None for every other error."""
    if isinstance(error, (DatabaseError, InterfaceError)):
        what = _of_driver(error, error.__cause__)
    elif isinstance(error, OSError):
        what = _OF_DISK.get(error.errno or 0)
    else:
        what = None
    return Refusal(f"store.{what}", kind="away") if what else None


def _of_driver(error: BaseException, cause: Any) -> str | None:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return _OF_SQLITE.get(code & 0xFF)
    state = getattr(cause, "sqlstate", None)
    if state:
        return _OF_POSTGRES.get(state) or _OF_POSTGRES.get(state[:2])
    # without a code the driver did not reach the server at all, or lost it
    return "away" if isinstance(error, (OperationalError, InterfaceError)) else None


def met(error: BaseException | None) -> Refusal | None:
    """As ``refusal_of``, and remembered for the health page: for whoever gives the answer."""
    refusal = refusal_of(error)
    if refusal is not None:
        with _lock:
            now = time.monotonic()
            times, last = _seen.get(refusal.code, (0, now - 2 * QUIET))
            _seen[refusal.code] = (times + 1, now)
        if now - last > QUIET:
            log.error("%s", refusal)
    return refusal


def history() -> list[dict[str, Any]]:
    """What this process met since it started, the latest first."""
    with _lock:
        found = sorted(_seen.items(), key=lambda one: -one[1][1])
    return [
        {"code": code, "times": times, "last_s": round(time.monotonic() - last, 1)}
        for code, (times, last) in found
    ]
