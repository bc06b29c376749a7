"""What the reader was told, and what could not be told to somebody and waits for a person to do it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from linli.doors.desk.shell import desk_page
from linli.doors.guard import who
from linli.doors.page import page
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import gate
from linli.kernel.notices import acts, reads
from linli.kernel.notices.reads import Lost
from linli.kernel.people import duty
from linli.kernel.people.actors import Actor


@who("staff")
def notices(request: HttpRequest) -> HttpResponse:
    """The reader's own notices, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    lines = [
        (line, ids.text(line.id), ids.text(line.matter_id) if line.matter_id else "")
        for line in reads.inbox(actor.person_id or 0, lang=lang)
    ]
    facts = {"lines": lines, "lost_n": len(_lost(actor)), "sub": "mine"}
    return desk_page(request, "desk/notices.html", "notices", **facts)


@who("staff")
def bell(request: HttpRequest) -> HttpResponse:
    """How many are unread, for the bar."""
    return page(request, "desk/bell.html", n=reads.unread(request.actor.person_id or 0))  # type: ignore[attr-defined]


@who("staff")
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one (``n``) or all of the reader's notices as read; then the list."""
    chosen = [ids.parse(written) for written in request.POST.getlist("n")]
    acts.mark_read(request.actor.person_id or 0, chosen or None)  # type: ignore[attr-defined]
    response = notices(request)
    response["HX-Trigger"] = "linli:bell"
    return response


@who("staff")
def undelivered(request: HttpRequest) -> HttpResponse:
    """GET: what was given up about matters the reader sees. POST: somebody saw to one of them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lost = _lost(actor)
    if request.method == "POST":
        notice_id = ids.parse(request.POST.get("n", ""))
        if notice_id not in {line.id for line in lost}:
            raise Refusal("desk.no_notice", kind="missing")
        acts.settle(notice_id)
        lost = _lost(actor)
    lines = [
        (line, ids.text(line.id), ids.text(line.matter_id or 0), duty.name_of(line.to_person))
        for line in lost
    ]
    return desk_page(
        request, "desk/undelivered.html", "notices", lost=lines, lost_n=len(lines), sub="undelivered"
    )


def _lost(actor: Actor) -> tuple[Lost, ...]:
    return reads.undelivered(gate.paths_of(actor))
