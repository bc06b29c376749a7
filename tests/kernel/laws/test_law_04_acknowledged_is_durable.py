"""Law 4: a receipt is shown only after the commit has reached the disk. (That nothing acknowledged is lost when the program is killed at any moment
is tried in ``tests/crash``; here is what a kill cannot show, because what the system still holds in memory outlives it.)"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from linli.kernel import ids, moment
from linli.kernel.ledger.models import Entry
from linli.kernel.matters.models import Contact, Matter, Step
from tests import town as towns
from tests.standing import forget
from tests.town import Town, local

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    forget()
    yield towns.build()
    forget()


def asked(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


def test_the_store_says_committed_only_when_it_is_on_the_disk() -> None:
    if connection.vendor == "sqlite":
        assert asked("PRAGMA journal_mode") == "wal"
        assert asked("PRAGMA synchronous") == "2", "FULL: the write-ahead log is synced at each commit"
    else:
        assert asked("SHOW synchronous_commit") == "on"
    assert (
        "synchronous=FULL" in str(settings.DATABASES["default"]["OPTIONS"]) or connection.vendor != "sqlite"
    )


def test_whoever_holds_a_receipt_finds_all_of_it_from_another_connection(town: Town) -> None:
    seen: list[tuple[bool, int, int, bool]] = []
    with moment.at(local("2026-03-04 09:00")):
        receipt = town.report()

    def look() -> None:
        try:
            seen.append(
                (
                    Matter.objects.filter(pk=receipt.matter_id).exists(),
                    Step.objects.filter(matter_id=receipt.matter_id).count(),
                    Contact.objects.filter(matter_id=receipt.matter_id).count(),
                    Entry.objects.filter(subject=f"matter:{ids.text(receipt.matter_id)}").exists(),
                )
            )
        finally:
            connection.close()

    other = threading.Thread(target=look)
    other.start()
    other.join(30)
    assert seen == [(True, 1, 1, True)]
