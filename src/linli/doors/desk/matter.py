"""One matter on one page: what it is, where it stands, what was done, what may be done, why it was due then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from linli.doors import spoken
from linli.doors.desk import minimap
from linli.doors.desk.promised import shown_clocks
from linli.doors.desk.shell import desk_page
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import contact, reads
from linli.kernel.matters.cards import Holder, Offer, Page, StepLine
from linli.kernel.matters.said import SOURCES

IN_BAR = 4
LONG_DIGEST = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")  # the first eight tell editions apart
IN_PAGE = ("note", "supplement", "me_too", "release_words")  # acts with a place of their own, not in the bar


@who("staff")
def matter(request: HttpRequest, written: str) -> HttpResponse:
    """The whole desk with this matter open, or the matter alone when the list asks for it."""
    from linli.doors.desk.inbox import inbox_facts

    facts = matter_facts(request, ids.parse(written))
    if is_fragment(request):
        return page(request, "desk/matter.html", **facts)
    return desk_page(request, "desk/desk.html", "matters", **inbox_facts(request), **facts)


def is_fragment(request: HttpRequest) -> bool:
    """Whether HTMX wants a part, and not a whole page that it lost from its history."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request


def matter_facts(request: HttpRequest, matter_id: int) -> dict[str, Any]:
    """Everything ``desk/matter.html`` shows. Raises the gate's Refusal where the reader may not see it."""
    lang: str = request.lang  # type: ignore[attr-defined]
    shown = reads.page(request.actor, matter_id, lang)  # type: ignore[attr-defined]
    bar = act_bar(shown.offers)
    note = next((offer for offer in shown.offers if offer.does == "note" and offer.allowed), None)
    return {
        "matter": shown,
        "card": shown.card,
        "clocks": shown_clocks(shown, lang),
        "source": SOURCES[shown.card.source].say(lang) if shown.card.source in SOURCES else shown.card.source,
        "hours": stage_hours(shown),
        "acts": bar.shown,
        "more_acts": bar.more,
        "note_act": note,
        "arrived": sum(1 for line in shown.summonses if line.acknowledged_at),
        "map": map_of(shown, lang),
        "ladder": ladder_of(shown, lang),
        "days": days_of(shown, lang),
        "steps_n": len(shown.timeline),
        "holders": [(held, span_of(held, lang)) for held in shown.holders],
    }


def stage_hours(shown: Page) -> list[datetime | None]:
    """When the ball of each stage up to the present one was first as full as that."""
    steps = sorted(shown.timeline, key=lambda step: step.seq)
    first = [next((step.at for step in steps if step.ball >= ball), None) for ball in range(5)]
    return [at if ball <= shown.card.ball else None for ball, at in enumerate(first)]


@dataclass(frozen=True, slots=True)
class Bar:
    """Acts at the foot of a matter: ``shown`` in the bar, the one primary act last; ``more`` behind a button."""

    shown: tuple[Offer, ...]
    more: tuple[Offer, ...]


def act_bar(offers: tuple[Offer, ...]) -> Bar:
    """In the bar: what may be done and has a key, and the act this stage waits for, allowed or refused. Behind "more": the
    rest, what is refused with its reason."""
    acts = [offer for offer in offers if offer.does not in IN_PAGE]
    main = next((offer for offer in acts if offer.primary and offer.allowed), None)
    main = main or next((offer for offer in acts if offer.primary), None)
    keyed = [offer for offer in acts if offer is not main and offer.allowed and offer.key_hint][:IN_BAR]
    rest = [offer for offer in acts if offer is not main and offer not in keyed]
    rest.sort(key=lambda offer: not offer.allowed)
    return Bar((*keyed, *([main] if main else [])), tuple(rest))


def days_of(shown: Page, lang: str) -> list[tuple[str, list[StepLine]]]:
    """The timeline cut into days; today has no heading."""
    now = moment.now()
    days: list[tuple[str, list[StepLine]]] = []
    before = None
    for step in shown.timeline:
        day = moment.local(step.at).date()
        if day != before:
            said = "" if day == moment.local(now).date() else spoken.day(step.at, now, lang)
            days.append((said, []))
            before = day
        days[-1][1].append(step)
    return days


def span_of(held: Holder, lang: str) -> str:
    """``07:21 – 07:58``; the day is said once where both ends are on it."""
    now = moment.now()
    began = spoken.hour(held.since, now, lang)
    if held.until is None:
        return say(lang, "desk.since", hour=began)
    until = moment.local(held.until)
    same = until.date() == moment.local(held.since).date()
    return f"{began} – {until:%H:%M}" if same else f"{began} – {spoken.hour(held.until, now, lang)}"


def map_of(shown: Page, lang: str) -> minimap.Minimap | None:
    """The ground around it; for a quarrel the whole micro-grid and no point."""
    place_id = int(shown.card.path.strip("/").split("/")[-1])
    if shown.lon is None or shown.lat is None or shown.card.area_only:
        return minimap.of_place(place_id, lang)
    return minimap.around(shown.lon, shown.lat, place_id, lang)


def ladder_of(shown: Page, lang: str) -> list[tuple[datetime, str]]:
    """What happens if nobody moves: the hour, and who is told."""
    return [(at, say(lang, "desk.late.rung", clock=clock, who=taker)) for at, clock, taker in shown.ladder]


@who("staff")
def why(request: HttpRequest, written: str, clock: str) -> HttpResponse:
    """Why a promise was due then, as the rules stood at any past moment (``at``, local; default: now)."""
    lang: str = request.lang  # type: ignore[attr-defined]
    at = _moment_asked(request.GET.get("at", ""))
    lines = reads.explain(request.actor, ids.parse(written), clock, lang, at)  # type: ignore[attr-defined]
    short = [LONG_DIGEST.sub(r"\1", line) for line in lines]
    return page(request, "desk/why.html", written=written, clock=clock, at=moment.local(at), lines=short)


def _moment_asked(typed: str) -> datetime:
    if not typed:
        return moment.now()
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=moment.SHANGHAI).astimezone(UTC)
    except ValueError:
        raise Refusal("desk.bad_time", field="at") from None


@who("staff")
@require_POST
def reveal(request: HttpRequest, written: str) -> HttpResponse:
    """The reporter's name and number, once it is said what for. The look itself is recorded."""
    reason = request.POST.get("why", "").strip()
    if not reason:
        raise Refusal("desk.why_empty", field="why")
    known = contact.look(request.actor, ids.parse(written), reason)  # type: ignore[attr-defined]
    return page(request, "desk/contact.html", contact=known, why=reason)
