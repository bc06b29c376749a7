"""``linli schema down`` takes a store back to a released schema and loses nothing the older schema can hold; the rest is kept and comes back."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from linli.config import schema
from tests.house.tree import ROOT, SRC
from tests.machine import Cluster
from tests.upgrade.make_fixture import HERE, migrations
from tests.upgrade.stores import Rows, Store, kept
from tests.upgrade.test_upgrade import SCHEMAS

pytestmark = pytest.mark.slow
STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
# what grows by going up and down itself: the log, its cursors, Django's lists of changes and models; packs newly in force
GROWS = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "ledger_node",
    "ledger_head",
    "ledger_cursor",
    "ledger_tally",
}
TOMORROW = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registers", "BEFORE")]
    operations = [
        migrations.AddField("item", "colour", models.CharField(default="", max_length=20)),
        migrations.AddField("item", "twice", models.CharField(default="", max_length=20)),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("item", models.ForeignKey("registers.item", models.PROTECT)),
                ("at", models.DateTimeField()),
                ("told", models.JSONField(null=True)),
                ("seal", models.BinaryField(null=True)),
            ],
        ),
    ]
    made_again = frozenset({"registers_item.twice"})
"""
FAULTY = """
from django.db import migrations


def half_way(apps, editor):
    raise RuntimeError("half way")


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_registers")]
    operations = [migrations.RunPython(migrations.RunPython.noop, half_way)]
"""
NAME = "0998_tomorrow"
LOOK = "INSERT INTO registers_look (id, item_id, at, told, seal) VALUES ({}, {}, '2026-03-05 01:02:03', '{}', {})"


@pytest.fixture(params=STORES)
def database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes an empty place for a store, and answers its LINLI_DB: "" for SQLite."""
    if request.param == "sqlite":
        return lambda: ""
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    return cluster.database


@pytest.fixture
def vault(tmp_path: Path) -> list[str]:
    (tmp_path / "key").write_bytes(b"k" * 32)
    return ["--backup", str(tmp_path / "backups"), "--key-file", str(tmp_path / "key")]


def lived(tmp_path: Path, db: str) -> Store:
    """A store of today in which everything has happened that can leave a row."""
    store = Store(tmp_path / "data", db)
    store.folder.mkdir()
    done = store.run("tests.upgrade.stores", "live")
    assert done.returncode == 0, done.stderr[-4000:]
    return store


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def clean(store: Store) -> None:
    """Today's full audit, which also brings the store up."""
    said = json.loads(ok(store.linli("ledger", "verify", "--json")).strip().splitlines()[-1])
    assert said["difference"] is None and said["differences"] == []


def same(before: Rows, after: Rows, grown: set[str]) -> None:
    """Nothing gone and nothing different; more only where going up and down is itself put on record."""
    assert set(before) == set(after)
    for table, rows in before.items():
        if table in GROWS:
            continue
        was, left = ([_kept_of(row) for row in each] for each in (rows, after[table]))
        assert [row for row in was if row not in left] == [], table
        assert table in grown or len(left) == len(was), table


def _kept_of(row: dict[str, Any]) -> dict[str, Any]:
    """Without what the log and the packs in force go on changing (an entry's place, which edition is current), and without what is sealed
    anew each time: the audit answers for that by a keyed hash of what is in it."""
    return {name: value for name, value in row.items() if name not in ("idx", "current", "sealed")}


def number(name: str) -> str:
    return name.removeprefix("schema-")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_kept_store_that_went_up_comes_down_as_it_was(
    name: str, tmp_path: Path, database: Callable[[], str], vault: list[str]
) -> None:
    store = kept(name, tmp_path / "data", database())
    shape, rows = store.shape(), store.rows()
    clean(store)
    assert store.shape() != shape, "there is nothing to take down"
    ok(store.linli("schema", "down", number(name), *vault))
    assert store.shape() == shape
    same(rows, store.rows(), {"ledger_entry", "packspec_edition"})
    assert "kept-aside" not in {path.name for path in store.folder.iterdir()}, (
        "nothing was lost that needs keeping"
    )
    clean(store)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_full_life_of_today_goes_down_and_up_and_every_row_is_there(
    name: str, tmp_path: Path, database: Callable[[], str], vault: list[str]
) -> None:
    store = lived(tmp_path, database())
    clean(store)
    shape, rows = store.shape(), store.rows()
    assert [
        table for table in rows if not rows[table] and table.startswith(("matters_", "people_", "places_"))
    ] == ["people_session"]
    ok(store.linli("schema", "down", number(name), *vault))
    older = kept(name, tmp_path / "older", database())
    assert store.shape() == older.shape()
    ok(store.linli("schema", "up"))
    assert store.shape() == shape
    same(rows, store.rows(), {"ledger_entry"})
    clean(store)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_program_of_that_day_opens_what_came_down_and_finds_no_more_than_before(
    name: str, tmp_path: Path, database: Callable[[], str], vault: list[str]
) -> None:
    program = program_of(name, tmp_path / "program")
    store = kept(name, tmp_path / "data", database())
    before = verified(replace(store, program=program))
    clean(store)
    ok(store.linli("schema", "down", number(name), *vault))
    after = verified(replace(store, program=program))
    assert after["difference"] is None and after["size"] > before["size"]
    assert after["differences"] == before["differences"]
    clean(store)


def program_of(name: str, folder: Path) -> Path:
    """The program that the schema was released with, from the history of this repository."""
    commit = (HERE / name / "commit").read_text("utf-8").strip()
    packed = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, capture_output=True)
    if packed.returncode:
        pytest.skip(f"no history here that reaches back to {commit}: the older program cannot be asked")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
    return folder / "src"


def verified(store: Store) -> dict[str, Any]:
    done = store.linli("ledger", "verify", "--json")
    assert done.stdout.strip(), done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def of_tomorrow(store: Store, tmp_path: Path, **more: str) -> Store:
    """The same store, under a program of tomorrow that has a column and a table more, with something in both. ``more``: other changes."""
    program = tmp_path / "tomorrow"
    shutil.copytree(SRC, program / "linli", ignore=shutil.ignore_patterns("__pycache__", "dist"))
    before = next(iter(more), "0001_registers")
    for name, text in {NAME: TOMORROW.replace("BEFORE", before), **more}.items():
        change = program / "linli" / "kernel" / "registers" / "migrations" / f"{name}.py"
        change.write_text(text, "utf-8")
    newer = replace(store, program=program)
    ok(newer.linli("schema", "up"))  # which makes the column and the table; the rows are somebody's
    item = newer.ask("SELECT id FROM registers_item ORDER BY id")[0][0]
    newer.tell("UPDATE registers_item SET colour = '红', twice = 'x'")
    newer.tell(LOOK.format(1, item, json.dumps({"zh": "红"}), "NULL"))
    newer.tell(LOOK.format(2, item, json.dumps(["红"]), "'\\x0102'" if store.db else "x'0102'"))
    return newer


def test_what_the_older_schema_has_no_room_for_is_said_refused_kept_and_comes_back(
    tmp_path: Path, database: Callable[[], str], vault: list[str]
) -> None:
    newer = of_tomorrow(lived(tmp_path, database()), tmp_path)
    rows = newer.rows()
    assert newer.linli("schema", "down", "1", "--dry-run").stdout.count("  registers_") == 3
    done = newer.linli("schema", "down", "1", *vault)
    assert done.returncode == 1 and "[schema.would_lose]" in done.stderr
    assert "registers_item.colour: 1 行" in done.stdout and "registers_look: 2 行" in done.stdout
    assert newer.rows() == rows and not (tmp_path / "backups").exists(), "nothing was changed"

    ok(newer.linli("schema", "down", "1", "--keep-aside", *vault))
    (aside,) = (newer.folder / "kept-aside").iterdir()
    assert aside.stat().st_mode & 0o077 == 0 and "红".encode() not in aside.read_bytes()
    assert "registers_look" not in newer.tables()
    # today's program goes on meanwhile, knows of none of it, and leaves it there
    clean(replace(newer, program=None))
    assert aside.exists() and "registers_look" not in newer.tables()

    ok(newer.linli("schema", "up"))
    assert not aside.exists()
    back = newer.rows()
    for row in rows["registers_item"]:
        row["twice"] = ""  # the change says that it makes this again, and makes nothing
    same(rows, back, {"ledger_entry"})
    clean(newer)


def test_a_fault_half_way_down_leaves_everything_as_it_was(
    tmp_path: Path, database: Callable[[], str], vault: list[str]
) -> None:
    newer = of_tomorrow(lived(tmp_path, database()), tmp_path, **{"0997_faulty": FAULTY})
    newer.tell("UPDATE registers_item SET twice = ''")
    shape, rows = newer.shape(), newer.rows()
    done = newer.linli("schema", "down", "1", "--keep-aside", *vault)
    assert (
        done.returncode == 1
        and f"− registers.{NAME}" in done.stderr
        and "RuntimeError: half way" in done.stderr
    )
    assert newer.shape() == shape and not list((newer.folder / "kept-aside").iterdir())
    same(rows, newer.rows(), {"ledger_entry"})  # the backup is on record
    clean(newer)


def test_what_belongs_to_nothing_any_more_does_not_come_back(tmp_path: Path, vault: list[str]) -> None:
    newer = of_tomorrow(lived(tmp_path, ""), tmp_path)
    ok(newer.linli("schema", "down", "1", "--keep-aside", *vault))
    newer.tell("DELETE FROM registers_change")
    newer.tell("DELETE FROM registers_item")
    done = newer.linli("schema", "up")
    assert done.returncode == 0 and "0 行放回" in done.stderr and "3 行已无处可放" in done.stderr
    assert newer.rows()["registers_look"] == []


def test_a_store_in_use_a_number_nobody_released_and_no_backup_are_refused(
    tmp_path: Path, database: Callable[[], str], vault: list[str]
) -> None:
    store = lived(tmp_path, database())
    before = store.rows()
    for words, code in (
        (["2026"], "schema.unreleased"),
        (["1"], "schema.needs_backup"),
    ):
        done = store.linli("schema", "down", *words)
        assert done.returncode == 1 and f"[{code}]" in done.stderr
    with store.open() as opened:
        opened.execute("SELECT COUNT(*) FROM ledger_entry").fetchone()
        done = store.linli("schema", "down", "1", *vault)
        assert done.returncode == 1 and "[schema.in_use]" in done.stderr, done.stderr
    store.tell("UPDATE registers_item SET place_id = place_id + 1")
    done = store.linli("schema", "down", "1", *vault)
    assert done.returncode == 1 and "[schema.unsound]" in done.stderr and "registers_item" in done.stderr
    store.tell("UPDATE registers_item SET place_id = place_id - 1")
    same(before, store.rows(), set())
    clean(store)


def test_it_is_said_where_a_store_stands_and_nothing_is_changed_by_asking(tmp_path: Path) -> None:
    store = kept(SCHEMAS[0], tmp_path / "data")
    rows = store.rows()
    assert "schema 1\n" in ok(store.linli("schema")) and store.rows() == rows
    clean(store)
    said = ok(store.linli("schema", "show"))
    assert f"schema {number(SCHEMAS[-1])}" in said and f"{len(schema.released())}" in said


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_list_of_released_schemas_is_that_of_the_kept_stores(name: str, tmp_path: Path) -> None:
    made = migrations(kept(name, tmp_path / "data").folder / "db.sqlite3")
    last = {one.partition(".")[0]: one.partition(".")[2] for one in sorted(made)}
    assert schema.released()[number(name)] == last
    assert sorted(f"schema-{each}" for each in schema.released()) == SCHEMAS
