"""Public dots as the map draws them. Made only of what ``matters.public`` lets out."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from linli.doors.clock_face import face_of
from linli.kernel import moment
from linli.kernel.matters import public
from linli.kernel.matters.cards import Dot

AREA = 110  # metres: how wide an area without a point is drawn


def drawn(dot: Dot, lang: str) -> dict[str, Any]:
    """One dot for the map and its list."""
    en = lang == "en"
    clock = {
        "state": dot.state,
        "due_at": dot.due_at,
        "started_at": dot.started_at,
        "total_seconds": dot.total_seconds or None,
    }
    face = face_of(clock, lang, moment.now())
    made: dict[str, Any] = {
        "id": dot.id,
        "lon": dot.lon,
        "lat": dot.lat,
        "state": face.state,
        "title": dot.title_en if en else dot.title_zh,
        "note": dot.stage_en if en else dot.stage_zh,
        "name": dot.clock_en if en else dot.clock_zh,
        "kind": dot.kind,
        "href": reverse("portal:sheet", args=[dot.id]),
    }
    if dot.area:
        made["radius"] = AREA
    if face.due_ms is not None:
        made |= {"due": face.due_ms, "warn": face.warn_ms}
    return made


def all_drawn(lang: str, bbox: public.BBox | None = None) -> list[dict[str, Any]]:
    """Every open matter the public may see."""
    return [drawn(dot, lang) for dot in public.public_dots(bbox)]
