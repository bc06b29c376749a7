"""我的班: the worker's own duty of the week, their leave, and a deputy for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from linli.doors.desk.people_words import named
from linli.doors.field.shell import field_page
from linli.doors.guard import who
from linli.doors.leave_form import leave_asked, leave_named, today
from linli.doors.sign_in.account import shifts_of
from linli.kernel.matters import reads as matters
from linli.kernel.people import reads, rota, standing
from linli.kernel.people.actors import Actor


@who("staff")
@require_http_methods(["GET", "POST"])
def duty_week(request: HttpRequest) -> HttpResponse:
    """GET: seven days of duty, leave now and to come. POST: whole days of leave, the last one included, with a deputy."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang = str(request.lang)  # type: ignore[attr-defined]
    assert actor.person_id is not None
    if request.method == "POST":
        rota.take_leave(actor, actor.person_id, *leave_asked(request))
        return _seen()
    lines = standing.posts_of(actor.person_id)
    near = standing.around(
        tuple(line.place_id for line in lines if line.unit_id is None), but=actor.person_id
    )
    facts: dict[str, Any] = {
        "shifts": shifts_of(actor.person_id, lang),
        "leaves": reads.leaves(actor.person_id),
        "deputies": [named(one, lang) for one in near],
        "in_hand": len(matters.held_by(actor, lang)),
        "today": today().isoformat(),
    }
    return field_page(request, "field/duty.html", "list", **facts)


@who("staff")
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """Back before the leave is over, or it is called off."""
    rota.end_leave(request.actor, leave_named(request))  # type: ignore[attr-defined]
    return _seen()


def _seen() -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": reverse("field:duty")})
