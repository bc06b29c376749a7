"""How a list of matters is cut into what burns now and what can wait. Pure: the caller brings the present."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.kernel import moment
from linli.kernel.matters.cards import Card

ORDER = ("broken", "hour", "today", "later", "none", "paused", "ended")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Group:
    """Matters of one urgency, in the order they came (the read sorts by clock)."""

    key: str
    cards: tuple[Card, ...]


def urgency(card: Card, present: datetime) -> str:
    """One of ``ORDER``. A promise already broken burns even when the page's state is older than the break."""
    if card.ended_at is not None:
        return "ended"
    if card.paused:
        return "paused"
    due = card.clock.due_at if card.clock else None
    if card.broken or (due is not None and due <= present):
        return "broken"
    if due is None:
        return "none"
    if due - present <= HOUR:
        return "hour"
    return "today" if moment.local(due).date() == moment.local(present).date() else "later"


def grouped(cards: Iterable[Card], present: datetime) -> tuple[Group, ...]:
    """The groups that have something in them, most urgent first."""
    sorted_in: dict[str, list[Card]] = {key: [] for key in ORDER}
    for card in cards:
        sorted_in[urgency(card, present)].append(card)
    return tuple(Group(key, tuple(found)) for key, found in sorted_in.items() if found)
