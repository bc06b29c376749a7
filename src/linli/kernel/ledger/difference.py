"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """The store says something other than it should. ``expected`` and ``found`` are hashes and numbers, never words."""

    table: str
    row: str
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.field} should be {self.expected}, is {self.found}"
