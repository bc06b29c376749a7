"""What a log must show so that others can check it: checkpoint, tiles, entries, keys; and where witnesses hand in their lines.

Nothing is shown that is not covered by a published checkpoint.
"""

from __future__ import annotations

from base64 import b64encode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from linli.doors.guard import who
from linli.doors.ledger import asked_often
from linli.kernel.errors import Refusal
from linli.kernel.ledger import keys, notes, publish, rows, tiles

TEXT = "text/plain; charset=utf-8"
FOR_GOOD = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=2"


@who("public")
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed head of the log, with the witnesses' lines."""
    del request
    return _note(publish.latest())


@who("public")
@require_safe
def checkpoint_at(request: HttpRequest, size: int) -> HttpResponse:
    """An earlier one, by its size."""
    del request
    return _note(publish.at_size(size))


def _note(found: publish.Published | None) -> HttpResponse:
    if found is None:
        raise Refusal("ledger.no_tile", kind="missing")
    return _open(HttpResponse(found.note, content_type=TEXT), BRIEFLY)


@who("public")
@require_safe
def tile(request: HttpRequest, written: str) -> HttpResponse:
    """A tile of hashes, or a bundle of entries, as C2SP tlog-tiles names them."""
    try:
        level, index, width = tiles.parse(written)
    except tiles.NoSuchTile as error:
        raise Refusal("ledger.no_tile", kind="missing") from error
    if level > 7 or tiles.width(level, index, publish.reach()) < width:
        raise Refusal("ledger.no_tile", kind="missing")
    if level == tiles.ENTRIES:
        return _bundle(request, index, width)
    hashes = rows.tile(level, index)[: width * 32]
    return _open(HttpResponse(hashes, content_type="application/octet-stream"), FOR_GOOD)


@gzip_page
def _bundle(request: HttpRequest, index: int, width: int) -> HttpResponse:
    if settings.LEDGER_ENTRIES != "public":
        raise Refusal("ledger.closed", kind="forbidden")
    entries = [entry.data for entry in rows.read(index * tiles.TILE_WIDTH, width)]
    response = HttpResponse(tiles.bundle(entries), content_type="application/octet-stream")
    patch_vary_headers(response, ["Accept-Encoding"])
    return _open(response, FOR_GOOD)


@who("public")
@require_safe
def consistency(request: HttpRequest, old: int, new: int) -> HttpResponse:
    """The hashes that lead from one published size to another, one to a line. Tiles give the same; this is for hands."""
    asked_often.proofs.count(request)
    if not 0 < old <= new <= publish.reach():
        raise Refusal("ledger.no_proof", kind="missing")
    lines = "".join(b64encode(one).decode() + "\n" for one in publish.consistency(old, new))
    return _open(HttpResponse(lines, content_type=TEXT), FOR_GOOD)


@who("public")
@require_safe
def keys_json(request: HttpRequest) -> HttpResponse:
    """Every key the log has signed with, oldest first, each vouched for by the one before."""
    del request
    return _open(JsonResponse({"origin": keys.origin(), "keys": keys.statements()}), BRIEFLY)


@csrf_exempt
@who("public")
@require_POST
def cosignatures(request: HttpRequest) -> HttpResponse:
    """Take a witness's line under one of our checkpoints. The body is the note with the line; a known key is what lets one in."""
    asked_often.lines.count(request)
    if int(request.headers.get("Content-Length") or 0) > notes.LONGEST:
        raise Refusal("ledger.bad_note", why="too long")
    try:
        written = request.body.decode()
    except UnicodeDecodeError as error:
        raise Refusal("ledger.bad_note", why="not UTF-8") from error
    return HttpResponse(f"{publish.take_cosignatures(written)}\n", content_type=TEXT)


def _open(response: HttpResponse, caching: str) -> HttpResponse:
    """Anybody's page and program may read this: it is public, and proves itself."""
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
