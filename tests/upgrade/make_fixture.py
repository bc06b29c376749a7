"""Writes a store of this program's schema as SQL text: what every later program must be able to bring up and audit clean.

    LINLI_DATA=FOLDER python -m tests.upgrade.make_fixture NUMBER

Run once when a schema is released; the file is never changed afterwards. All people and places in it are invented.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY id"


def dump(store: Path) -> bytes:
    """The whole store as SQL, the same bytes for the same store."""
    with sqlite3.connect(store) as opened:
        text = "\n".join(opened.iterdump()) + "\n"
    opened.close()
    return gzip.compress(text.encode(), 9, mtime=0)


def load(packed: Path, store: Path) -> None:
    """A store made again from its SQL."""
    with sqlite3.connect(store) as opened:
        opened.executescript(gzip.decompress(packed.read_bytes()).decode())
    opened.close()


def migrations(store: Path) -> list[str]:
    with sqlite3.connect(store) as opened:
        found = [row[0] for row in opened.execute(MIGRATIONS)]
    opened.close()
    return found


def main(number: str) -> None:
    os.environ["LINLI_MODE"] = "test"
    from linli.config import wiring

    wiring.setup()
    wiring.prepare()
    from django.conf import settings

    from linli.kernel.ledger import sequence
    from tests import audited
    from tests.upgrade.lived import live

    live(audited.build())
    sequence.sequence()
    target = HERE / f"schema-{number}"
    target.mkdir(exist_ok=True)
    (target / "store.sql.gz").write_bytes(dump(Path(settings.DATABASES["default"]["NAME"])))
    for name in ("sealing", "lookup"):
        (target / f"{name}.key").write_bytes((settings.DATA / "secrets" / name).read_bytes())


if __name__ == "__main__":
    main(sys.argv[1])
