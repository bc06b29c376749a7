"""The call an operator is in, opened for the page: its number is shown masked until it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linli.kernel.matters import calls
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    phone: str
    started_at: datetime
    draft: dict[str, str]

    @property
    def masked(self) -> str:
        """``138 **** 2716``."""
        plain = sealed.masked(self.phone)
        return f"{plain[:3]} **** {plain[-4:]}" if len(plain) >= 9 else plain


def current(actor: Actor) -> Line | None:
    """The operator's own call that has not ended."""
    row = calls.current(actor)
    if row is None:
        return None
    return Line(row.id, calls.phone_of(actor, row.id), row.started_at, calls.draft_of(actor, row.id))
