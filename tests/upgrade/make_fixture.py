"""Writes a store of this program's schema as SQL text: what every later program must be able to bring up and audit clean.

    LINLI_DATA=FOLDER python -m tests.upgrade.make_fixture NUMBER

Run once when a schema is released, and put the lines it prints into ``src/linli/config/released.toml``; neither is changed afterwards.
All people and places in it are invented.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
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

    from tests import everything

    settings.WITNESSES = (everything.WITNESS.verifier.vkey,)
    everything.forget_one(everything.live())
    target = HERE / f"schema-{number}"
    target.mkdir(exist_ok=True)
    (target / "store.sql.gz").write_bytes(dump(Path(settings.DATABASES["default"]["NAME"])))
    for key in (settings.DATA / "secrets").iterdir():
        (target / f"{key.name}.key").write_bytes(key.read_bytes())
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True)
    (target / "commit").write_text(head.stdout)  # whose program a later one compares itself with
    print("\n".join(released(number, migrations(Path(settings.DATABASES["default"]["NAME"])))))


def released(number: str, made: list[str]) -> list[str]:
    """The lines for ``src/linli/config/released.toml``: the last change of each area."""
    last = {name.partition(".")[0]: name.partition(".")[2] for name in sorted(made)}
    return [f'["{number}"]', *(f'{app} = "{name}"' for app, name in sorted(last.items()))]


if __name__ == "__main__":
    main(sys.argv[1])
