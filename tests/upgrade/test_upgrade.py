"""A store of every earlier schema is brought up by today's program, keeps every row, and audits clean; what it never knew is refused, not lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.upgrade.make_fixture import load, migrations

HERE = Path(__file__).resolve().parent
SCHEMAS = sorted(path.name for path in HERE.glob("schema-*"))
COUNTED = (
    "matters_matter",
    "matters_step",
    "matters_clock",
    "matters_words",
    "people_person",
    "places_placeversion",
    "registers_item",
)


def store_of(schema: str, folder: Path) -> Path:
    """The stored data folder of that schema, put together anew."""
    (folder / "secrets").mkdir(parents=True)
    load(HERE / schema / "store.sql.gz", folder / "db.sqlite3")
    for key in (HERE / schema).glob("*.key"):
        shutil.copy(key, folder / "secrets" / key.stem)
    return folder / "db.sqlite3"


def linli(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")} | {
        "LINLI_DATA": str(folder)
    }
    return subprocess.run(
        [sys.executable, "-m", "linli.doors.cli.main", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )


def counts(store: Path) -> dict[str, int]:
    with sqlite3.connect(store) as opened:
        found = {table: opened.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in COUNTED}
    opened.close()
    return found


def test_every_schema_that_was_ever_released_is_kept_here() -> None:
    assert SCHEMAS and SCHEMAS[0] == "schema-1"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_it_comes_up_with_every_row_and_audits_clean(schema: str, tmp_path: Path) -> None:
    store = store_of(schema, tmp_path / "data")
    before = counts(store)
    done = linli(tmp_path / "data", "ledger", "verify", "--json")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["difference"] is None and said["size"] > 20
    assert counts(store) == before and all(before.values())


@pytest.mark.parametrize("schema", SCHEMAS)
def test_bringing_it_up_twice_changes_nothing_more(schema: str, tmp_path: Path) -> None:
    store = store_of(schema, tmp_path / "data")
    first = linli(tmp_path / "data", "ledger", "head", "--json")
    again = linli(tmp_path / "data", "ledger", "head", "--json")
    assert first.returncode == again.returncode == 0, first.stderr[-2000:]
    assert json.loads(again.stdout)["size"] == json.loads(first.stdout)["size"]
    assert set(migrations(store)) >= {"ledger.0001_log", "matters.0001_matters", "people.0003_access_log"}
