"""回访: the queue by its clocks, and the call-back itself with its three separate answers."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from linli.doors.desk.acting import version_of
from linli.doors.desk.given import YES_NO
from linli.doors.desk.matter import days_of
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, calls, contact, reads
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.cards import Offer, Page

OPERATORS = ("hotline_operator", "street_duty_officer")
SHOWN = 14
# Partly solved is not solved: it goes back, and the words say what is left
SOLVED = {"yes": True, "partly": False, "no": False}


def counters(request: HttpRequest) -> dict[str, int]:
    """Today's figures; ``due`` is what was called back and what still waits."""
    today = calls.today(request.actor)  # type: ignore[attr-defined]
    return today | {"due": today["called_back"] + today["waiting"]}


def queue_facts(request: HttpRequest) -> dict[str, Any]:
    """Matters waiting for a call-back, by clock; the next this operator may call comes first under F8."""
    lines = reads.callbacks(request.actor, request.lang)  # type: ignore[attr-defined]
    following = next((line for line in lines if line.mine_to_call and not line.card.paused), None)
    return {"queue": lines[:SHOWN], "waiting": len(lines), "following": following}


@who(*OPERATORS)
def queue(request: HttpRequest) -> HttpResponse:
    facts = queue_facts(request) | {"today": counters(request), "oob": True}
    return page(request, "hotline/queue.html", **facts)


@who(*OPERATORS)
@require_http_methods(["GET", "POST"])
def back(request: HttpRequest, written: str) -> HttpResponse:
    """GET: the matter and the three questions. POST: the answers."""
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    matter_id = ids.parse(written)
    if request.method == "POST":
        return _answered(request, matter_id)
    shown = reads.page(actor, matter_id, lang)
    offer = offer_of(shown)
    line = next((line for line in reads.callbacks(actor, lang) if line.card.id == written), None)
    facts: dict[str, Any] = {
        "matter": shown,
        "card": shown.card,
        "line": line,
        "offer": offer,
        "days": days_of(shown, lang),
        "key": secrets.token_hex(16),
        "why_not": "" if offer is not None and offer.allowed else _why_not(offer, lang),
    }
    return page(request, "hotline/back.html", **facts)


def offer_of(shown: Page) -> Offer | None:
    """The call-back among what this reader may do."""
    return next((offer for offer in shown.offers if offer.does == "call_back"), None)


def _why_not(offer: Offer | None, lang: str) -> str:
    if offer is None:
        return Refusal("hotline.not_call_back").sentence(lang)
    return offer.why_not or Refusal("hotline.by_another").sentence(lang)


@who(*OPERATORS)
@require_POST
def number(request: HttpRequest, written: str) -> HttpResponse:
    """The number to call. The look is recorded, and its reason is the call-back."""
    lang: str = request.lang  # type: ignore[attr-defined]
    known = contact.look(request.actor, ids.parse(written), say(lang, "hotline.back.why"))  # type: ignore[attr-defined]
    return page(request, "hotline/back_number.html", contact=known)


def _answered(request: HttpRequest, matter_id: int) -> HttpResponse:
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    offer = offer_of(reads.page(actor, matter_id, lang))
    if offer is None:
        raise Refusal("hotline.not_call_back", kind="conflict")
    if not offer.allowed:
        raise Refusal("hotline.by_another", kind="forbidden")
    version = version_of(request.POST.get("version", ""))
    taken = acts.take(
        actor, matter_id, offer.key, answers(request, lang), key=request.POST.get("key", ""), version=version
    )
    card = reads.card(actor, matter_id, lang)
    outcome = "ended" if taken.ended else "again" if card.ball < 3 else "unreached"
    facts = queue_facts(request) | {"card": card, "outcome": outcome}
    response = page(request, "hotline/back_done.html", **facts)
    response["HX-Trigger"] = "linli:queue"
    return response


def answers(request: HttpRequest, lang: str) -> Inputs:
    """Three answers kept apart; what was not asked because nobody answered stays open."""
    post = request.POST
    contacted = YES_NO.get(post.get("contacted", ""))
    words = post.get("words", "").strip()
    if contacted and post.get("solved") == "partly":
        words = f"{say(lang, 'hotline.back.partly')}{words}"
    return Inputs(
        words=words,
        contacted=contacted,
        solved=SOLVED.get(post.get("solved", "")) if contacted else None,
        satisfied=YES_NO.get(post.get("satisfied", "")) if contacted else None,
    )
