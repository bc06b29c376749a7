"""The wall's page, the figures its script asks for again, and the small card that opens over a dot."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from linli.doors.guard import who
from linli.doors.page import LANGS, page
from linli.doors.screen import state
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.people.actors import Actor
from linli.lenses import ground, told, wall

YEAR = 365 * 24 * 3600
KEYS = ("plenty", "soon", "breach", "pause")


@who("staff")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The wall. ``?lang=en`` is remembered in this browser, so that a wall can be set up by its address alone."""
    asked = request.GET.get("lang")
    if asked in LANGS:
        request.lang = asked  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    paths = _paths(request)
    shown, outline = state.full(paths, lang), ground.outline(paths, lang)
    facts: dict[str, Any] = {
        "shown": shown,
        "outline": outline,
        "where": ground.title(paths, lang),
        "map_options": _map_options(shown, outline),
        "legend": [(key, say(lang, f"screen.legend.{key}")) for key in KEYS],
        "words_of": "screen",
    }
    response = page(request, "screen/wall.html", **facts)
    if asked in LANGS:
        response.set_cookie("lang", str(asked), max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


def _map_options(shown: dict[str, Any], outline: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"dots": shown["dots"], "still": True, "live": True}
    return options | ({"bounds": outline["bounds"]} if outline["bounds"] else {})


@who("staff")
@require_safe
def state_json(request: HttpRequest) -> HttpResponse:
    """The figures again; with ``?full=1`` the dots and the last happenings as well."""
    lang: str = request.lang  # type: ignore[attr-defined]
    answer = (state.full if request.GET.get("full") else state.brief)(_paths(request), lang)
    return JsonResponse(
        answer, json_dumps_params={"ensure_ascii": False}, headers={"Cache-Control": "no-store"}
    )


@who("staff")
@require_safe
def card(request: HttpRequest, written: str) -> HttpResponse:
    """One matter's public steps, as a fragment."""
    lang: str = request.lang  # type: ignore[attr-defined]
    return page(request, "screen/card.html", m=told.told(_paths(request), ids.parse(written), lang))


def _paths(request: HttpRequest) -> tuple[str, ...]:
    """The ground of the posts that open this door. Other staff are refused."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    paths = wall.paths_for(actor)
    if not paths:
        raise Refusal("screen.not_yours", kind="forbidden")
    return paths
