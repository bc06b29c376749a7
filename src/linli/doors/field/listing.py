"""My matters, the one with least time left first and largest."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors.field.matter import Act, act_of, acts_of
from linli.doors.field.shell import field_page
from linli.doors.guard import who
from linli.doors.page import page
from linli.kernel import ids
from linli.kernel.matters import gate, reads
from linli.kernel.matters.cards import Card
from linli.kernel.people.actors import Actor


@who("staff")
def mine(request: HttpRequest) -> HttpResponse:
    """The list; alone when the page asks for it again."""
    facts = listed(request)
    if request.htmx:  # type: ignore[attr-defined]
        return page(request, "field/list_part.html", **facts)
    return field_page(request, "field/list.html", "list", **facts)


def listed(request: HttpRequest) -> dict[str, Any]:
    """Called-to first, then mine: the most urgent, those with time, those that wait."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang = str(request.lang)  # type: ignore[attr-defined]
    cards = reads.held_by(actor, lang)
    running = [card for card in cards if not card.paused and card.clock]
    first = running[0] if running else None
    rest = [card for card in cards if card is not first and not card.paused]
    return {
        "first": first,
        "act": _first_act(actor, first, lang),
        "rest": rest,
        "paused": [card for card in cards if card.paused],
        "called": _called(actor, lang),
        "total": len(cards),
    }


def _first_act(actor: Actor, card: Card | None, lang: str) -> Act | None:
    """What the big button does."""
    if card is None:
        return None
    offers = acts_of(reads.offers(actor, ids.parse(card.id), lang))
    return act_of(offers.main) if offers.main and offers.main.allowed else None


def _called(actor: Actor, lang: str) -> tuple[Card, ...]:
    """Matters my unit was summoned to and has not answered."""
    if not gate.units_of(actor):
        return ()
    cards, _ = reads.inbox(actor, lang, tab="summoned", limit=20)
    return cards
