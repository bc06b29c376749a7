"""The public map: what is open around here, live, without anything personal; the same as a list."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import dots, spots
from linli.kernel import ids
from linli.kernel.matters import public

LISTED = 60
STATES = ("breach", "soon", "plenty", "pause")


@who("public")
def shown(request: HttpRequest) -> HttpResponse:
    """The map page with its list."""
    lang: str = request.lang  # type: ignore[attr-defined]
    lon, lat = spots.middle(request)
    found = dots.all_drawn(lang)
    found.sort(key=lambda dot: dot.get("due") or 1 << 60)
    options: dict[str, Any] = {
        "centre": [lon, lat], "zoom": 13.5, "dots": found, "locate": True,
    }  # fmt: skip
    counts = {state: sum(1 for dot in found if dot["state"] == state) for state in STATES}
    return page(
        request, "portal/map.html", map_options=options, rows=found[:LISTED], total=len(found), counts=counts
    )


@who("public")
def dots_json(request: HttpRequest) -> HttpResponse:
    """All dots again, for a map that lost its stream."""
    found = dots.all_drawn(request.lang)  # type: ignore[attr-defined]
    return JsonResponse({"dots": found}, json_dumps_params={"ensure_ascii": False})


@who("public")
def sheet(request: HttpRequest, written: str) -> HttpResponse:
    """One matter as anybody may see it: a sheet over the map, or a page."""
    lang: str = request.lang  # type: ignore[attr-defined]
    known = public.public_matter(ids.parse(written), lang)
    clock = None
    if known.get("clock") and not known["ended"]:
        clock = {
            "name": known["clock"],
            "state": known["state"],
            "due_at": known.get("due_at"),
            "total_seconds": None,
        }
    facts: dict[str, Any] = {"m": known, "clock": clock, "written": written}
    if request.htmx:  # type: ignore[attr-defined]
        return page(request, "portal/sheet.html", **facts)
    return page(request, "portal/public.html", **facts)
