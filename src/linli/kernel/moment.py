"""What time it is. Nothing else in the program asks the system clock for the hour of an act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_travelled: ContextVar[datetime | None] = ContextVar("linli_moment", default=None)


def now() -> datetime:
    """The present, aware and in UTC, unless this context has travelled."""
    return _travelled.get() or datetime.now(UTC)


@contextmanager
def at(when: datetime) -> Iterator[None]:
    """Live in another moment: for making a town's history and for tests of promises. Never reachable from a door."""
    if when.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    token = _travelled.set(when.astimezone(UTC))
    try:
        yield
    finally:
        _travelled.reset(token)


def local(when: datetime) -> datetime:
    """The same moment as the office's wall clock shows it."""
    return when.astimezone(SHANGHAI)
