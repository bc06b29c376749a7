"""Taking a call: who rings, what was said, what stands on the screen meanwhile."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from linli.doors.desk.shell import office, role_name, see_other
from linli.doors.guard import who
from linli.doors.hotline import callbacks, line
from linli.doors.hotline.given import draft_of, pairs_of, transferred
from linli.doors.hotline.listen import Ear
from linli.doors.hotline.rehearsal import callers
from linli.doors.page import mode, page
from linli.doors.words import say
from linli.kernel import ids, moment
from linli.kernel.matters import calls, reads
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import looks
from linli.kernel.people.actors import Actor

OPERATORS = ("hotline_operator", "street_duty_officer")
EMERGENCY = ("119", "120", "110")


@who(*OPERATORS)
def home(request: HttpRequest) -> HttpResponse:
    """The console: the call that runs, or a place to take one; the call-backs beside it."""
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    facts = console_facts(request) | callbacks.queue_facts(request)
    around: dict[str, Any] = {
        "words_of": "hotline",
        "office": office(actor, lang),
        "me_role": role_name(actor, lang),
        "today": callbacks.counters(request),
        "callers": callers(lang) if mode() == "demo" else (),
    }
    return page(request, "hotline/console.html", **around, **facts)


def console_facts(request: HttpRequest) -> dict[str, Any]:
    """What the three parts of a call show; ``call`` None where nobody is on the line."""
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    call = line.current(actor)
    if call is None:
        return {"call": None}
    return {
        "call": call,
        "call_id": ids.text(call.id),
        "draft": call.draft,
        "history": reads.history_of_phone(actor, call.phone, lang),
        "kinds": heard(call.draft.get("words", ""), lang, call.draft.get("kind", "")),
        "everything": all_kinds(lang),
        "emergency": EMERGENCY,
        "pairs": pairs_of(call.draft.get("transfers", "")),
        "key": secrets.token_hex(16),
    }


def services() -> list[Pack]:
    """The services a resident may report to, in the order of their names."""
    found = [
        pack for pack in editions.all_current().values() if not pack.library and "resident" in pack.opened_by
    ]
    return sorted(found, key=lambda pack: pack.key)


def ear() -> Ear:
    """Made anew only when a pack changed."""
    return _ear(tuple(pack.digest for pack in services()))


@lru_cache(maxsize=2)
def _ear(digests: tuple[str, ...]) -> Ear:
    return Ear(services())


def heard(words: str, lang: str, chosen: str = "") -> list[dict[str, Any]]:
    """The suggestions, with the one that is chosen (or the likeliest) marked."""
    found = [
        {"value": h.value, "name": h.name, "icon": h.icon, "condition": h.condition}
        for h in ear().hear(words, lang)
    ]
    if chosen and chosen not in {each["value"] for each in found}:
        found = [_named(chosen, lang), *found][:3]
    on = chosen or (str(found[0]["value"]) if found else "")
    return [each | {"on": each["value"] == on} for each in found]


def _named(value: str, lang: str) -> dict[str, Any]:
    pack_key, _, kind_key = value.partition("/")
    pack = editions.all_current().get(pack_key)
    kind = pack.kinds.get(kind_key) if pack else None
    return {
        "value": value,
        "name": kind.text.say(lang) if kind else value,
        "icon": kind.icon if kind else "alert",
        "condition": "",
    }


def all_kinds(lang: str) -> list[dict[str, str]]:
    """Every kind of every service, for the list behind "another"."""
    return [
        {"value": f"{pack.key}/{kind.key}", "name": kind.text.say(lang), "group": pack.name.say(lang)}
        for pack in services()
        for kind in pack.kinds.values()
    ]


@who(*OPERATORS)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """POST: a call is taken; the number rang, was typed, or is withheld. GET: the console as it stands."""
    if request.method == "POST":
        _take(request.actor, request.POST.get("phone", "").strip())  # type: ignore[attr-defined]
    return _console(request)


def _take(actor: Actor, phone: str) -> None:
    """A second click on "answer" does not open a second call. What the number reported before is shown, so the look is recorded."""
    if calls.current(actor) is not None:
        return
    calls.start(actor, phone)
    if phone:
        looks.record(actor, "caller.history", None, "call taken", phone=phone)


@who(*OPERATORS)
@require_POST
def end(request: HttpRequest, written: str) -> HttpResponse:
    """The caller is gone. What was typed stays with the call."""
    calls.end(request.actor, ids.parse(written))  # type: ignore[attr-defined]
    return _console(request)


def _console(request: HttpRequest) -> HttpResponse:
    """The console as it stands now: the part for HTMX, the page for a plain form."""
    if not request.htmx:  # type: ignore[attr-defined]
        return see_other(reverse("hotline:home"))
    return page(request, "hotline/call.html", **console_facts(request))


@who(*OPERATORS)
@require_POST
def draft(request: HttpRequest, written: str) -> HttpResponse:
    """What was typed so far is kept; the suggestions follow what was said."""
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    kept = draft_of(request.POST)
    calls.save_draft(actor, ids.parse(written), kept)
    chosen = kept.get("kind", "") if request.POST.get("kind_by") == "hand" else ""
    kinds = heard(kept.get("words", ""), lang, chosen)
    saved = say(lang, "hotline.saved", hour=f"{moment.local(moment.now()):%H:%M:%S}")
    return page(request, "hotline/saved.html", saved=saved, kinds=kinds, everything=all_kinds(lang))


@who(*OPERATORS)
@require_POST
def reveal(request: HttpRequest, written: str) -> HttpResponse:
    """The caller's whole number; that it was looked at is recorded."""
    actor = request.actor  # type: ignore[attr-defined]
    phone = calls.phone_of(actor, ids.parse(written))
    looks.record(actor, "caller.phone", None, "call on the line", phone=phone)
    return page(request, "hotline/number.html", phone=phone)


@who(*OPERATORS)
@require_POST
def emergency(request: HttpRequest, written: str, to: str) -> HttpResponse:
    """Put through to 119, 120 or 110: noted with the call, and with the matter once it is filed."""
    actor = request.actor  # type: ignore[attr-defined]
    marked = transferred(request.POST, to if to in EMERGENCY else EMERGENCY[0])
    calls.save_draft(actor, ids.parse(written), draft_of(request.POST) | {"transfers": marked})
    pairs = [tuple(part.split("@", 1)) for part in marked.split(";") if "@" in part]
    return page(
        request, "hotline/transfers.html", transfers=marked, pairs=pairs, emergency=EMERGENCY, call_id=written
    )
