"""Where verifying reads from: this process's own connection, or, in a process that only verifies, one without Django, whose start would
take longer than what it has to do. Part of ``audit``. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_OURS = ("autocommit", "context", "cursor_factory", "prepare_threshold", "server_side_binding")


@dataclass(frozen=True, slots=True)
class Source:
    """``fetch`` answers all rows of a statement without parameters."""

    postgres: bool
    fetch: Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Address:
    """How another process comes to the same store."""

    postgres: bool
    params: dict[str, Any]


def here() -> Source:
    """By this process's own connection, within its transaction if there is one."""
    from django.db import connection

    def fetch(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    return Source(connection.vendor == "postgresql", fetch)


def address() -> Address:
    """Of the store that the settings name."""
    from django.db import connection

    params = connection.get_connection_params()
    if connection.vendor == "postgresql":
        return Address(True, {name: value for name, value in params.items() if name not in _OURS})
    return Address(False, {"database": str(params["database"]), "timeout": params.get("timeout", 20)})


def opened(at: Address) -> Source:
    """A connection of this process's own, kept until the process ends."""
    if at.postgres:
        import psycopg

        server = psycopg.connect(**at.params, autocommit=True)
        server.read_only = True

        def ask(sql: str) -> list[tuple[Any, ...]]:
            with server.cursor(binary=True) as cursor:
                return cursor.execute(sql.encode()).fetchall()

        return Source(True, ask)
    import sqlite3

    file = sqlite3.connect(**at.params)
    file.execute("PRAGMA query_only=ON")
    file.execute("PRAGMA cache_size=-16000")

    def read(sql: str) -> list[tuple[Any, ...]]:
        return file.execute(sql).fetchall()

    return Source(False, read)
