"""Any single changed, added, removed or exchanged row in a table that matters is found, and named by table and row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test import override_settings

from linli.config import audits
from linli.kernel import ids
from linli.kernel.ledger import audit, guards
from linli.kernel.ledger.models import Checkpoint, Cosignature, Cursor, Entry, Head, Node, Tally
from linli.kernel.matters.models import (
    Asked,
    Call,
    Clock,
    Contact,
    Contribution,
    Evidence,
    Key,
    Link,
    Matter,
    Step,
    Summons,
    Words,
)
from linli.kernel.notices.models import Notice
from linli.kernel.packspec import editions
from linli.kernel.packspec.models import Edition
from linli.kernel.people import snapshot
from linli.kernel.people.devices import Authenticator, RecoveryCode, RecoverySet
from linli.kernel.people.models import AccessLog, Assignment, Consent, Leave, Person, Roster, Turn, Unit
from linli.kernel.places import epochs
from linli.kernel.places.models import Address, Building, Feature, Place, PlaceVersion, Survey
from linli.kernel.registers.models import Change, Item
from tests import everything
from tests.town import BEGAN, Town

pytestmark = pytest.mark.django_db
NOTED = {  # what django-otp notes of wrong tries and of the last sign-in
    "throttling_failure_timestamp", "throttling_failure_count", "created_at", "last_used_at",
}  # fmt: skip

# tables that matter: a row, and the columns whose change means nothing (what the program keeps for itself)
COVERED: dict[type[models.Model], set[str]] = {
    Matter: set(), Step: set(), Clock: set(), Words: set(), Evidence: {"width", "height", "size", "kind"},
    Contact: {"at", "keep_until"}, Contribution: {"contact_id"}, Summons: {"role", "person_id"}, Asked: set(), Link: {"before"},
    Person: {"last_login"}, Unit: set(), Assignment: set(), Roster: set(), Turn: set(), Leave: set(),
    Consent: {"given", "withdrawn"}, AccessLog: set(),
    Place: set(), PlaceVersion: set(), Survey: set(), Item: set(), Change: set(), Edition: set(),
    Building: set(), Address: set(), Feature: set(), Notice: set(), Key: set(), Call: set(),
    Authenticator: {"drift", "last_t", *NOTED}, RecoverySet: {"name", *NOTED}, RecoveryCode: set(),
    Entry: set(), Head: set(), Node: set(), Cursor: {"failed_at", "error", "tries", "updated"}, Checkpoint: set(), Cosignature: set(),
    Tally: set(),
}  # fmt: skip
OF_OTHERS = (Matter, Step, Clock, Words, Evidence)  # columns of these are tried out in the tests of matters
NAMED_BY = {Turn: "people_turn", Place: "places_place"}


@pytest.fixture(scope="module")
def lived(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town in which every table that matters has a row, made once: every test leaves it as it was. It publishes, so its data folder is its
    own."""
    own = override_settings(
        DATA=tmp_path_factory.mktemp("data"), WITNESSES=(everything.WITNESS.verifier.vkey,)
    )
    whole = transaction.atomic()
    whole._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase says it: inside is as good as outermost
    with django_db_blocker.unblock(), own, whole:
        yield everything.live()
        transaction.set_rollback(True)
    editions.forget()
    epochs.forget()
    snapshot.forget()


def found() -> list[audit.Difference]:
    """What the audits find, the log's own first."""
    report = audit.verify()
    return [report.difference] if report.difference is not None else list(audits.differences())


class _Undo(Exception):
    pass


def tried(sql: str, values: list[Any]) -> list[audit.Difference]:
    """The differences while one statement has been slipped past every guard; the store is as before afterwards."""
    seen: list[audit.Difference] = []
    try:
        with transaction.atomic():
            _unguarded()
            try:
                with (
                    transaction.atomic(),
                    connection.cursor() as cursor,
                ):  # PostgreSQL goes on after a refusal only from here
                    cursor.execute(sql, values)
            except IntegrityError as refused:  # the store itself says no: nothing got past it
                table = sql.split('"')[1]
                seen = [audit.Difference(table, "store", "constraint", "as it is", type(refused).__name__)]
                raise _Undo from refused
            snapshot.forget()
            editions.forget()
            seen = found()
            raise _Undo
    except _Undo:
        editions.forget()
        return seen


def _unguarded() -> None:
    """Until the transaction is undone, and with it this: no guard on the log, and no look at foreign keys."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was written before is looked at now
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    guards.remove(connection)


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """A value that fits the column and is not the one there."""
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(value, datetime) or isinstance(field, models.DateTimeField):
        return (value or BEGAN) + timedelta(hours=5)
    if isinstance(value, date) or isinstance(field, models.DateField):
        return (value or BEGAN.date()) + timedelta(days=1)
    if isinstance(field, models.JSONField):
        return {**value, "name": "别的"} if isinstance(value, dict) else {"name": "别的"}
    if isinstance(field, (models.IntegerField, models.ForeignKey, models.FloatField)):
        return (value or 0) + 1
    if isinstance(field, models.BinaryField):
        return b"\x00other" + bytes(value or b"")[:20]
    return (str(value or "") + "x")[-(field.max_length or 1000) :]


def unused(field: models.Field[Any, Any]) -> Any:
    """A primary key that no row has."""
    if isinstance(field, models.CharField):
        return "0" * (field.max_length or 64)
    return 2_000_000_000 if isinstance(field, models.AutoField) else ids.new_id()


def name_of(field: models.Field[Any, Any]) -> str:
    return connection.ops.quote_name(str(field.column))


def test_an_untouched_store_is_clean(lived: Town) -> None:
    assert [str(one) for one in found()] == []
    empty = [model.__name__ for model in COVERED if not model._default_manager.exists() and model is not Node]
    assert empty == [], "a table without a row proves nothing"


@pytest.mark.parametrize(
    "model", [each for each in COVERED if each not in (*OF_OTHERS, Node)], ids=lambda m: m._meta.db_table
)
def test_every_changed_column_is_found(lived: Town, model: type[models.Model]) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    row = model._default_manager.order_by("pk").first()
    missed = []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.attname in COVERED[model]:
            continue
        value = field.get_db_prep_save(other(field, getattr(row, field.attname)), connection)
        key = model._meta.pk
        seen = tried(
            f"UPDATE {table} SET {name_of(field)} = %s WHERE {name_of(key)} = %s",
            [value, key.get_db_prep_save(row.pk, connection)],  # type: ignore[union-attr]
        )
        if not seen or not any(model._meta.db_table.split("_")[0] in one.table for one in seen):
            missed.append(field.attname)
    assert missed == []


@pytest.mark.parametrize(
    "model", [each for each in COVERED if each not in (Head, Node)], ids=lambda m: m._meta.db_table
)
def test_every_removed_row_is_found(lived: Town, model: type[models.Model]) -> None:
    table, key = connection.ops.quote_name(model._meta.db_table), model._meta.pk
    row = model._default_manager.order_by("pk").last()
    assert row is not None and key is not None
    seen = tried(f"DELETE FROM {table} WHERE {name_of(key)} = %s", [key.get_db_prep_save(row.pk, connection)])
    assert seen, f"nobody misses a row of {table}"
    assert all(one.row and one.expected != one.found for one in seen)


@pytest.mark.parametrize(
    "model", [each for each in COVERED if each not in (Head, Node, Entry)], ids=lambda m: m._meta.db_table
)
def test_every_added_row_is_found(lived: Town, model: type[models.Model]) -> None:
    """A copy of a row under another id, its unique columns made unlike."""
    table = connection.ops.quote_name(model._meta.db_table)
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    unique = {
        name
        for one in model._meta.constraints
        if isinstance(one, models.UniqueConstraint)
        for name in one.fields
    }
    names, values = [], []
    for field in model._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.primary_key:
            value = unused(field)
        elif field.unique or field.name in unique or field.attname == "seq":
            value = other(field, value) if field.name not in ("place", "matter", "item", "current") else value
        if isinstance(field, models.BooleanField) and field.name == "current":
            value = False
        if isinstance(field, models.DateTimeField) and field.name == "valid_to":
            value = BEGAN
        names.append(name_of(field))
        values.append(field.get_db_prep_save(value, connection))
    seen = tried(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(values))})", values
    )
    assert seen, f"nobody notices another row of {table}"


@pytest.mark.parametrize(
    "model",
    [Person, Unit, Assignment, Item, Change, Place, Notice, Call, Building, Address, Feature, RecoveryCode],
    ids=lambda m: m._meta.db_table,
)
def test_rows_that_changed_places_are_found(lived: Town, model: type[models.Model]) -> None:
    """Two rows keep their ids and exchange a column."""
    rows = list(model._default_manager.order_by("pk")[:2])
    column = {
        Person: "password",
        Unit: "name_zh",
        Assignment: "place_id",
        Item: "data",
        Change: "version",
        Place: "kind",
        Notice: "kind",
        Call: "started_at",
        Building: "number",
        Address: "text",
        Feature: "geometry",
        RecoveryCode: "sealed",
    }[model]
    if len(rows) < 2 or getattr(rows[0], column) == getattr(rows[1], column):
        column = {Change: "why", Person: "name", Place: "code"}.get(model, column)
    table = connection.ops.quote_name(model._meta.db_table)
    values = [getattr(row, column) for row in rows]
    if len(rows) < 2 or values[0] == values[1]:
        pytest.skip("one row, or two alike")
    field = model._meta.get_field(column.removesuffix("_id") if column == "place_id" else column)
    first, second = (field.get_db_prep_save(value, connection) for value in values)
    if getattr(field, "unique", False):
        second = str(second) + "x"
    key = name_of(model._meta.pk)
    seen = tried(
        f"UPDATE {table} SET {name_of(field)} = CASE {key} WHEN %s THEN %s ELSE %s END WHERE {key} IN (%s, %s)",
        [rows[0].pk, second, first, rows[0].pk, rows[1].pk],
    )
    assert seen
