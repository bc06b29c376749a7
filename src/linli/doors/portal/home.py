"""The first page: one big act, my matters, what goes on nearby."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import dots, figures, mine, spots
from linli.kernel import ids
from linli.kernel.places.tree import Node

SHOWN = 2
ACROSS = 0.012  # degrees around home that the small map shows matters of


def hotline() -> str:
    """The number to call."""
    return str(getattr(settings, "HOTLINE", "1341"))


@who("public")
def home(request: HttpRequest) -> HttpResponse:
    """The portal's first page."""
    node = spots.home(request)
    rows = mine.rows(request)
    running = [row for row in rows if row.card.ended_at is None]
    return page(
        request,
        "portal/home.html",
        place=node,
        place_name=_called(node, request),
        rows=(running or rows)[:SHOWN],
        total=len(rows),
        hotline=hotline(),
        figures=figures.around(node),
        map_options=_around(request, node),
    )


def _called(node: Node | None, request: HttpRequest) -> str:
    return node.called(request.lang) if node else ""  # type: ignore[attr-defined]


def _around(request: HttpRequest, node: Node | None) -> dict[str, Any]:
    """The small map: open matters around home."""
    lon, lat = spots.middle(request)
    box = (lon - ACROSS, lat - ACROSS, lon + ACROSS, lat + ACROSS)
    options: dict[str, Any] = {"still": True, "dots": dots.all_drawn(request.lang, box if node else None)}  # type: ignore[attr-defined]
    if node:
        options |= {"centre": [lon, lat], "zoom": 15.4}
    if node and node.level == "micro_grid":
        options["mine"] = ids.text(node.id)
    return options
