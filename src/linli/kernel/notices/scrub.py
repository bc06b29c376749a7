"""After an erasure: nothing of the words may stay in the files of the store itself, in free pages or in the write-ahead log.

SQLite overwrites what it deletes (``secure_delete``), yet a page that was rebuilt can keep a stale copy; so the file is written anew (VACUUM)
and the log emptied. PostgreSQL rewrites the tables that hold words in the clear (VACUUM FULL) and starts a new segment of its log; its old
segments go as its own settings say (``docs/howto/privacy-requests.md``). Both hold writers up, so a large store waits for the night.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.models import Q

from linli.kernel import moment, store
from linli.kernel.ledger import append, rows
from linli.kernel.ledger.models import Entry

AT_ONCE = 256 * 1024 * 1024  # bytes; a larger store is rewritten at night
NIGHT = (3, 4)  # local hours
SUBJECT = "scrub:store"
STRETCH, STRETCHES = 20_000, 10  # entries read at once, and how often in one pass
TABLES = (
    "matters_words", "matters_matter", "matters_evidence", "matters_contact", "matters_call", "matters_key", "notices_notice",
    "people_person", "people_access_log", "people_session", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog",
)  # fmt: skip


@dataclass
class _Reading:
    """How far this process has read the log for erasures since the last rewriting."""

    next_idx: int | None = None
    found: bool = False


_reading = _Reading()


def owed() -> bool:
    """Whether something in the clear was erased since the store was last written anew. Reads on from where it stood, a stretch at a time."""
    if _reading.next_idx is None:
        last = Entry.objects.filter(subject=SUBJECT).order_by("-seq").values_list("idx", flat=True).first()
        _reading.next_idx = 0 if last is None else last + 1
    for _ in range(STRETCHES):
        end = min(rows.size(), _reading.next_idx + STRETCH)
        if _reading.found or end <= _reading.next_idx:
            break
        _reading.found = _erased_between(_reading.next_idx, end)
        _reading.next_idx = end
    return _reading.found


def _erased_between(start: int, end: int) -> bool:
    here = Entry.objects.filter(idx__gte=start, idx__lt=end)
    told = Q(kind="privacy.erased") | Q(kind="privacy.retention", body__contains='"plain":true')
    told |= Q(kind="people.account", body__contains='"did":"erased"')
    told |= Q(kind="matter.step", body__contains='"does":"release_words"')
    return here.filter(told).exists()


def forget() -> None:
    """Read the log again from the last rewriting on; for tests, and after a restore."""
    _reading.next_idx, _reading.found = None, False


def run_once() -> int:
    """Write the store anew if an erasure is owed it: at once where that takes a moment, otherwise at night. Answers 1 if it did."""
    if not owed():
        return 0
    hour = moment.local(moment.now()).hour
    if size() > AT_ONCE and not NIGHT[0] <= hour < NIGHT[1]:
        return 0
    return int(now())


def size() -> int:
    """Bytes of the store."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def now() -> bool:
    """Write the store anew, and put on record that it was. False where others would not let go: tried again at the next pass."""
    if connection.in_atomic_block:
        raise RuntimeError("the store is written anew between acts, not in one")
    before = size()
    done = _sqlite() if connection.vendor == "sqlite" else _postgres()
    if done:
        _reading.found = False
        with store.acting():
            append.commit(
                "privacy.scrubbed", SUBJECT, append.next_seq(SUBJECT),
                {"store": connection.vendor, "before": before, "after": size()},
            )  # fmt: skip
    return done


def _sqlite() -> bool:
    """VACUUM in line with this process's own writers, then empty the log. The entry that says so comes after, in a fresh log."""
    with store.alone():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
        for _ in range(20):
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy = cursor.fetchone()[0]
            if not busy:
                return True
            time.sleep(0.1)
    return False


def _postgres() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
        try:
            for table in TABLES:
                cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")
        except DatabaseError:  # somebody holds a table for long: next pass
            return False
        finally:
            cursor.execute("SET lock_timeout = DEFAULT")
        for statement in ("CHECKPOINT", "SELECT pg_switch_wal()"):
            try:
                cursor.execute(statement)
            except DatabaseError:  # a right this account need not have; the log is cycled anyway
                continue
    return True


def files() -> list[Path]:
    """The store's own files on SQLite."""
    name = Path(str(connection.settings_dict["NAME"]))
    return [path for path in (name, Path(f"{name}-wal"), Path(f"{name}-shm")) if path.exists()]
