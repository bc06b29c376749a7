"""Finding a matter: by number, address, words in Chinese, or the last figures of a telephone number."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors.desk.inbox import inbox_facts
from linli.doors.desk.matter import is_fragment
from linli.doors.desk.shell import desk_page
from linli.doors.guard import who
from linli.doors.page import page
from linli.kernel.matters import reads

MOST = 60


@who("staff")
def search(request: HttpRequest) -> HttpResponse:
    """The list pane holding what was found; a whole page when asked for by address."""
    text = request.GET.get("q", "").strip()
    if is_fragment(request) and not text:
        return page(request, "desk/inbox.html", **inbox_facts(request))
    lang: str = request.lang  # type: ignore[attr-defined]
    cards = reads.search(request.actor, text, lang, limit=MOST) if text else ()  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"cards": cards, "text": text, "searching": True}
    if is_fragment(request):
        return page(request, "desk/results.html", **facts)
    return desk_page(request, "desk/desk.html", "matters", **inbox_facts(request), **facts)
