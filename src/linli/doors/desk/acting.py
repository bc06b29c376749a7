"""Acts from the desk: one inline form each, one call of the kernel each, the fresh page back."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.desk.fields import fields_of
from linli.doors.desk.given import inputs_from
from linli.doors.desk.matter import is_fragment, matter_facts
from linli.doors.desk.shell import desk_page, see_other
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, reads
from linli.kernel.matters.asks import Taken
from linli.kernel.matters.cards import Offer


@who("staff")
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, written: str, key: str) -> HttpResponse:
    """GET: the act's form, open under the timeline. POST: do it."""
    matter_id = ids.parse(written)
    if request.method == "POST":
        return _do(request, matter_id, key)
    lang: str = request.lang  # type: ignore[attr-defined]
    shown = reads.page(request.actor, matter_id, lang)  # type: ignore[attr-defined]
    offer = offered(shown.offers, key)
    facts: dict[str, Any] = {
        "matter": shown,
        "card": shown.card,
        "offer": offer,
        "fields": fields_of(shown, offer, lang),
        "key": secrets.token_hex(16),
    }
    if is_fragment(request):
        return page(request, "desk/act.html", **facts)
    return desk_page(request, "desk/act_page.html", "matters", **facts)


def offered(offers: tuple[Offer, ...], key: str) -> Offer:
    """The act of that key among those offered. Raises Refusal where there is none."""
    offer = next((offer for offer in offers if offer.key == key), None)
    if offer is None:
        raise Refusal("desk.no_act", kind="conflict")
    return offer


def _do(request: HttpRequest, matter_id: int, key: str) -> HttpResponse:
    lang: str = request.lang  # type: ignore[attr-defined]
    card = reads.card(request.actor, matter_id, lang)  # type: ignore[attr-defined]
    taken = acts.take(
        request.actor,  # type: ignore[attr-defined]
        matter_id,
        key,
        inputs_from(request, card),
        key=request.POST.get("key", ""),
        version=version_of(request.POST.get("version", "")),
    )
    if not request.htmx:  # type: ignore[attr-defined]
        return see_other(reverse("desk:matter", args=[card.id]))
    return _after(request, matter_id, taken, card.number)


def version_of(typed: str) -> int | None:
    """How many steps the page showed; two people who act on different states are told apart by it."""
    return int(typed) if typed.isdigit() else None


def _after(request: HttpRequest, matter_id: int, taken: Taken, number: str) -> HttpResponse:
    """The matter as it stands now; or, where it left this reader's reach, a word that it went on."""
    lang: str = request.lang  # type: ignore[attr-defined]
    done = say(lang, "desk.done.ended" if taken.ended else "desk.done.act", number=number)
    facts: dict[str, Any] = {"done": done}
    try:
        facts |= matter_facts(request, matter_id)
    except Refusal:
        facts |= {"gone": number}
    response = page(request, "desk/gone.html" if "gone" in facts else "desk/matter.html", **facts)
    response["HX-Trigger"] = json.dumps({"linli:acted": {"id": ids.text(matter_id)}})
    return response


@who("staff")
def find(request: HttpRequest, written: str) -> HttpResponse:
    """Matters to merge with or link to, by number or words, as radio buttons."""
    text = request.GET.get("find", "").strip()
    lang: str = request.lang  # type: ignore[attr-defined]
    found = reads.search(request.actor, text, lang, limit=8) if len(text) > 1 else ()  # type: ignore[attr-defined]
    return page(request, "desk/found.html", cards=[card for card in found if card.id != written], text=text)
