"""Filing a call: as a new matter, or as one more voice of a known one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from linli.doors.guard import who
from linli.doors.hotline import vow
from linli.doors.hotline.console import OPERATORS
from linli.doors.hotline.given import report_of, reporter_of, words_of
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, calls, reads
from linli.kernel.matters.asks import Inputs


@who(*OPERATORS)
@require_POST
def file(request: HttpRequest, written: str) -> HttpResponse:
    """One new matter; then its number and code to read out."""
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    call_id = ids.parse(written)
    report = report_of(request, calls.phone_of(actor, call_id))
    if not report.kind:
        raise Refusal("hotline.no_kind", field="kind")
    if report.lon is None and report.place_id is None:
        raise Refusal("hotline.no_place", field="address")
    receipt = acts.open_matter(actor, report, key=request.POST.get("key", ""))
    calls.end(actor, call_id, receipt.matter_id)
    card = reads.card(actor, receipt.matter_id, lang)
    facts = {
        "receipt": receipt,
        "number": receipt.number,
        "code": receipt.code,
        "card": card,
        "name": report.reporter.name,
        "anonymous": report.reporter.anonymous,
    }
    return _filed(request, facts)


@who(*OPERATORS)
@require_POST
def join(request: HttpRequest, written: str, other: str) -> HttpResponse:
    """The caller is one more voice of a known matter: told of every step, its clocks unchanged."""
    actor, lang = request.actor, request.lang  # type: ignore[attr-defined]
    call_id, matter_id = ids.parse(written), ids.parse(other)
    reporter = reporter_of(request.POST, calls.phone_of(actor, call_id))
    offer = next((o for o in reads.offers(actor, matter_id, lang) if o.does == "me_too"), None)
    if offer is None or not offer.allowed:
        raise Refusal("desk.no_act", kind="conflict")
    inputs = Inputs(words=words_of(request), reporter=reporter)
    taken = acts.take(actor, matter_id, offer.key, inputs, key=request.POST.get("key", ""))
    calls.end(actor, call_id, matter_id)
    card = reads.card(actor, matter_id, lang)
    facts = {
        "joined": True,
        "number": card.number,
        "code": taken.code,
        "card": card,
        "name": reporter.name,
        "anonymous": reporter.anonymous,
    }
    return _filed(request, facts)


def _filed(request: HttpRequest, facts: dict[str, Any]) -> HttpResponse:
    lang: str = request.lang  # type: ignore[attr-defined]
    key = "hotline.vow.farewell" if facts["code"] else "hotline.vow.farewell_short"
    marked = {name: f"{vow.OPEN}{facts[name]}{vow.SHUT}" for name in ("number", "code")}
    said = vow.underlined(say(lang, key, name=facts["name"] or say(lang, "hotline.vow.you"), **marked))
    response = page(request, "hotline/filed.html", **facts, call=None, farewell=said)
    response["HX-Trigger"] = "linli:queue"
    return response
