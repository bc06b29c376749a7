"""How the reader wants pages shown. Kept in cookies of their own browser, nowhere else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from linli.doors.guard import who
from linli.doors.page import LANGS, SIZES, THEMES
from linli.kernel.errors import Refusal

ALLOWED = {"lang": tuple(LANGS), "theme": THEMES, "size": SIZES}
YEAR = 365 * 24 * 3600


@who("public")
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Take any of ``lang``, ``theme``, ``size``; go back to ``next``, or 204 for a script."""
    chosen = {name: request.POST[name] for name in ALLOWED if name in request.POST}
    for name, value in chosen.items():
        if value not in ALLOWED[name]:
            raise Refusal("doors.bad_preference", field=name)
    response = _answer(request)
    for name, value in chosen.items():
        response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else "/")
