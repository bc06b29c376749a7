"""Report one: what somebody of the grid sees, filed on the spot."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.field.patrol import stop_of
from linli.doors.field.shell import field_page, first_post
from linli.doors.guard import who
from linli.doors.page import wants_json
from linli.doors.portal import kinds, spots
from linli.doors.portal.given import photos_of
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Report
from linli.kernel.packspec.schema import Pack
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree


@who("staff")
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """What, where, a photo: one page, because whoever files it stands before it."""
    if request.method == "GET":
        return _form(request)
    try:
        receipt = acts.open_matter(request.actor, report_of(request), key=request.POST.get("key", ""))  # type: ignore[attr-defined]
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _form(request, refusal)
    where = reverse("field:matter", args=[ids.text(receipt.matter_id)])
    if wants_json(request):
        return JsonResponse({"ok": True, "again": receipt.again, "next": where})
    return HttpResponse(status=303, headers={"Location": where})


def packs_of(actor: Actor) -> list[Pack]:
    """What this person may file, what is found on rounds first."""
    found = kinds.packs_for(*(held.role for held in actor.roles))
    return sorted(found, key=lambda pack: ("resident" in pack.opened_by, pack.key))


def _form(request: HttpRequest, wrong: Refusal | None = None) -> HttpResponse:
    lang, post = str(request.lang), request.POST  # type: ignore[attr-defined]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    stop = request.GET.get("stop", "") or post.get("stop", "")
    name, lon, lat = (
        stop_of(stop, request.GET.get("place", "") or post.get("place", "")) if stop else ("", *_begin(actor))
    )
    chosen = post.get("what", "")
    facts: dict[str, Any] = {
        "groups": kinds.groups(lang, chosen=chosen, packs=packs_of(actor)), "stop": stop, "stop_name": name,
        "place": request.GET.get("place", ""), "key": secrets.token_hex(16), "typed": post, "chosen": chosen,
        "sentence": wrong.sentence(lang) if wrong else "",
        "pick": {"centre": [lon, lat], "zoom": 17.5, "pick": {"lon": "[name=pin_lon]", "lat": "[name=pin_lat]"}, "locate": False},
    }  # fmt: skip
    return field_page(request, "field/report.html", "report", status=422 if wrong else 200, **facts)


def _begin(actor: Actor) -> tuple[float, float]:
    """Where the map opens: the ground of my post."""
    held = first_post(actor)
    node = tree().get(held.place_id) if held else None
    return (node.lon, node.lat) if node and node.lon is not None and node.lat is not None else (105.0, 36.0)


def report_of(request: HttpRequest) -> Report:
    """The form, read. The pin counts; an address in words counts where there is no map."""
    post, lang = request.POST, str(request.lang)  # type: ignore[attr-defined]
    chosen = kinds.chosen(post.get("what", ""))
    spot = _spot(request, lang)
    return Report(
        pack=chosen.pack.key, kind=chosen.kind.key, condition=chosen.condition.key, lon=spot.lon, lat=spot.lat,
        address=post.get("address", "").strip()[:200] or spot.label, words=post.get("words", "").strip(),
        photos=photos_of(request), source="patrol" if post.get("stop") else "field", found=True,
    )  # fmt: skip


def _spot(request: HttpRequest, lang: str) -> spots.Spot:
    post = request.POST
    position = post.get("position", "").partition(",")
    for lon_typed, lat_typed in (
        (post.get("pin_lon", ""), post.get("pin_lat", "")),
        (position[0], position[2]),
    ):
        lon, lat = spots.degrees(lon_typed), spots.degrees(lat_typed)
        if lon is not None and lat is not None:
            return spots.at(lon, lat, lang)
    if post.get("stop"):
        name, lon, lat = stop_of(post["stop"], post.get("place", ""))
        return spots.at(lon, lat, lang, name)
    typed = post.get("address", "").strip()
    if not typed:
        raise Refusal("portal.where_first", field="address")
    found = spots.said(typed, None, lang)
    if isinstance(found, list):
        raise Refusal("portal.address_unclear", field="address")
    return found
