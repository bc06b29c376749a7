from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def by_day(settings: Any) -> None:
    """What is owed goes out at once, also where these tests run at night."""
    settings.QUIET_HOURS = ""
