"""Doing something on a matter: the form an act needs, the act itself, and acts sent later by a phone that had no network."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.desk.acting import offered
from linli.doors.desk.fields import fields_of
from linli.doors.desk.given import inputs_from
from linli.doors.field.matter import act_of
from linli.doors.field.shell import field_page
from linli.doors.guard import who
from linli.doors.page import wants_json
from linli.kernel import ids
from linli.kernel.matters import acts, reads
from linli.kernel.matters.asks import Inputs


@who("staff")
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, written: str, key: str) -> HttpResponse:
    """GET: what the act needs. POST: do it; a program gets JSON, so that a queue knows what became of each act."""
    lang, matter_id = str(request.lang), ids.parse(written)  # type: ignore[attr-defined]
    if request.method == "POST":
        return _do(request, matter_id, key)
    shown = reads.page(request.actor, matter_id, lang)  # type: ignore[attr-defined]
    offer = offered(shown.offers, key)
    middle = [shown.lon, shown.lat] if shown.lon is not None else None
    return field_page(
        request, "field/act.html", "list", matter=shown, card=shown.card, offer=offer, act=act_of(offer),
        fields=fields_of(shown, offer, lang), key=secrets.token_hex(16),
        pick={"centre": middle, "zoom": 17.5, "pick": {"lon": "[name=pin_lon]", "lat": "[name=pin_lat]"}, "locate": False},
    )  # fmt: skip


def _do(request: HttpRequest, matter_id: int, key: str) -> HttpResponse:
    lang = str(request.lang)  # type: ignore[attr-defined]
    card = reads.card(request.actor, matter_id, lang)  # type: ignore[attr-defined]
    inputs = with_hour(request, with_pin(request, inputs_from(request, card)))
    taken = acts.take(request.actor, matter_id, key, inputs, key=request.POST.get("key", ""))  # type: ignore[attr-defined]
    where = reverse("field:list") if taken.ended else reverse("field:matter", args=[card.id])
    if wants_json(request):
        return JsonResponse({"ok": True, "again": taken.again, "next": where})
    return HttpResponse(status=303, headers={"Location": where})


def with_pin(request: HttpRequest, inputs: Inputs) -> Inputs:
    """The spot set by hand on the map, where the phone gave no position."""
    if inputs.position is not None or not request.POST.get("by_hand"):
        return inputs
    try:
        return replace(inputs, position=(float(request.POST["pin_lon"]), float(request.POST["pin_lat"])))
    except (KeyError, ValueError):
        return inputs


def with_hour(request: HttpRequest, inputs: Inputs) -> Inputs:
    """When an act that waited for the network really happened (``happened_at``, milliseconds). The act itself judges how far back it may lie."""
    typed = request.POST.get("happened_at", "")
    if not typed.isdigit() or len(typed) > 15:
        return inputs
    return replace(inputs, happened_at=datetime.fromtimestamp(int(typed) / 1000, UTC))
