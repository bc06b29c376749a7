"""``/tiles/``: the base map. Public, nothing personal, kept by browsers until places change."""

from __future__ import annotations

import gzip

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from linli.doors.guard import who
from linli.kernel.errors import Refusal
from linli.lenses.tiles import tile as tiles

_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=60, stale-while-revalidate=600"


@who("public")
def base(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """One vector tile. With ``?g=GENERATION`` of ``town.json`` it may be kept for good."""
    if not tiles.exists(z, x, y):
        raise Refusal("doors.no_page", kind="missing")
    generation = tiles.generation()
    etag = f'"{generation}-{z}-{x}-{y}"'
    response = HttpResponse(status=304)
    if request.headers.get("If-None-Match") != etag:
        response = _body(request, tiles.tile_gzip(z, x, y))
    response["ETag"] = etag
    response["Cache-Control"] = _FOR_GOOD if request.GET.get("g") == generation else _ASK_AGAIN
    response["Vary"] = "Accept-Encoding"
    return response


def _body(request: HttpRequest, packed: bytes) -> HttpResponse:
    if not packed:
        return HttpResponse(status=204)
    kind = "application/vnd.mapbox-vector-tile"
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(gzip.decompress(packed), content_type=kind)
    response = HttpResponse(packed, content_type=kind)
    response["Content-Encoding"] = "gzip"
    return response


@who("public")
def town(request: HttpRequest) -> HttpResponse:
    """Where the map begins: bounds, centre, levels, and the generation its tiles belong to."""
    del request
    response = JsonResponse(tiles.town(), json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-cache"
    return response


urlpatterns = [
    path("base/<int:z>/<int:x>/<int:y>.mvt", base, name="tiles-base"),
    path("town.json", town, name="tiles-town"),
]
