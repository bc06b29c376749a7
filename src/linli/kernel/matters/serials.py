"""The serial of a matter's number: drawn, so that it tells nobody how many there are, and short, because people read it out.

Four digits suffice on an ordinary day. Each draw that was taken already costs a transaction; when that has happened often on one day,
this process draws longer ones for the rest of it.
"""

from __future__ import annotations

import secrets
from datetime import date

LEAST, MOST = 4, 7
_OFTEN = 25  # draws already taken on a day: about 700 matters of four digits, or ten times as many of five

_taken: dict[date, int] = {}


def tries(day: date) -> tuple[int, ...]:
    """How many digits to draw, try after try."""
    first, clashes = LEAST, _taken.get(day, 0)
    while clashes >= _OFTEN and first < MOST:
        first, clashes = first + 1, clashes - _OFTEN
    return (first, first, *range(first + 1, MOST + 1)) if first < MOST else (MOST,) * 4


def drawn(digits: int) -> int:
    """A serial of at most so many digits."""
    return secrets.randbelow(10**digits - 1) + 1


def taken(day: date) -> None:
    """The one drawn was another matter's already."""
    count = _taken.get(day, 0) + 1
    if day not in _taken and len(_taken) > 30:
        _taken.clear()  # history being made; only the days at hand matter
    _taken[day] = count
