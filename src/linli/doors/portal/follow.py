"""One matter for whoever reported it: what was promised, what was done, and what they may still say."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from linli.doors.guard import who
from linli.doors.my_data import lines
from linli.doors.page import page
from linli.doors.portal import kept
from linli.doors.portal.given import inputs_of
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, reads
from linli.kernel.matters.cards import ClockLine, Follow, Offer
from linli.kernel.people.actors import Actor

FORMS = ("call_back", "supplement", "withdraw", "reopen")  # acts a reporter has a form for; in this order


@who("public")
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """By the secret link. The browser remembers it, so that "my matters" is complete."""
    actor = reads.by_link(token)
    response = _show(request, actor, reverse("portal:follow", args=[token]), f"/live/matter/{token}")
    if actor.matter_id is not None and all(row.token != token for row in kept.known(request)):
        kept.remember(request, response, kept.Known(actor.matter_id, token))
    return response


@who("public")
def known(request: HttpRequest, written: str) -> HttpResponse:
    """By what this browser or this account knows."""
    actor = kept.follower(request.COOKIES, request.actor, ids.parse(written))  # type: ignore[attr-defined]
    return _show(
        request, actor, reverse("portal:known", args=[written]), f"/live/matter/{written}", ids.parse(written)
    )


def _show(
    request: HttpRequest, actor: Actor, here: str, live: str, matter_id: int | None = None
) -> HttpResponse:
    lang: str = request.lang  # type: ignore[attr-defined]
    shown = reads.follow(actor, lang, matter_id)
    template = "portal/follow_part.html" if request.htmx else "portal/follow.html"  # type: ignore[attr-defined]
    mine: dict[str, Any] = {
        "looks": lines.seen_at(actor, ids.parse(shown.card.id), lang),
        "data_key": here.rstrip("/").rpartition("/")[2],
    }
    return page(request, template, here_url=here, live=live, **facts_of(shown, lang), **mine)


def facts_of(shown: Follow, lang: str) -> dict[str, Any]:
    """Everything the page shows."""
    may = {offer.does: offer for offer in shown.may if offer.allowed}
    steps = [step for step in reversed(shown.timeline) if not step.minor or step.act == "supplement"]
    return {
        "f": shown,
        "card": shown.card,
        "steps": steps,
        "ahead": _ahead(shown, lang),
        "kept": [line for line in shown.clocks if line.state in ("kept", "breach") and line.ended_at],
        "ask": may.get("call_back"),
        "forms": [may[does] for does in FORMS[1:] if does in may],
        "key": secrets.token_hex(16),
        "links": getattr(shown, "links", ()),
        "proof": _proof(shown),
    }


def _proof(shown: Follow) -> str:
    """Where the receipt is checked against the ledger; nowhere in a town that does not publish it."""
    try:
        return reverse("ledger:receipt", args=[shown.card.id, "opening"])
    except NoReverseMatch:
        return ""


def _ahead(shown: Follow, lang: str) -> list[tuple[int, str, ClockLine | None]]:
    """The stages still to come: (ball, word, its promise if one is running)."""
    if shown.card.ended_at is not None:
        return []
    return [
        (ball, say(lang, f"portal.follow.ahead_{ball}"), None)
        for ball in range(max(shown.card.ball, 0) + 1, 4)
        if ball != 2
    ]


@who("public")
@require_POST
def act(request: HttpRequest, token: str, key: str) -> HttpResponse:
    """Something the reporter says or asks, by secret link."""
    return _take(request, reads.by_link(token), None, key, reverse("portal:follow", args=[token]))


@who("public")
@require_POST
def act_known(request: HttpRequest, written: str, key: str) -> HttpResponse:
    """The same in a browser that knows the matter."""
    actor = kept.follower(request.COOKIES, request.actor, ids.parse(written))  # type: ignore[attr-defined]
    return _take(request, actor, ids.parse(written), key, reverse("portal:known", args=[written]))


def _take(request: HttpRequest, actor: Actor, matter_id: int | None, key: str, back: str) -> HttpResponse:
    lang: str = request.lang  # type: ignore[attr-defined]
    shown = reads.follow(actor, lang, matter_id)
    offer = offered(shown.may, key)
    inputs = inputs_of(request)
    acts.take(actor, ids.parse(shown.card.id), offer.key, inputs, key=request.POST.get("key", ""))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": back})
    return HttpResponse(status=303, headers={"Location": back})


def offered(may: tuple[Offer, ...], key: str) -> Offer:
    """The act among those this reporter may do. Raises Refusal where there is none."""
    for offer in may:
        if offer.key == key and offer.does in FORMS:
            return offer
    raise Refusal("portal.no_such_act", kind="conflict")
