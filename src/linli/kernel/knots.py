"""Two acts that wait for each other: PostgreSQL breaks one of them off, and it is begun anew.

Whoever holds more than one matter takes them in one order (``matters.gate.hold``), so this is for what no order rules out. SQLite has one
writer and never meets it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

from linli.kernel.trouble import refusal_of

Answer = TypeVar("Answer")
BROKEN_OFF = ("40P01", "40001")  # deadlock_detected, serialization_failure: all of the act was undone
TIMES = 4


def untied(act: Callable[[], Answer]) -> Answer:
    """What the act answers. Broken off, it is begun anew up to three times; then Refusal ``store.busy``. Inside an act of the caller nothing
    can be begun anew (all of that was undone), so the error goes on to whoever began it."""
    nested = connection.in_atomic_block
    for left in range(TIMES - 1, -1, -1):
        try:
            return act()
        except OperationalError as error:
            if nested or getattr(error.__cause__, "sqlstate", None) not in BROKEN_OFF:
                raise
            if not left:
                raise refusal_of(error) or error from error
        time.sleep(random.uniform(0.01, 0.05))  # not both at the same instant again
    raise AssertionError("unreachable")
