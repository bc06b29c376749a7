"""The store's own refusal to change or remove what the log holds.

These triggers stop mistakes: a stray UPDATE, a cascade, a hurried hand in a database shell. Against somebody who can drop
triggers the Merkle tree is the protection, and ``audit`` finds what they did.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_KEPT = ("id", "kind", "subject", "seq", "at", "body", "leaf")

_SQLITE = {
    "ledger_entry_kept": "BEFORE UPDATE ON ledger_entry WHEN NOT (OLD.idx IS NULL AND NEW.idx IS NOT NULL AND "
    + " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _KEPT)
    + ")",
    "ledger_entry_stays": "BEFORE DELETE ON ledger_entry",
    "ledger_entry_unplaced": "BEFORE INSERT ON ledger_entry WHEN NEW.idx IS NOT NULL",
    "ledger_node_kept": "BEFORE UPDATE ON ledger_node",
    "ledger_node_stays": "BEFORE DELETE ON ledger_node",
    "ledger_head_stays": "BEFORE DELETE ON ledger_head",
    "ledger_checkpoint_kept": "BEFORE UPDATE ON ledger_checkpoint",
    "ledger_checkpoint_stays": "BEFORE DELETE ON ledger_checkpoint",
    "ledger_cosignature_kept": "BEFORE UPDATE ON ledger_cosignature",
    "ledger_cosignature_stays": "BEFORE DELETE ON ledger_cosignature",
}

_POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'ledger_entry' THEN
    IF TG_OP = 'INSERT' THEN
      IF NEW.idx IS NULL THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
      IF OLD.idx IS NULL AND NEW.idx IS NOT NULL
         AND ({", ".join("NEW." + column for column in _KEPT)})
             IS NOT DISTINCT FROM ({", ".join("OLD." + column for column in _KEPT)})
      THEN RETURN NEW; END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'the ledger only grows: % on %', TG_OP, TG_TABLE_NAME;
END $$
"""
_POSTGRES = {
    "ledger_entry_kept": "BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW",
    "ledger_entry_unplaced": "BEFORE INSERT ON ledger_entry FOR EACH ROW WHEN (NEW.idx IS NOT NULL)",
    "ledger_entry_stays": "BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT",
    "ledger_node_kept": "BEFORE UPDATE OR DELETE ON ledger_node FOR EACH ROW",
    "ledger_node_stays": "BEFORE TRUNCATE ON ledger_node FOR EACH STATEMENT",
    "ledger_head_kept": "BEFORE DELETE ON ledger_head FOR EACH ROW",
    "ledger_head_stays": "BEFORE TRUNCATE ON ledger_head FOR EACH STATEMENT",
    "ledger_checkpoint_kept": "BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW",
    "ledger_checkpoint_stays": "BEFORE TRUNCATE ON ledger_checkpoint FOR EACH STATEMENT",
    "ledger_cosignature_kept": "BEFORE UPDATE OR DELETE ON ledger_cosignature FOR EACH ROW",
    "ledger_cosignature_stays": "BEFORE TRUNCATE ON ledger_cosignature FOR EACH STATEMENT",
}


def install(connection: Any) -> None:
    """Put the guards in place on the tables that are there (a migration may stand before a later one's); those already there stay."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if connection.vendor == "sqlite":
            for name, when in _on(_SQLITE, there):
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {name} {when} "
                    f"BEGIN SELECT RAISE(ABORT, 'the ledger only grows: {name}'); END"
                )
            return
        cursor.execute(_POSTGRES_FUNCTION)
        for name, when in _on(_POSTGRES, there):
            cursor.execute(f"CREATE OR REPLACE TRIGGER {name} {when} EXECUTE FUNCTION ledger_append_only()")


def remove(connection: Any) -> None:
    """Take the guards away: for emptying a test store, and for a migration that must rebuild a table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for name, when in _on(_POSTGRES, set(connection.introspection.table_names(cursor))):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {_table(when)}")


def _table(when: str) -> str:
    return when.split(" ON ")[1].split()[0]


def _on(guards: dict[str, str], tables: set[str]) -> list[tuple[str, str]]:
    return [(name, when) for name, when in guards.items() if _table(when) in tables]


@contextmanager
def lifted(connection: Any) -> Iterator[None]:
    """No guards inside this block. Only for emptying a test store and for tests that tamper."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)
