"""Whatever follows an act reads the log from a cursor of its own. The cursor moves in the transaction of what was digested.

So for everything a follower writes to the store: nothing is skipped and nothing happens twice, whatever crashes when, and
with however many workers. An entry that cannot be digested stops its follower there, for everybody to see, and is tried
again at growing intervals; other followers read on.
"""

from __future__ import annotations

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import rows, tally
from linli.kernel.ledger.models import Cursor
from linli.kernel.ledger.rows import EntryRow

LONGEST_WAIT = timedelta(minutes=5)
LONGEST_BATCH = 0.25  # seconds; on SQLite nobody else writes meanwhile
FIRST_BATCH = 25


class Follower(ABC):
    """Something that builds on the log. ``name`` is its cursor's, for ever; ``batch`` how many entries it takes at once."""

    name: str
    batch: int = 200
    pace: int = 0  # how many it takes now: fewer while it is slow, so that nobody is held up; 0 before its first batch

    def prepare(self, entries: Sequence[EntryRow]) -> Callable[[], None] | None:
        """Read and reckon what takes time, before the turn to write has come; answers what remains to be done within it, or None where ``digest``
        does all of it. What was read may be older than what stands there then: as in ``digest``, an entry further up tells of that."""
        return None

    @abstractmethod
    def digest(self, entries: Sequence[EntryRow]) -> None:
        """Take the next entries, in order, inside a transaction that also moves the cursor.

        Write to the store only: what is sent elsewhere cannot be undone when the transaction is (queue it in a table). Skip
        kinds you do not know. Whatever is raised undoes the batch; it comes again one entry at a time.
        """


class Astray(Exception):
    """A cursor whose last digested entry is not the one this log has there: it was moved, or belongs to another log."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a follower stands, as the health page shows it. ``error`` names kinds and places of code, never contents."""

    name: str
    next_idx: int
    behind: int
    failed_at: datetime | None
    error: str
    tries: int


_registered: dict[str, Follower] = {}


def register(follower: Follower) -> None:
    """Have the worker run this follower. Called once at start, by configuration."""
    known = _registered.setdefault(follower.name, follower)
    if known is not follower:
        raise ValueError(f"two followers are called {follower.name}")


def registered() -> tuple[Follower, ...]:
    """All followers the worker runs."""
    return tuple(_registered.values())


def run_once(follower: Follower) -> int:
    """Let one follower take its next batch; how many entries it digested. Never raises for what the follower did."""
    standing = standing_of(follower)
    if standing.behind <= 0 or _resting(standing):
        return 0
    if standing.failed_at is None:
        try:
            return _advance(follower, min(follower.pace or FIRST_BATCH, follower.batch))
        except Exception:
            connection.close_if_unusable_or_obsolete()
    return _one_by_one(follower, follower.batch)


def run_all() -> int:
    """Let every follower digest all it can. For commands and tests; the worker runs each in a thread of its own."""
    total = 0
    for follower in registered():
        while taken := run_once(follower):
            total += taken
    return total


def standing_of(follower: Follower) -> Standing:
    """Where this follower stands."""
    cursor = Cursor.objects.filter(pk=follower.name).first() or Cursor(follower=follower.name)
    return _standing(cursor, rows.size())


def standings() -> list[Standing]:
    """Where every registered follower, and every other one with a cursor, stands."""
    size = rows.size()
    known = {cursor.follower: cursor for cursor in Cursor.objects.all()}
    for name in _registered:
        known.setdefault(name, Cursor(follower=name))
    return [_standing(known[name], size) for name in sorted(known)]


def described(error: BaseException) -> str:
    """An error without its message, which might repeat somebody's words: its kind and where it was raised."""
    if isinstance(error, Refusal):
        return f"Refusal {error.code}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "linli" in frame.filename] or frames
    place = ""
    if ours:
        path = ours[-1].filename.replace("\\", "/")
        place = f" in {path[path.rfind('/linli/') + 1 :]}:{ours[-1].lineno}"
    return f"{type(error).__name__}{place}"


def _standing(cursor: Cursor, size: int) -> Standing:
    behind = size - cursor.next_idx
    return Standing(cursor.follower, cursor.next_idx, behind, cursor.failed_at, cursor.error, cursor.tries)


def _resting(standing: Standing) -> bool:
    """Whether a failed follower still waits before it tries again: 2, 4, 8 … seconds, five minutes at most."""
    if standing.failed_at is None:
        return False
    wait = min(timedelta(seconds=2 ** min(standing.tries, 10)), LONGEST_WAIT)
    return standing.failed_at <= moment.now() < standing.failed_at + wait


def _one_by_one(follower: Follower, limit: int) -> int:
    """Digest single entries up to the one that fails, and say there that it does."""
    for done in range(limit):
        try:
            if not _advance(follower, 1):
                return done
        except Exception as error:
            connection.close_if_unusable_or_obsolete()
            _fail(follower, error)
            return done
    return limit


def _advance(follower: Follower, limit: int) -> int:
    seen = _cursor_of(follower)
    entries = _next(seen, limit)
    if not entries:
        return 0
    remaining = follower.prepare(entries)
    with store.acting():
        cursors = Cursor.objects.filter(pk=follower.name)
        if connection.vendor == "postgresql":
            cursors = cursors.select_for_update(skip_locked=True)
        cursor = cursors.first()
        if cursor is None:
            return 0  # another worker is digesting for this follower
        if (cursor.next_idx, bytes(cursor.mark)) != (seen.next_idx, bytes(seen.mark)):
            entries, remaining = _next(cursor, limit), None  # another worker was here in between
        if not entries:
            return 0
        began = time.monotonic()
        if remaining is None:
            follower.digest(entries)
        else:
            remaining()
        follower.pace = _pace(follower, len(entries), time.monotonic() - began)
        Cursor.objects.filter(pk=cursor.pk).update(
            next_idx=entries[-1].idx + 1,
            mark=entries[-1].leaf,
            failed_at=None,
            error="",
            tries=0,
            updated=moment.now(),
        )
        return len(entries)


def _cursor_of(follower: Follower) -> Cursor:
    """Its cursor, made and counted the first time it reads."""
    found = Cursor.objects.filter(pk=follower.name).first()
    if found is not None:
        return found
    with store.acting():
        found, made = Cursor.objects.get_or_create(follower=follower.name)
        if made:
            tally.added(Cursor, [tally.number_of_name(found)])
    return found


def _pace(follower: Follower, taken: int, seconds: float) -> int:
    """How many entries the next batch may have, after one of ``taken`` that took so long."""
    if seconds > LONGEST_BATCH:
        return max(1, int(taken * LONGEST_BATCH / seconds))
    return min(follower.batch, max(follower.pace or FIRST_BATCH, 2 * taken))


def _next(cursor: Cursor, limit: int) -> list[EntryRow]:
    """The entries after the cursor, once it is sure that the one before them is the one it digested last."""
    if cursor.next_idx == 0:
        return rows.read(0, limit)
    found = rows.read(cursor.next_idx - 1, limit + 1)
    if not found or found[0].idx != cursor.next_idx - 1 or found[0].leaf != bytes(cursor.mark):
        raise Astray(cursor.follower)
    return found[1:]


def _fail(follower: Follower, error: Exception) -> None:
    with store.acting():
        cursor = _cursor_of(follower)
        cursor.failed_at, cursor.error = moment.now(), f"entry {cursor.next_idx}: {described(error)}"
        cursor.tries += 1
        cursor.save(update_fields=["failed_at", "error", "tries"])
