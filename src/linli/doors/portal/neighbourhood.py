"""The public map: what is open around here, live, without anything personal; the same as a list."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import dots
from linli.kernel import ids
from linli.kernel.matters import public

LISTED = 60


@who("public")
def shown(request: HttpRequest) -> HttpResponse:
    """The map page with its list."""
    lang: str = request.lang  # type: ignore[attr-defined]
    found = dots.all_drawn(lang)
    found.sort(key=lambda dot: dot.get("due") or 1 << 60)
    options: dict[str, Any] = {"dots": found, "locate": True}
    return page(request, "portal/map.html", map_options=options, rows=found[:LISTED], total=len(found))


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
