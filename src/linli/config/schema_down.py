"""Taking a store back to a released schema: what the older schema cannot hold is known, and said, before anything is changed.

A change may name in ``made_again`` what it brings in (``table`` or ``table.column``) and what is made again from other rows whenever it is made:
a hash, a count, or what going down puts back to where it came from. Everything else it brings in is kept aside while the older program
runs (``schema_kept``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Field, Model
from django.db.models.functions import Length

from linli.config import schema, schema_kept
from linli.kernel import store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append
from linli.kernel.matters.models import Matter
from linli.kernel.packspec.models import Edition

SUBJECT = "schema:store"


@dataclass(frozen=True, slots=True)
class Loss:
    """Something an older schema has no room for. ``column`` is "" where the whole table goes; ``rows`` hold something in it.
    ``again``: made again from other rows on the way up, so that nothing is lost. ``fits``: False where the older column is there but too
    narrow for these rows."""

    table: str
    column: str
    rows: int
    again: bool = False
    fits: bool = True

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def real(self) -> bool:
        """Whether rows would lose something that is nowhere else."""
        return self.rows > 0 and not self.again


class Down:
    """The way from where the store stands down to one released schema. Reading it changes nothing.

    Refusals: ``schema.unreleased`` for a number nobody released, ``schema.not_up`` for a store that is not where this program would bring it.
    """

    def __init__(self, number: str) -> None:
        if number not in schema.released():
            raise Refusal("schema.unreleased", number=number, known=", ".join(schema.released()))
        self.number, self._executor = number, MigrationExecutor(connection)
        self._loader = self._executor.loader
        if set(self._loader.graph.nodes) - set(self._loader.applied_migrations):
            raise Refusal("schema.not_up", kind="conflict")
        last = schema.released()[number]
        apps = sorted({app for app, _ in self._loader.graph.nodes})
        self._targets = [(app, last.get(app)) for app in apps]
        self._plan = self._executor.migration_plan(self._targets)

    @property
    def changes(self) -> tuple[str, ...]:
        """The changes that are unmade, in this order."""
        return tuple(f"{one.app_label}.{one.name}" for one, _ in self._plan)

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """What the older schema has no room for, by table and column, counted in the store as it is."""
        again = {name for one, _ in self._plan for name in getattr(one, "made_again", ())}
        return tuple(sorted(self._losses(again), key=lambda loss: loss.name))

    def _losses(self, again: set[str]) -> Iterator[Loss]:
        older = {
            model._meta.db_table: {field.column: field for field in model._meta.concrete_fields}
            for model in self._apps(at=[target for target in self._targets if target[1]])
        }
        for model in self._apps():
            table = model._meta.db_table
            if table not in older:
                yield Loss(table, "", model._default_manager.count(), table in again)
                continue
            for field in model._meta.concrete_fields:
                here = f"{table}.{field.column}" in again
                if field.column not in older[table]:
                    yield Loss(table, str(field.column), schema_kept.holding(model, field).count(), here)
                elif not here and (rows := _too_wide(model, field, older[table][field.column])):
                    yield Loss(table, str(field.column), rows, fits=False)

    @cached_property
    def strange(self) -> tuple[tuple[str, ...], int]:
        """Packs first seen since the store left the older schema, and how many open matters are judged by them: the older program may not
        know every word they use, and then does not act on these matters."""
        recorded: dict[Any, Any] = dict(self._loader.applied_migrations)
        left = min((recorded[one.app_label, one.name].applied for one, _ in self._plan), default=None)
        if left is None:
            return (), 0
        since = {edition.digest: str(edition) for edition in Edition.objects.filter(first_seen__gte=left)}
        matters = Matter.objects.filter(edition__in=list(since), ended_at=None).count()
        return tuple(sorted(since.values())), matters

    def _apps(self, at: list[Any] | None = None) -> list[type[Model]]:
        found: list[type[Model]] = self._loader.project_state(at).apps.get_models(include_auto_created=True)
        return found

    def go(self, kept: Path, progress: Callable[[str], None]) -> int:
        """Unmake the changes, all or none; how many rows were written to ``kept`` (no file where there are none).

        Refusal ``schema.does_not_fit`` where a column is too narrow for what stands in it.
        """
        for loss in self.losses:
            if not loss.fits:
                raise Refusal("schema.does_not_fit", kind="conflict", what=loss.name, rows=loss.rows)
        models = {model._meta.db_table: model for model in self._apps()}
        written = schema_kept.write(kept, models, self.losses)
        try:
            with _foreign_keys_off(), store.acting():
                append.commit(
                    "schema.lowered", SUBJECT, append.next_seq(SUBJECT),
                    {"to": self.number, "changes": list(self.changes), "kept": written},
                )  # fmt: skip
                _checks_now()
                self._executor.progress_callback = lambda action, change=None, fake=False: (
                    progress(str(change)) if action == "unapply_start" else None
                )
                self._executor.migrate(self._targets, plan=self._plan)
        except BaseException:
            kept.unlink(missing_ok=True)
            raise
        _forget(sorted({loss.table for loss in self.losses} & _tables()))
        return written


def _too_wide(model: type[Model], field: Field[Any, Any], older: Field[Any, Any]) -> int:
    rows = model._default_manager
    if field.null and not older.null:
        return rows.filter(**{f"{field.name}__isnull": True}).count()
    if field.max_length and older.max_length and older.max_length < field.max_length:
        return (
            rows.annotate(linli_length=Length(field.name)).filter(linli_length__gt=older.max_length).count()
        )
    return 0


def _foreign_keys_off() -> Any:
    """SQLite makes a table anew to change it; Django checks every key of it afterwards, and asks for this before the transaction."""
    return connection.constraint_checks_disabled() if connection.vendor == "sqlite" else nullcontext()


def _checks_now() -> None:
    """PostgreSQL alters no table of which checks are yet to be made."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def _forget(tables: list[str]) -> None:
    """Write anew what lost a column: nothing of what stood in it stays in the store's files."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in tables:
            cursor.execute(f'VACUUM (FULL, ANALYZE) "{table}"')


def require_nobody_else() -> None:
    """Refusal ``schema.in_use`` while another process has the store open."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            others = bool(cursor.fetchone()[0])
    else:
        connection.close()
        others = not _alone(settings.DATABASES["default"]["NAME"])
    if others:
        raise Refusal("schema.in_use", kind="conflict")


def _alone(path: str) -> bool:
    """SQLite lets nobody leave the write-ahead log while another connection is open. The next connection goes back to it."""
    with closing(sqlite3.connect(path, timeout=0)) as opened:
        try:
            return bool(opened.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete")
        except sqlite3.OperationalError:
            return False
