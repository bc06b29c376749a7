"""An upgrade is undone by restoring the backup made before it; the older program touches nothing a newer one has upgraded."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from linli.config import schema
from linli.config.backups import vault
from tests.upgrade.make_fixture import migrations
from tests.upgrade.test_upgrade import counts, linli, store_of

TOMORROW = "0999_from_tomorrow"


def upgraded(store: Path) -> None:
    """As a program of tomorrow leaves it."""
    with sqlite3.connect(store) as opened:
        opened.execute("CREATE TABLE matters_tomorrow (id INTEGER PRIMARY KEY, words TEXT)")
        opened.execute("INSERT INTO matters_tomorrow VALUES (1, 'not to be lost')")
        opened.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('matters', ?, '2027-01-01')",
            [TOMORROW],
        )
    opened.close()


def test_this_program_knows_its_own_changes_and_no_others(tmp_path: Path) -> None:
    store = store_of("schema-1", tmp_path / "data")
    assert schema.unknown(migrations(store)) == ()
    assert schema.unknown(["matters.0999_x", "axes.9999_y", "people.0001_person"]) == ("matters.0999_x",)


def test_a_store_that_a_newer_program_upgraded_is_refused_unchanged(tmp_path: Path) -> None:
    store = store_of("schema-1", tmp_path / "data")
    assert linli(tmp_path / "data", "ledger", "head", "--json").returncode == 0
    upgraded(store)
    before = (migrations(store), counts(store))
    for words in (["ledger", "head", "--json"], ["serve", "--port", "0"], ["backup", str(tmp_path / "kept")]):
        done = linli(tmp_path / "data", *words)
        assert done.returncode == 1, done.stderr
        assert "[store.newer]" in done.stderr and TOMORROW in done.stderr and "更新的程序" in done.stderr
    assert (migrations(store), counts(store)) == before and not (tmp_path / "kept").exists()


def test_an_upgrade_is_undone_by_the_backup_made_before_it(
    tmp_path: Path,
) -> None:
    store = store_of("schema-1", tmp_path / "data")
    (tmp_path / "key").write_bytes(b"k" * 32)
    key = ["--key-file", str(tmp_path / "key")]
    kept = str(tmp_path / "kept")
    assert linli(tmp_path / "data", "backup", kept, *key).returncode == 0
    before = counts(store)
    upgraded(store)
    opened = vault.opened(tmp_path / "kept", key_file=tmp_path / "key")
    (old,) = opened.manifests()
    newer = opened.manifest(old) | {"name": "99990101T000000Z-0"}  # as tomorrow's program would list its own
    newer["migrations"] = [*newer["migrations"], f"matters.{TOMORROW}"]
    opened.put_manifest(newer["name"], newer)

    done = linli(tmp_path / "data", "restore", kept, "--to", str(tmp_path / "newest"), *key)
    assert done.returncode == 1 and "[backup.newer]" in done.stderr and TOMORROW in done.stderr
    assert not (tmp_path / "newest").exists(), "nothing was written"

    done = linli(tmp_path / "data", "restore", kept, "--name", old, "--to", str(tmp_path / "undone"), *key)
    assert done.returncode in (0, 3), done.stderr  # 3: and more had been published meanwhile
    undone = tmp_path / "undone" / "db.sqlite3"
    assert counts(undone) == before and schema.unknown(migrations(undone)) == ()
    assert linli(tmp_path / "undone", "ledger", "verify", "--json").returncode == 0
