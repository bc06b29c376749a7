"""One act on several matters. Each is done by itself: what is refused is said, nothing is half done."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from linli.doors.desk.fields import Field, fields_of
from linli.doors.desk.given import inputs_from
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, reads
from linli.kernel.matters.cards import Card, Offer
from linli.kernel.people import duty

DOES = ("dispatch", "note", "hand_up", "pause")
MOST = 100


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one matter. ``why_not`` is empty where the act was done."""

    card: Card | None
    written: str
    why_not: str


@who("staff")
@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest, does: str) -> HttpResponse:
    """GET: the one form for all that are selected. POST: do it to each, report each."""
    picked = (request.POST if request.method == "POST" else request.GET).getlist("m")[:MOST]
    if does not in DOES:
        raise Refusal("desk.no_act", kind="missing")
    if not picked:
        raise Refusal("desk.nothing_picked")
    if request.method == "POST":
        return _do(request, does, picked)
    fields = _common_fields(request, does, picked)
    facts: dict[str, Any] = {"does": does, "picked": picked, "fields": fields or (), "none": fields is None}
    return page(request, "desk/bulk.html", **facts, key=secrets.token_hex(12), card=None)


def _common_fields(request: HttpRequest, does: str, picked: list[str]) -> tuple[Field, ...] | None:
    """The questions of the first matter that allows the act; units only those that serve all of them. None: nobody allows it."""
    lang: str = request.lang  # type: ignore[attr-defined]
    for written in picked:
        shown = reads.page(request.actor, ids.parse(written), lang)  # type: ignore[attr-defined]
        offer = offer_that(shown.offers, does)
        if offer is not None and offer.allowed:
            return tuple(map(_serving_all(request, picked), fields_of(shown, offer, lang)))
    return None


def offer_that(offers: tuple[Offer, ...], does: str) -> Offer | None:
    """The act that does this: an allowed one first."""
    fitting = sorted((offer for offer in offers if offer.does == does), key=lambda offer: not offer.allowed)
    return fitting[0] if fitting else None


def _serving_all(request: HttpRequest, picked: list[str]) -> Callable[[Field], Field]:
    def only_common(field: Field) -> Field:
        if field.need not in ("unit", "units"):
            return field
        lang: str = request.lang  # type: ignore[attr-defined]
        cards = [reads.card(request.actor, ids.parse(m), lang) for m in picked]  # type: ignore[attr-defined]
        served = [{ids.text(unit.id) for unit in duty.units(card.path)} for card in cards]
        common = set.intersection(*served)
        return replace(field, options=tuple(o for o in field.options if o.value in common))

    return only_common


def _do(request: HttpRequest, does: str, picked: list[str]) -> HttpResponse:
    results = [_one(request, does, written, n) for n, written in enumerate(dict.fromkeys(picked))]
    done = sum(1 for result in results if not result.why_not)
    response = page(request, "desk/bulk_report.html", results=results, done=done, does=does)
    response["HX-Trigger"] = "linli:acted"
    return response


def _one(request: HttpRequest, does: str, written: str, n: int) -> Result:
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    card: Card | None = None
    try:
        matter_id = ids.parse(written)
        card = reads.card(actor, matter_id, lang)
        offer = offer_that(reads.offers(actor, matter_id, lang), does)
        if offer is None:
            return Result(card, written, say(lang, "desk.bulk.no_such_act"))
        if not offer.allowed:
            return Result(card, written, offer.why_not)
        key = f"{request.POST.get('key', '')}-{n}" if request.POST.get("key") else ""
        acts.take(actor, matter_id, offer.key, inputs_from(request, card), key=key)
    except Refusal as refusal:
        return Result(card, written, refusal.sentence(lang))
    return Result(card, written, "")
