"""Row ids made in the process: 63-bit, rising with time, so that rows of one act are written without asking the store first.

41 bits of milliseconds since 2024-01-01, then 22 bits that start at random in each millisecond and count up within
the process. Two processes would have to draw the same 22 bits in the same millisecond to collide; the primary key refuses
that and the act is tried again. Ids are not secrets: whoever holds one still passes the gate.
"""

from __future__ import annotations

import secrets
import threading
import time

from linli.kernel.errors import Refusal

_EPOCH_MS = 1_704_067_200_000
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [one + two for one in LETTERS for two in LETTERS]
_VALUE = {letter: n for n, letter in enumerate(LETTERS)}
_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """A fresh id, greater than every id this process gave before."""
    global _last
    now = time.time_ns() // 1_000_000 - _EPOCH_MS
    fresh = (now << 22) | secrets.randbits(21)
    with _lock:
        _last = fresh if fresh > _last else _last + 1
        return _last


def text(number: int) -> str:
    """13 letters of Crockford base32: how an id is written in URLs and JSON."""
    pairs = _PAIRS
    return (
        f"{LETTERS[number >> 60 & 31]}{pairs[number >> 50 & 1023]}{pairs[number >> 40 & 1023]}{pairs[number >> 30 & 1023]}"
        f"{pairs[number >> 20 & 1023]}{pairs[number >> 10 & 1023]}{pairs[number & 1023]}"
    )


def parse(written: str) -> int:
    """The id behind its 13 letters. Raises Refusal ``ids.unreadable``."""
    if len(written) != 13:
        raise Refusal("ids.unreadable", kind="missing")
    number = 0
    for letter in written.lower():
        if letter not in _VALUE:
            raise Refusal("ids.unreadable", kind="missing")
        number = number << 5 | _VALUE[letter]
    if number >= 1 << 63:
        raise Refusal("ids.unreadable", kind="missing")
    return number
