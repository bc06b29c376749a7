"""Statements of the hot paths written out: the same values as the ORM would send and the same objects as it would make, without the time it takes
to find its words. Everything else uses the ORM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

Converter = Callable[[Any], Any]
Row = TypeVar("Row", bound=models.Model)
#: Fields whose values the store takes as they stand.
_AS_IT_IS = (
    models.IntegerField, models.FloatField, models.BooleanField, models.CharField, models.TextField, models.BinaryField,
)  # fmt: skip


def _converter(field: models.Field[Any, Any], store: BaseDatabaseWrapper) -> Converter | None:
    """What makes a value of this field fit for the store; None where nothing has to be done."""
    sqlite = store.vendor == "sqlite"
    if isinstance(field, models.ForeignKey):
        return _converter(field.target_field, store)
    if isinstance(field, _AS_IT_IS):
        return None
    if isinstance(field, models.DateTimeField):
        return moment_text if sqlite else None
    if isinstance(field, models.DateField):
        return date.isoformat if sqlite else None
    if isinstance(field, models.JSONField) and sqlite and field.encoder is None:
        return json.dumps
    return lambda value: field.get_db_prep_save(value, store)


def moment_text(value: datetime) -> str:
    """A moment as Django writes it into SQLite: UTC without its zone."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(" ")


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """What a row of this model has before anything is said of it: fixed values, and those that are made anew for each."""
    fixed: dict[str, Any] = {}
    made: list[tuple[str, Callable[[], Any]]] = []
    for field in model._meta.concrete_fields:
        if field.has_default() and callable(field.default):
            made.append((field.attname, field.default))
        else:
            fixed[field.attname] = field.get_default()
    return fixed, tuple(made)


def fresh(model: type[Row], **given: Any) -> Row:
    """``model(**given)`` in a quarter of the time, for rows about to be inserted. Foreign keys are given as their ``…_id``."""
    fixed, made = _defaults(model)
    row = model.__new__(model)
    values = row.__dict__
    values["_state"] = ModelState()
    values.update(fixed)
    values.update(given)
    for name, make in made:
        if name not in given:
            values[name] = make()
    return row


@cache
def _insert_sql(
    model: type[models.Model], alias: str
) -> tuple[str, str, tuple[tuple[str, Converter | None], ...]]:
    """The statement up to its values, the holes of one row, and for each hole which attribute goes in and how. Once per model."""
    store = connections[alias]
    fields = tuple(model._meta.concrete_fields)
    names = ", ".join(store.ops.quote_name(str(field.column)) for field in fields)
    holes = "(" + ", ".join(["%s"] * len(fields)) + ")"
    made = tuple((field.attname, _converter(field, store)) for field in fields)
    return f"INSERT INTO {store.ops.quote_name(model._meta.db_table)} ({names}) VALUES ", holes, made


MOST = 500  # values stay below what either store takes in one statement


def insert(rows: Iterable[models.Model], *, unless_there: bool = False) -> None:
    """Write fresh rows of one model in as few statements as can be, for an eighth of the ORM's time. ``unless_there``: a row that would clash with
    one that is there is left out."""
    rows = list(rows)
    for first in range(0, len(rows), MOST):
        _insert(rows[first : first + MOST], " ON CONFLICT DO NOTHING" if unless_there else "")


def _insert(rows: Sequence[models.Model], more: str) -> None:
    head, holes, fields = _insert_sql(type(rows[0]), DEFAULT_DB_ALIAS)
    values: list[Any] = []
    for row in rows:
        had = row.__dict__
        for name, convert in fields:
            value = had[name]
            values.append(value if convert is None or value is None else convert(value))
    send(head + ", ".join([holes] * len(rows)) + more, values)


def send(statement: str, values: Sequence[Any]) -> None:
    """One statement of an act, with ``%s`` for its values, which the store takes as they stand. Raises what Django's cursor would raise."""
    _run(statement, values, fetch=False)


def _run(statement: str, values: Sequence[Any], *, fetch: bool) -> list[Any]:
    """Sent past Django's cursor (and on PostgreSQL prepared), unless somebody listens there."""
    store: Any = connections[DEFAULT_DB_ALIAS]
    store.close_if_health_check_failed()
    store.ensure_connection()
    if store.execute_wrappers or store.force_debug_cursor:
        with store.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if fetch else []
    if store.needs_rollback:
        store.validate_no_broken_transaction()
    with store.wrap_database_errors:
        if store.vendor == "sqlite":
            done = store.connection.execute(_marked(statement), values)
        else:
            done = _prepared(store.connection).execute(statement, values, prepare=True)
        return list(done.fetchall()) if fetch else []


@cache
def _marked(statement: str) -> str:
    """The statement with SQLite's mark for a value."""
    return statement.replace("%s", "?")


@contextmanager
def streamed() -> Iterator[None]:
    """What is sent meanwhile is not waited for one by one (PostgreSQL); what it fails with is raised at the end, if not before. Inside an act,
    so that such an error undoes it."""
    store: Any = connections[DEFAULT_DB_ALIAS]  # inside an act: there is a connection
    if store.vendor == "sqlite" or store.execute_wrappers or store.force_debug_cursor:
        yield
        return
    with store.wrap_database_errors, store.connection.pipeline():
        yield


def _prepared(raw: Any) -> Any:
    """A cursor that has the server bind values to statements it has planned once: Django's own writes them into a new text each time. One for each
    connection, kept on it. Whole numbers go as bigint whatever their size, or every mixture of sizes would be another statement."""
    kept = getattr(raw, "_linli_prepared", None)
    if kept is None:
        import psycopg
        from psycopg.types.numeric import Int8Dumper

        kept = psycopg.Cursor(raw)
        kept.adapters.register_dumper(int, Int8Dumper)
        raw.prepare_threshold = 5  # None would have the connection prepare nothing; Django's cursors bind by themselves and never do
        raw._linli_prepared = kept
    return kept


@cache
def _select_sql(
    model: type[models.Model], alias: str
) -> tuple[str, list[str], list[tuple[int, Any, list[Any]]]]:
    """The statement up to its condition, the attributes in order, and which columns have to be converted how. Once per model."""
    store = connections[alias]
    fields = model._meta.concrete_fields
    names = ", ".join(store.ops.quote_name(str(field.column)) for field in fields)
    converted = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        converters = [*store.ops.get_db_converters(column), *column.get_db_converters(store)]
        if converters:
            converted.append((place, column, converters))
    return (
        f"SELECT {names} FROM {store.ops.quote_name(model._meta.db_table)} WHERE ",
        [f.attname for f in fields],
        converted,
    )


def select(model: type[Row], condition: str, values: Sequence[Any]) -> list[Row]:
    """Rows by a condition in plain SQL: the same objects as the ORM would make, without the time it takes to find its words. For hot reads."""
    head, names, converted = _select_sql(model, DEFAULT_DB_ALIAS)
    store = connections[DEFAULT_DB_ALIAS]
    found = _run(head + condition, values, fetch=True)
    made = []
    for row in found:
        cells = list(row)
        for place, column, converters in converted:
            for convert in converters:
                cells[place] = convert(cells[place], column, store)
        made.append(model.from_db(DEFAULT_DB_ALIAS, names, cells))
    return made


def rows_of(statement: str, values: Sequence[Any]) -> list[Any]:
    """All rows of a statement, as the store gives them."""
    return _run(statement, values, fetch=True)


def holes(values: Sequence[Any]) -> str:
    """``%s, %s, %s`` for an IN."""
    return ", ".join(["%s"] * len(values))


def first(statement: str, *values: Any) -> tuple[Any, ...] | None:
    """The first row of a statement, as the store gives it."""
    found = _run(statement, values, fetch=True)
    return found[0] if found else None
