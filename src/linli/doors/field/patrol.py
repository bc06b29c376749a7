"""The round: today's stops of my micro-grid, passed one by one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from linli.doors.field.shell import field_page
from linli.doors.guard import who
from linli.doors.page import wants_json
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import Node, tree
from linli.kernel.registers import rounds

WALKS = (
    "grid_worker",
    "grid_leader",
    "community_secretary",
    "cluster_leader",
    "volunteer",
    "property_company",
)
CHOICES = 60


@who("staff")
def patrol(request: HttpRequest) -> HttpResponse:
    """Today's round; where there are several micro-grids, first which."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    grids = grids_of(actor)
    chosen = _chosen(request.GET.get("place", ""), grids)
    facts: dict[str, Any] = {"grids": grids if len(grids) > 1 else (), "grid": chosen, "round": None}
    if chosen is not None:
        facts["round"] = walked = rounds.round_today(actor, chosen.id)
        facts["left"] = [stop for stop in walked.stops if stop.passed_at is None] if walked else []
        facts["done"] = [stop for stop in walked.stops if stop.passed_at is not None] if walked else []
        facts["place"] = ids.text(chosen.id)
    lang = str(request.lang)  # type: ignore[attr-defined]
    facts["choices"] = [(ids.text(node.id), node.called(lang), node is chosen) for node in facts["grids"]]
    return field_page(request, "field/patrol.html", "patrol", **facts)


def grids_of(actor: Actor) -> list[Node]:
    """The micro-grids on the ground of those of my posts that walk rounds."""
    ground = tree()
    found: dict[int, Node] = {}
    for held in actor.roles:
        if held.role in WALKS and ground.get(held.place_id) is not None:
            found |= {node.id: node for node in ground.below(held.place_id) if node.level == "micro_grid"}
    return list(found.values())[:CHOICES]


def _chosen(written: str, grids: list[Node]) -> Node | None:
    if written:
        return next((node for node in grids if ids.text(node.id) == written), None)
    return grids[0] if grids else None


@who("staff")
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Set out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rounds.start_round(actor, ids.parse(request.POST.get("place", "")))
    return _back(request)


@who("staff")
@require_POST
def visit(request: HttpRequest, written: str, stop: str) -> HttpResponse:
    """Pass a stop: all well, or something found (then a matter is written down beside)."""
    ok = request.POST.get("ok", "") == "yes"
    rounds.visit(request.actor, ids.parse(written), ids.parse(stop), ok, _position(request))  # type: ignore[attr-defined]
    if ok:
        return _back(request)
    address = f"{reverse('field:report')}?stop={stop}&place={request.POST.get('place', '')}"
    return _to(request, address)


@who("staff")
@require_POST
def finish(request: HttpRequest, written: str) -> HttpResponse:
    """Back again."""
    rounds.finish_round(request.actor, ids.parse(written))  # type: ignore[attr-defined]
    return _back(request)


def stop_of(written: str, place: str) -> tuple[str, float, float]:
    """Name and spot of a stop, to begin a report from. Raises Refusal ``rounds.none``."""
    for item in rounds.stops(ids.parse(place)):
        if ids.text(item.id) == written:
            lon, lat = item.data["spot"]
            return str(item.data["name"]), float(lon), float(lat)
    raise Refusal("rounds.none", kind="missing")


def _position(request: HttpRequest) -> tuple[float, float] | None:
    lon, comma, lat = request.POST.get("position", "").partition(",")
    try:
        return (float(lon), float(lat)) if comma else None
    except ValueError:
        return None


def _back(request: HttpRequest) -> HttpResponse:
    place = request.POST.get("place", "")
    return _to(request, f"{reverse('field:patrol')}?place={place}" if place else reverse("field:patrol"))


def _to(request: HttpRequest, address: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"ok": True, "next": address})
    return HttpResponse(status=303, headers={"Location": address})
