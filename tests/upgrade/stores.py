"""Stores that are taken up and down by the real program: what is in them, read past the program; and, run as a module, ways to fill one.

``python -m tests.upgrade.stores load SCHEMA`` puts the kept store of that schema into the database that LINLI_DB names, as a program of that
day would have left it; ``… live`` lets everything happen in a new store that can leave a row.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.upgrade.make_fixture import HERE, load

Rows = dict[str, list[dict[str, Any]]]

_SHAPE_OF_POSTGRES = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length, is_identity "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')",
)


@dataclass(frozen=True)
class Store:
    """A data folder and its database: SQLite in the folder, or PostgreSQL at ``db``. ``program``: the folder that holds the package of the
    program it is looked at with, if not today's."""

    folder: Path
    db: str = ""
    program: Path | None = None

    def linli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("linli.doors.cli.main", *arguments)

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A module as a program of its own on this store."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
        env |= {"LINLI_DATA": str(self.folder), "LINLI_DB": self.db}
        env |= {"PYTHONPATH": str(self.program)} if self.program else {}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with self.open() as opened:
            return [tuple(row) for row in opened.execute(question)]

    def tell(self, statement: str) -> None:
        """Past the program: a row as another program would have left it."""
        with self.open() as opened:
            opened.execute(statement)
            opened.commit()

    @contextmanager
    def open(self) -> Iterator[Any]:
        if self.db:
            with psycopg.connect(self.db.replace("postgres://", "postgresql://", 1)) as connection:
                yield connection
        else:
            with closing(sqlite3.connect(self.folder / "db.sqlite3")) as opened:
                yield opened

    def tables(self) -> list[str]:
        named = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            if self.db
            else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        )
        return [row[0] for row in self.ask(named)]

    def rows(self) -> Rows:
        """Every row of every table, in one order whatever happened to them."""
        found: Rows = {}
        with self.open() as opened:
            for table in self.tables():
                cursor = opened.execute(f'SELECT * FROM "{table}"')
                names = [column[0] for column in cursor.description]
                rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
                found[table] = sorted(rows, key=lambda row: repr(sorted(row.items())))
        return found

    def shape(self) -> list[tuple[Any, ...]]:
        """Tables, columns, indexes, constraints and triggers. The order of columns is nobody's business: all are asked for by name."""
        if self.db:
            return sorted((row for asked in _SHAPE_OF_POSTGRES for row in self.ask(asked)), key=repr)
        return sorted(self._shape_of_sqlite(), key=repr)

    def _shape_of_sqlite(self) -> Iterator[tuple[Any, ...]]:
        for kind, name, table, sql in self.ask("SELECT type, name, tbl_name, sql FROM sqlite_master"):
            if kind == "table" and not name.startswith("sqlite_"):
                for part in _parts(sql):
                    yield table, part
                for column in self.ask(
                    f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo('{table}')"
                ):
                    yield table, *column
            elif not name.startswith("sqlite_"):
                yield kind, name, table, " ".join((sql or "").split())


def _parts(sql: str) -> list[str]:
    """What a table is declared to be made of, one by one: columns with their checks and keys, and constraints."""
    inside, depth, parts, part = sql[sql.index("(") + 1 : sql.rindex(")")], 0, [], ""
    for letter in inside:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [re.sub(r"\s+", " ", each).strip() for each in [*parts, part]]


def kept(schema: str, folder: Path, db: str = "") -> Store:
    """The store that was kept of that schema, put together anew."""
    (folder / "secrets").mkdir(parents=True)
    for key in (HERE / schema).glob("*.key"):
        shutil.copy(key, folder / "secrets" / key.stem)
    store = Store(folder, db)
    if db:
        done = store.run("tests.upgrade.stores", "load", schema)
        assert done.returncode == 0, done.stderr[-4000:]
    else:
        load(HERE / schema / "store.sql.gz", folder / "db.sqlite3")
    return store


def _load(schema: str) -> None:
    """Into PostgreSQL: the tables as their changes make them up to there, then every row of the kept SQLite store."""
    from linli.config import wiring

    wiring.setup()
    from django.conf import settings
    from django.core.management.color import no_style
    from django.db import connection, connections, transaction
    from django.db.migrations.executor import MigrationExecutor

    from linli.config import schema as schemas
    from linli.kernel.ledger import guards

    old = settings.DATA / "old.sqlite3"
    load(HERE / schema / "store.sql.gz", old)
    connections.settings["old"] = connections.configure_settings({
        "default": {}, "old": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(old)},
    })["old"]  # fmt: skip
    executor = MigrationExecutor(connection)
    targets = list(schemas.released()[schema.removeprefix("schema-")].items())
    executor.migrate(targets)
    models = executor.loader.project_state(targets).apps.get_models(include_auto_created=True)
    with guards.lifted(connection), transaction.atomic(), connection.constraint_checks_disabled():
        for model in models:
            manager = model._default_manager
            manager.using("default").all().delete()
            manager.using("default").bulk_create(list(manager.using("old")), batch_size=500)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    old.unlink()


def _live() -> None:
    from linli.config import wiring

    wiring.setup()
    wiring.prepare()
    from django.conf import settings

    from tests import everything

    settings.WITNESSES = (everything.WITNESS.verifier.vkey,)
    everything.forget_one(everything.live())


if __name__ == "__main__":
    if sys.argv[1] == "load":
        _load(sys.argv[2])
    else:
        _live()
