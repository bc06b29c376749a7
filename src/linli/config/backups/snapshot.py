"""The store as it was at one moment, in a file of its own, while everybody goes on working."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from linli.kernel.errors import Refusal

_PICTURES = "SELECT id FROM matters_evidence WHERE erased_at IS NULL ORDER BY id"
_HEAD = "SELECT size, root FROM ledger_head WHERE id = 1"
_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY app, name"
_CHECKPOINT = "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the store: where its copy lies, how far the log reached, which pictures it speaks of."""

    file: Path
    vendor: str
    size: int
    root: str
    checkpoint: str
    migrations: tuple[str, ...]
    pictures: tuple[int, ...]


@contextmanager
def taken() -> Iterator[Snapshot]:
    """A consistent copy, gone again afterwards. It lies in the data folder, which only the program may read."""
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=settings.DATA))
    try:
        yield _sqlite(folder) if connection.vendor == "sqlite" else _postgres(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sqlite(folder: Path) -> Snapshot:
    """SQLite's own backup, which copies while others write and starts again where they changed what was copied."""
    copy = folder / "store"
    source = sqlite3.connect(f"file:{settings.DATABASES['default']['NAME']}?mode=ro", uri=True, timeout=60)
    target = sqlite3.connect(copy)
    try:
        source.backup(target, pages=-1)  # in one go: a moment's reading never starts again
        target.execute("PRAGMA journal_mode=DELETE")
        facts = [target.execute(sql).fetchall() for sql in (_HEAD, _CHECKPOINT, _MIGRATIONS, _PICTURES)]
    finally:
        source.close()
        target.close()
    return _described(copy, "sqlite", facts)


def _postgres(folder: Path) -> Snapshot:
    """``pg_dump`` reads the snapshot of a transaction held open here, so that both speak of the same moment."""
    if shutil.which("pg_dump") is None:
        raise Refusal("backup.no_pg_dump", kind="conflict")
    copy = folder / "store"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        name = cursor.fetchone()[0]
        facts = []
        for sql in (_HEAD, _CHECKPOINT, _MIGRATIONS, _PICTURES):
            cursor.execute(sql)
            facts.append(cursor.fetchall())
        command = [
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={name}",
            f"--file={copy}",
        ]
        done = subprocess.run(
            command, env=libpq(settings.DATABASES["default"]), capture_output=True, text=True
        )
    if done.returncode:
        raise Refusal("backup.pg_dump", kind="conflict", said=(done.stderr.strip().splitlines() or [""])[-1])
    return _described(copy, "postgresql", facts)


def libpq(database: dict[str, object]) -> dict[str, str]:
    """The environment by which PostgreSQL's own programs find a database; a password never stands on a command line."""
    names = {
        "PGDATABASE": "NAME",
        "PGUSER": "USER",
        "PGPASSWORD": "PASSWORD",
        "PGHOST": "HOST",
        "PGPORT": "PORT",
    }
    given = {name: str(database[key]) for name, key in names.items() if database.get(key)}
    return {**os.environ, **given}


def _described(copy: Path, vendor: str, facts: list[list[tuple[object, ...]]]) -> Snapshot:
    head, checkpoint, migrations, pictures = facts
    size, root = head[0] if head else (0, b"")
    return Snapshot(
        copy, vendor, int(str(size)), bytes(root).hex(), str(checkpoint[0][0]) if checkpoint else "",  # type: ignore[call-overload]
        tuple(f"{app}.{name}" for app, name in migrations), tuple(int(str(row[0])) for row in pictures),
    )  # fmt: skip
