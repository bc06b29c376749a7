"""Who is responsible here: for an address, a point, or home."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import kept, spots, throttle
from linli.doors.portal.home import hotline
from linli.kernel import ids
from linli.kernel.errors import Refusal


@who("public")
@require_http_methods(["GET", "POST"])
def worker(request: HttpRequest) -> HttpResponse:
    """The form, and the people of the place that was asked for. Home is answered at once."""
    lang: str = request.lang  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"hotline": hotline(), "typed": "", "spot": None, "hits": (), "wrong": ""}
    node = spots.home(request)
    try:
        if request.method == "POST":
            throttle.looks.count(request)
            facts |= _asked(request, lang)
        elif node and node.lon is not None and node.lat is not None:
            facts["spot"] = spots.at(node.lon, node.lat, lang, node.called(lang))
    except Refusal as refusal:
        if refusal.kind == "busy":
            raise
        facts["wrong"] = refusal.sentence(lang)
    if facts["spot"]:
        facts["posts"] = spots.chain(facts["spot"].path, lang)
        facts["is_home"] = node is not None and node.id == facts["spot"].place_id
    return page(request, "portal/worker.html", **facts)


def _asked(request: HttpRequest, lang: str) -> dict[str, Any]:
    post = request.POST
    typed = post.get("address", "").strip()[:120]
    lon, lat = spots.degrees(post.get("lon", "")), spots.degrees(post.get("lat", ""))
    if post.get("place"):
        return {"spot": spots.chosen_place(post["place"], lang, post.get("label", "")[:120]), "typed": typed}
    if lon is not None and lat is not None and not typed:
        return {"spot": spots.at(lon, lat, lang)}
    if not typed:
        raise Refusal("portal.where_first", field="address")
    found = spots.said(typed, spots.near_home(request), lang)
    return {"hits": found, "typed": typed} if isinstance(found, list) else {"spot": found, "typed": typed}


@who("public")
@require_http_methods(["POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Remember in this browser which micro-grid is home; or forget it."""
    written = request.POST.get("place", "")
    response = HttpResponse(status=303, headers={"Location": reverse("portal:worker")})
    if not written:
        response.delete_cookie(kept.HOME)
        return response
    ids.parse(written)
    response.set_cookie(
        kept.HOME, written, max_age=400 * kept.DAY, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return response
