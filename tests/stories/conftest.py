from __future__ import annotations

from tests.standing import built_town, town

__all__ = ["built_town", "town"]
