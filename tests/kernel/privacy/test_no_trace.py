"""After an erasure no byte of the words is left in any file of the data folder: tables, free pages, write-ahead log, pictures, outbox."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from PIL import Image

from linli.kernel.ledger import audit, sequence
from linli.kernel.matters import acts, held_about, reads
from linli.kernel.matters.asks import Inputs, Photo, Reporter
from linli.kernel.notices import deliver, rights, scrub
from linli.kernel.packspec import editions
from linli.kernel.people import accounts, looks, snapshot
from linli.kernel.people.actors import actor_of
from linli.kernel.places import epochs
from tests import town as towns
from tests.kernel.privacy.test_rights import ended, followers

MARKS = (
    "青瓦斜阳记号甲",
    "青瓦斜阳记号乙",
    "青瓦斜阳记号丙",
    "青瓦斜阳记号丁",
    "19977755533",
    "qingwa-mark-login",
)


@pytest.fixture
def town(transactional_db: None) -> Iterator[towns.Town]:
    """The town on a store whose acts really commit: only then has it files to search."""
    scrub.forget()
    yield towns.build()
    for module in (editions, epochs, snapshot, scrub):
        module.forget()


def found_in(folder: Path, *more: Path) -> dict[str, list[str]]:
    """Which marks stand in which files, in UTF-8, UTF-16 or as JSON writes them."""
    found: dict[str, list[str]] = {}
    for path in [*sorted(folder.rglob("*")), *more]:
        if path.is_file():
            data = path.read_bytes()
            for mark in MARKS:
                forms = (mark.encode(), mark.encode("utf-16-le"), mark.encode("unicode_escape"))
                if any(form in data for form in forms):
                    found.setdefault(mark, []).append(path.name)
    return found


def pictured() -> tuple[Photo, bytes]:
    """A picture nobody else has: its bytes are noise."""
    import random

    noise = random.Random(7).randbytes(64 * 48 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 48), noise).save(out, "JPEG", quality=95)
    return Photo(out.getvalue(), "report"), noise


def lived_through(town: towns.Town) -> int:
    """A matter whose reporter left traces everywhere they can be left; with neighbours, so that pages split and are rebuilt."""
    person = accounts.register_resident(MARKS[5], "correct horse battery", MARKS[0], phone=MARKS[4])
    for n in range(60):
        town.report(words=f"旁边的另一件事 {n} " + "很长的一段话" * 40, off=(0.00001 * (n % 20), 0.0))
        if n == 30:
            receipt = town.report(
                words=MARKS[1] + "，" + "后面还有" * 30, address=MARKS[2], photos=(pictured()[0],), key="offline-key-0001",
                reporter=Reporter(MARKS[0], MARKS[4], "602", True, "zh", person),
            )  # fmt: skip
    acts.take(reads.by_link(receipt.token), receipt.matter_id, "supplement", Inputs(words=MARKS[3]))
    followers()
    deliver.run_once()
    looks.record(town.actor("operator"), "contact", receipt.matter_id, MARKS[0] + "来问")
    ended(town, receipt)
    deliver.run_once()
    return person


@pytest.mark.skipif(settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="files of SQLite")
def test_on_sqlite_no_byte_is_left(town: towns.Town) -> None:
    person = lived_through(town)
    assert len(found_in(settings.DATA)) == len(MARKS), (
        "the marks are there before, or the search finds nothing"
    )
    actor = actor_of(person)
    rights.erase(actor, held_about.subject_of(actor))
    sequence.sequence()
    assert scrub.run_once() == 1
    assert found_in(settings.DATA) == {}
    assert scrub.run_once() == 0, "once is enough"
    assert audit.verify().clean


@pytest.mark.skipif(settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"), reason="files of PostgreSQL")
@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" in os.environ,
    reason="the cluster's files are searched: no neighbour may write meanwhile",
)
def test_on_postgres_no_byte_is_left_in_tables_indexes_or_our_files(town: towns.Town) -> None:
    """The write-ahead log of the cluster is the administrator's: the how-to says what to set, and this says nothing of it."""
    person = lived_through(town)
    actor = actor_of(person)
    rights.erase(actor, held_about.subject_of(actor))
    sequence.sequence()
    assert scrub.run_once() == 1
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
    assert found_in(folder / "base") == {} and found_in(settings.DATA) == {}
