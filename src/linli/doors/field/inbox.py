"""Notices: what I was told."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from linli.doors.field.shell import field_page
from linli.doors.guard import who
from linli.kernel import ids
from linli.kernel.notices import acts, reads
from linli.kernel.people.actors import Actor


@who("staff")
def notices(request: HttpRequest) -> HttpResponse:
    """Newest first; each leads to its matter."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    assert actor.person_id is not None
    lines = reads.inbox(actor.person_id, lang=str(request.lang))  # type: ignore[attr-defined]
    rows = [(line, ids.text(line.matter_id) if line.matter_id else "") for line in lines]
    return field_page(request, "field/notices.html", "notices", rows=rows)


@who("staff")
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """All of them seen."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    assert actor.person_id is not None
    acts.mark_read(actor.person_id)
    return HttpResponse(status=303, headers={"Location": reverse("field:notices")})
