from __future__ import annotations

from collections.abc import Iterator

import pytest

from linli.kernel.packspec import editions
from linli.kernel.people import snapshot
from tests.kernel.people import town


@pytest.fixture
def places(db: None) -> Iterator[None]:
    """The small district of ``town``, with the packs' roles in force."""
    editions.forget()
    editions.install()
    town.build()
    snapshot.forget()
    yield
    editions.forget()
    snapshot.forget()
