"""Where it is, who comes, whether somebody said it before: answered while the caller still speaks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from linli.doors.desk import minimap
from linli.doors.guard import who
from linli.doors.hotline import vow
from linli.doors.hotline.console import OPERATORS
from linli.doors.hotline.given import report_of
from linli.doors.page import page
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import calls, intake, reads
from linli.kernel.matters.asks import Report
from linli.kernel.packspec import editions
from linli.kernel.places import address
from linli.kernel.places.tree import tree

MOST = 3
ALIKE = 2


@who(*OPERATORS)
def addresses(request: HttpRequest) -> HttpResponse:
    """Places that may be meant, as they are typed: the first taken with Enter, the others with Alt+2 and Alt+3."""
    text = request.GET.get("address", "").strip()
    lang: str = request.lang  # type: ignore[attr-defined]
    ground = tree()
    hits = []
    for hit in address.find(text, lang=lang, limit=MOST) if text else ():
        node = ground.get(hit.micro_grid)
        place = node or ground.get(hit.place_id)
        hits.append(
            {
                "hit": hit,
                "note": place.called(lang) if place else hit.compound,
                "marked": _marked(hit.label, text),
            }
        )
    return page(request, "hotline/addresses.html", hits=hits, text=text)


def _marked(label: str, text: str) -> tuple[str, str, str]:
    """The label cut around what was typed, so that it can be shown where they agree."""
    for length in range(len(text), 1, -1):
        at = label.find(text[:length])
        if at >= 0:
            return label[:at], label[at : at + length], label[at + length :]
    return label, "", ""


@who(*OPERATORS)
@require_POST
def ground(request: HttpRequest, written: str) -> HttpResponse:
    """Everything that follows from kind and place: map, duplicates, who comes, the promise to read aloud."""
    lang: str = request.lang  # type: ignore[attr-defined]
    report = report_of(request, calls.phone_of(request.actor, ids.parse(written)))  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"call_id": written, "report": report, "conditions": conditions_of(report, lang)}
    facts |= _where(report, lang)
    if facts["located"] and report.kind:
        facts |= _foretold(report, lang)
        facts["likely"] = _likely(request, report, lang)
    return page(request, "hotline/ground.html", **facts)


def conditions_of(report: Report, lang: str) -> list[tuple[str, str, bool]]:
    """How bad it is, where the kind knows more than one answer."""
    pack = editions.all_current().get(report.pack)
    kind = pack.kinds.get(report.kind) if pack else None
    if kind is None or len(kind.conditions) < 2:
        return []
    chosen = report.condition or kind.conditions[0].key
    return [(c.key, c.text.say(lang), c.key == chosen) for c in kind.conditions]


def _where(report: Report, lang: str) -> dict[str, Any]:
    if report.lon is None and report.place_id is None:
        return {"located": False}
    try:
        found = intake.ground_of(report)
    except Refusal as refusal:
        return {"located": False, "refusal": refusal.sentence(lang)}
    if found.lon is None or found.lat is None:
        return {"located": True, "map": minimap.of_place(found.place_id, lang, ratio=0.42, pixels=366)}
    drawn = minimap.around(found.lon, found.lat, found.place_id, lang, metres=280, ratio=0.42, pixels=366)
    return {"located": True, "map": drawn}


def _foretold(report: Report, lang: str) -> dict[str, Any]:
    try:
        told = vow.foretell(report, lang)
    except Refusal as refusal:
        return {"refusal": refusal.sentence(lang)}
    reachable = not report.reporter.anonymous and report.reporter.wants_call
    return {"told": told, "sentence": vow.sentence(told, report.reporter.name, reachable, lang)}


def _likely(request: HttpRequest, report: Report, lang: str) -> tuple[Any, ...]:
    """Duplicates need a point; those the operator said no to stay away."""
    if report.lon is None or report.lat is None:
        return ()
    found = reads.likely(request.actor, report.lon, report.lat, report.pack, report.kind, report.words, lang)  # type: ignore[attr-defined]
    apart = request.POST.get("apart", "").split()
    return tuple(each for each in found if each.id not in apart)[:ALIKE]
