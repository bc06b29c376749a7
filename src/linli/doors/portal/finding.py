"""Follow a matter by its number and the short code of the receipt."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import kept, throttle
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import reads


@who("public")
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """The form; a right pair opens the matter in this browser for half a day."""
    if request.method == "GET":
        return page(request, "portal/find.html", number="", wrong=None)
    number, code = request.POST.get("number", "").strip(), request.POST.get("code", "").strip()
    throttle.codes.count(request)
    try:
        actor = reads.by_code(number, code)
    except Refusal as refusal:
        wrong = refusal.sentence(request.lang)  # type: ignore[attr-defined]
        return page(request, "portal/find.html", status=404, number=number, wrong=wrong)
    assert actor.matter_id is not None
    response = HttpResponse(
        status=303, headers={"Location": reverse("portal:known", args=[ids.text(actor.matter_id)])}
    )
    kept.remember(
        request, response, kept.Known(actor.matter_id, "", kept.by_code_until(), actor.contact_id or 0)
    )
    return response
