"""Receipts: for whoever reported a matter or works on it, a page with a QR code and a small file; for anybody, the bare proof of an entry."""

from __future__ import annotations

import io
from base64 import urlsafe_b64encode
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from linli.doors.guard import who
from linli.doors.ledger import asked_often
from linli.doors.page import page
from linli.doors.portal import kept
from linli.kernel import ids
from linli.kernel.ledger import receipts
from linli.kernel.matters import proofs
from linli.kernel.matters.said import local_time
from linli.kernel.people.actors import Actor

KIND = "text/plain; charset=utf-8"


def _asker(request: HttpRequest, matter_id: int) -> Actor:
    """By a secret link this browser keeps, else by account: staff by the gate, a reporter by what they reported."""
    return kept.follower(request.COOKIES, request.actor, matter_id)  # type: ignore[attr-defined]


def _proving(request: HttpRequest, matter: str, which: str) -> proofs.Proving:
    matter_id = ids.parse(matter)
    return proofs.proving(_asker(request, matter_id), matter_id, which)


@who("public")
@require_safe
def receipt(request: HttpRequest, matter: str, which: str) -> HttpResponse:
    """The receipt as a page: what it proves, when it is ready, the square for another phone, the file."""
    found = _proving(request, matter, which)
    standing = receipts.standing(found.entry_id)
    link = check_link(request, standing)
    facts: dict[str, Any] = {
        "which": which,
        "number": found.number,
        "standing": standing,
        "link": link,
        "qr": qr(link),
    }
    facts |= {
        "matter": matter,
        "every": settings.CHECKPOINT_EVERY,
        "hash": standing.leaf.hex(),
        "own": bool(found.opened),
    }
    facts["due"] = local_time(standing.due, request.lang) if standing.due else ""  # type: ignore[attr-defined]
    return page(request, "ledger/receipt.html", **facts)


@who("public")
@require_safe
def file(request: HttpRequest, matter: str, which: str) -> HttpResponse:
    """The receipt as a file. A reporter's own also opens what they wrote, so that it can be held against the log."""
    found = _proving(request, matter, which)
    response = HttpResponse(receipts.receipt_for(found.entry_id, found.opened), content_type=KIND)
    name = f"linli-{found.number}-{which}{receipts.SUFFIX}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@who("public")
@require_safe
def proof(request: HttpRequest, entry: str) -> HttpResponse:
    """The proof of any entry by its id: what a QR code on paper leads to. Holds nothing that the tiles do not."""
    asked_often.proofs.count(request)
    words = settings.LEDGER_ENTRIES == "public"
    made = receipts.receipt_for(ids.parse(entry), words=words)
    response = HttpResponse(made, content_type=KIND)
    response["Cache-Control"] = "public, max-age=30"
    return response


def check_link(request: HttpRequest, standing: receipts.Standing) -> str:
    """What the square says: the page that checks, which entry, and its hash. Only the fragment names the entry, so no server hears of it
    before the reader asks; and whatever is answered later must have this hash."""
    mark = urlsafe_b64encode(standing.leaf).decode().rstrip("=")
    return request.build_absolute_uri(reverse("ledger:verify")) + f"#{standing.entry}.{mark}"


def qr(link: str) -> SafeString:
    """The link as a square, drawn inline. Always dark on light: cameras want it so."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        out, kind="svg", scale=5, border=3, dark="#131715", light="#ffffff", xmldecl=False, svgns=True, omitsize=True, nl=False
    )  # fmt: skip
    return mark_safe(out.getvalue().decode())
