"""One town for a whole module of tests: built once, and each test's doings undone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from linli.kernel.packspec import editions
from linli.kernel.people import snapshot
from linli.kernel.places import epochs
from tests import town as towns


def forget() -> None:
    """Drop what the process remembers of a store that is about to be undone."""
    editions.forget()
    epochs.forget()
    snapshot.forget()


@pytest.fixture(scope="module")
def built_town(django_db_setup: None, django_db_blocker: Any) -> Iterator[towns.Town]:
    """The small town, in a transaction around all tests of the module."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        try:
            yield towns.build()
        finally:
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
            forget()


@pytest.fixture
def town(built_town: towns.Town, db: None) -> Iterator[towns.Town]:
    """The small town of ``tests.town``, with every pack installed."""
    forget()
    yield copy.deepcopy(built_town)
    forget()
