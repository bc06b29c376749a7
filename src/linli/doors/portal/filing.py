"""Sending a report, joining one that is there already, and the receipt."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from linli.doors.guard import who
from linli.doors.page import page, refuse
from linli.doors.portal import kept, kinds, spots, throttle
from linli.doors.portal.given import photos_of, reporter_of
from linli.doors.portal.report import HOUR, Draft, draft_of, likely, words_page
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Inputs, Receipt, Report
from linli.kernel.matters.said import local_time
from linli.kernel.people import posts
from linli.kernel.people.actors import PUBLIC, Actor


def send(request: HttpRequest, draft: Draft) -> HttpResponse:
    """File it; back to the form where something is missing, on to the receipt where nothing is."""
    try:
        throttle.reports.count(request)
        receipt = acts.open_matter(_as(request), report_of(request, draft), key=draft.key)
    except Refusal as refusal:
        if request.htmx:  # type: ignore[attr-defined]
            return refuse(request, refusal)
        return words_page(request, draft, refusal)
    return _received(request, receipt)


def _as(request: HttpRequest) -> Actor:
    """Somebody who stays unnamed is nobody here, signed in or not."""
    return PUBLIC if request.POST.get("anonymous") else request.actor  # type: ignore[attr-defined]


def report_of(request: HttpRequest, draft: Draft) -> Report:
    """The three steps put together."""
    chosen, post = kinds.chosen(draft.what), request.POST
    answers = {
        field.key: post[f"answer_{field.key}"]
        for field in chosen.pack.form
        if post.get(f"answer_{field.key}")
    }
    return Report(
        pack=chosen.pack.key, kind=chosen.kind.key, condition=chosen.condition.key, lon=draft.lon, lat=draft.lat,
        address=draft.label, words=post.get("words", "").strip(), photos=photos_of(request), reporter=reporter_of(request),
        source="portal", answers=answers,
    )  # fmt: skip


def _received(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """On to the receipt; the browser keeps the link and forgets the draft."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    role = posts.role(receipt.holder_role)
    promises = [[p.name_zh, p.name_en, p.due_at.isoformat()] for p in receipt.promises]
    shown = {
        "number": receipt.number, "code": receipt.code, "token": receipt.token, "holder": receipt.holder_name,
        "role": role.text.say(lang) if role else "", "promises": promises, "hash": receipt.entry_hash,
    }  # fmt: skip
    return _away(request, shown, kept.Known(receipt.matter_id, receipt.token))


def _away(request: HttpRequest, shown: dict[str, Any], known: kept.Known) -> HttpResponse:
    address = reverse("portal:done")
    response = HttpResponse(status=303, headers={"Location": address})
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=204, headers={"HX-Redirect": address})
    kept.keep(request, response, kept.RECEIPT, shown | {"matter": ids.text(known.matter_id)}, HOUR)
    kept.remember(request, response, known)
    response.delete_cookie(kept.DRAFT)
    return response


@who("public")
def done(request: HttpRequest) -> HttpResponse:
    """The receipt: number, code, secret link, what was promised. Shown for an hour in the browser that reported."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    shown = kept.read(request, kept.RECEIPT, max_age=HOUR)
    if shown is None:
        raise Refusal("portal.no_receipt", kind="missing")
    link = request.build_absolute_uri(reverse("portal:follow", args=[shown["token"]]))
    promises = [
        (en if lang == "en" else zh, local_time(datetime.fromisoformat(due), lang))
        for zh, en, due in shown["promises"]
    ]
    return page(
        request,
        "portal/done.html",
        r=shown,
        link=link,
        qr=qr(link),
        promises=promises,
        first=promises[0] if promises else None,
    )


def qr(link: str) -> str:
    """The link as a square for another phone, drawn inline. Always dark on light: cameras want it so."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        out,
        kind="svg",
        scale=5,
        border=3,
        dark="#131715",
        light="#ffffff",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        nl=False,
    )
    return mark_safe(out.getvalue().decode())


@who("public")
@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """What lies under the pin, and who answers there now: a fragment."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    throttle.looks.count(request)
    lon, lat = spots.degrees(request.POST.get("lon", "")), spots.degrees(request.POST.get("lat", ""))
    facts: dict[str, Any] = {"spot": None, "outside": True}
    if lon is not None and lat is not None:
        try:
            facts = under(draft_of(request), spots.at(lon, lat, lang), lang)
        except Refusal as refusal:
            facts["sentence"] = refusal.sentence(lang)
    return page(request, "portal/here.html", **facts)


def under(draft: Draft, spot: spots.Spot, lang: str) -> dict[str, Any]:
    """The spot with whoever this kind of thing would go to."""
    pack = kinds.chosen(draft.what).pack if draft.what else kinds.packs_for()[0]
    role = pack.stages[pack.first].holder or ""
    held = spots.answers(spot.path, role)
    known = posts.role(held.role) if held else None
    return {"spot": spot, "held": held, "role": known.text.say(lang) if known else ""}


@who("public")
@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Addresses that may be meant, while somebody types: a fragment."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    throttle.looks.count(request)
    text = request.POST.get("address", "").strip()[:120]
    lon, lat = spots.degrees(request.POST.get("lon", "")), spots.degrees(request.POST.get("lat", ""))
    near = (lon, lat) if lon is not None and lat is not None else spots.near_home(request)
    hits = spots.find(text, near, lang)[:6] if text else []
    return page(request, "portal/hits.html", hits=hits, text=text)


@who("public")
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Matters that may be the same, now that there are words: a fragment."""
    throttle.looks.count(request)
    draft = draft_of(request)
    found = likely(request, draft, request.POST.get("words", "")[:500]) if draft.what else ()
    return page(request, "portal/likely.html", likely=found, draft=draft)


@who("public")
@require_POST
def same(request: HttpRequest, written: str) -> HttpResponse:
    """ "Me too": no second report, but a link of one's own to the first."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    throttle.reports.count(request)
    matter_id = ids.parse(written)
    inputs = Inputs(words=request.POST.get("words", "").strip()[:500], reporter=reporter_of(request))
    taken = acts.take(_as(request), matter_id, "me_too", inputs, key=request.POST.get("key", ""))
    shown = {
        "number": request.POST.get("number", "")[:16], "code": taken.code, "token": taken.token, "holder": "", "role": "",
        "promises": [], "hash": "", "joined": True, "lang": lang,
    }  # fmt: skip
    return _away(request, shown, kept.Known(matter_id, taken.token))
