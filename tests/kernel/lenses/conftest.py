from __future__ import annotations

from collections.abc import Iterator

import pytest

from linli.kernel.packspec import editions
from linli.kernel.people import snapshot
from linli.kernel.places import epochs
from tests import town as towns


@pytest.fixture
def town(db: None) -> Iterator[towns.Town]:
    """The small town of ``tests.town``, with every pack installed."""
    yield towns.build()
    editions.forget()
    epochs.forget()
    snapshot.forget()
