"""One matter in the field: its countdown, where, what was said, who to call, and the acts at the thumb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from linli.doors.field.shell import field_page
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal.signs import sign
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.matters import contact, reads
from linli.kernel.matters.cards import Offer, Page
from linli.kernel.matters.said import SOURCES

BESIDE = ("hand_up",)  # stands beside the big button where it is offered
ONE_TAP = {"position"}  # inputs that a tap alone can give


@dataclass(frozen=True, slots=True)
class Act:
    """An act as a button: done by the tap itself, or after a form."""

    offer: Offer
    one_tap: bool
    icon: str


@dataclass(frozen=True, slots=True)
class Acts:
    """The big button, the two beside it, and the rest."""

    main: Offer | None
    beside: tuple[Offer, ...]
    more: tuple[Offer, ...]


def act_of(offer: Offer) -> Act:
    return Act(offer, set(offer.needs) <= ONE_TAP, sign(offer.icon or "check"))


def acts_of(offers: tuple[Offer, ...]) -> Acts:
    """The first primary act that may be done is the big one; the next that may not yet stays in sight and says why."""
    able = [offer for offer in offers if offer.primary and offer.allowed]
    main = able[0] if able else None
    later = offers[offers.index(main) + 1 :] if main else offers
    waiting = [offer for offer in later if offer.primary and not offer.allowed and offer.does == "move"]
    beside = [
        *(waiting[:1] if main else ()),
        *(offer for offer in offers if offer.does in BESIDE and offer.allowed),
    ][:2]
    more = [
        offer
        for offer in offers
        if offer.allowed and offer is not main and offer not in beside and offer.does != "me_too"
    ]
    return Acts(main, tuple(beside), tuple(more))


@who("staff")
def matter(request: HttpRequest, written: str) -> HttpResponse:
    """The page; its upper part alone when something happened to it."""
    facts = facts_of(request, ids.parse(written))
    if request.htmx:  # type: ignore[attr-defined]
        return page(request, "field/matter_part.html", **facts)
    return field_page(request, "field/matter.html", "list", **facts)


def facts_of(request: HttpRequest, matter_id: int) -> dict[str, Any]:
    """Everything ``field/matter.html`` shows."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    shown = reads.page(request.actor, matter_id, lang)  # type: ignore[attr-defined]
    acts = acts_of(shown.offers)
    running = [
        clock
        for clock in shown.clocks
        if clock.ended_at is None and clock.state != "stopped" and clock.unit_id is None
    ]
    source = SOURCES.get(shown.card.source)
    return {
        "matter": shown,
        "card": shown.card,
        "hero": running[0] if running else None,
        "others": running[1:],
        "main": act_of(acts.main) if acts.main else None,
        "beside": [act_of(offer) for offer in acts.beside],
        "more": [act_of(offer) for offer in acts.more],
        "up_to": _next_up(shown),
        "source": source.say(lang) if source else shown.card.source,
        "steps": [step for step in shown.timeline if not step.minor],
        "map_options": map_of(shown),
    }


def _next_up(shown: Page) -> str:
    """Who would take it over: the next rung of the clock that runs out first."""
    return next((clock.next_rung for clock in shown.clocks if clock.next_rung and clock.ended_at is None), "")


def map_of(shown: Page) -> dict[str, Any] | None:
    """The ground around it, with its one dot."""
    card = shown.card
    if shown.lon is None or shown.lat is None:
        return None
    state = card.clock.state if card.clock else "kept"
    dot = {"id": card.id, "lon": shown.lon, "lat": shown.lat, "state": state, "title": card.title}
    if card.area_only:
        dot["radius"] = 110
    return {
        "centre": [shown.lon, shown.lat],
        "zoom": 17,
        "dots": [dot],
        "mine": ids.text(int(card.path.strip("/").split("/")[-1])),
    }


@who("staff")
@require_POST
def call(request: HttpRequest, written: str) -> HttpResponse:
    """The reporter's number, to be called now. The look is recorded before it is shown."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    known = contact.look(request.actor, ids.parse(written), say(lang, "field.call.why"))  # type: ignore[attr-defined]
    if request.htmx:  # type: ignore[attr-defined]
        return page(request, "field/number.html", contact=known, written=written)
    return field_page(request, "field/call.html", "list", contact=known, written=written)
