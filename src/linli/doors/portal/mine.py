"""My matters: those whose links this browser kept, and those of the account."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import kept
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import reads
from linli.kernel.matters.cards import Card


@dataclass(frozen=True, slots=True)
class Row:
    """One matter of mine and where it opens."""

    card: Card
    url: str


def rows(request: HttpRequest) -> list[Row]:
    """Mine, the newest first; each once, however I came to know it."""
    lang: str = request.lang  # type: ignore[attr-defined]
    found: dict[str, Row] = {}
    for known, actor in kept.followers(request):
        try:
            card = reads.card(actor, known.matter_id, lang)
        except Refusal:
            continue
        found[card.id] = Row(card, kept.address_of(known))
    person: int | None = request.actor.person_id  # type: ignore[attr-defined]
    for card in reads.mine(person, lang) if person is not None else ():
        found.setdefault(card.id, Row(card, reverse("portal:known", args=[card.id])))
    return sorted(found.values(), key=lambda row: row.card.opened_at, reverse=True)


@who("public")
def mine(request: HttpRequest) -> HttpResponse:
    """All of them, those still running first."""
    all_rows = rows(request)
    running = [row for row in all_rows if row.card.ended_at is None]
    ended = [row for row in all_rows if row.card.ended_at is not None]
    return page(request, "portal/mine.html", running=running, ended=ended)


@who("public")
@require_POST
def forget(request: HttpRequest, written: str) -> HttpResponse:
    """Take a matter off this browser's list; the matter itself goes on."""
    response = HttpResponse(status=303, headers={"Location": reverse("portal:mine")})
    kept.forget(request, response, ids.parse(written))
    return response
