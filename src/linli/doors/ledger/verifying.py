"""Two pages for everybody: what the ledger is and by which key it signs, and the one that checks a receipt in the reader's browser."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from linli.doors.guard import who
from linli.doors.page import page
from linli.kernel.ledger import keys, notes, publish, rows


@who("public")
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How far the log reaches, who signed that, and the public key, to be printed and hung up."""
    last = publish.latest()
    shown: dict[str, Any] = {
        "last": last,
        "root": b64encode(last.root).decode() if last else "",
        "reach": (size := rows.size()),
        "behind": size - (last.size if last else 0),
        "origin": keys.origin(),
        "keys": list(reversed(keys.history())),
        "lines": _witnessed(publish.covering(0)),
        "every": settings.CHECKPOINT_EVERY,
        "entries": settings.LEDGER_ENTRIES == "public",
    }
    return page(request, "ledger/about.html", **shown)


def _witnessed(last: publish.Published | None) -> list[str]:
    """The witnesses under it."""
    if last is None:
        return []
    return [key.name for key in notes.note_of(last.note).signed_by(publish.witnesses())]


@who("public")
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """The page that checks a receipt. All of it happens in the browser; nothing that is checked is sent here."""
    return page(request, "ledger/verify.html", words_of="ledger")
