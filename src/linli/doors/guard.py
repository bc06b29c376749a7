"""Every view says who may come in. A house test refuses a route without the word."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from linli.doors.page import mode, wants_json
from linli.kernel.errors import Refusal
from linli.kernel.people import posts

View = Callable[..., HttpResponse]
NOT_STAFF = frozenset({"resident"})
DOORS = frozenset({"desk", "field", "hotline", "screen"})  # which posts open: a role declares its own
KINDS = frozenset({"public", "link", "person", "staff", "demo"})


def who(*may: str) -> Callable[[View], View]:
    """Mark a view with who may use it, and hold it to that.

    ``public`` anyone · ``link`` a reporter with the secret link · ``person`` anyone signed in · ``staff`` a person
    holding any role but resident · ``demo`` anyone, in the sample town only · any other word is the name of a
    role. Several words: any of them suffices. Reach (which places) is not decided here but by the kernel's gate.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            turned_away = admit(request, may)
            return turned_away or view(request, *args, **kwargs)

        guarded.who = frozenset(may)  # type: ignore[attr-defined]
        return guarded

    return wrap


def admit(request: HttpRequest, may: tuple[str, ...]) -> HttpResponse | None:
    """None when the asker may; a redirect to sign in when signing in could help; otherwise Refusal."""
    if "public" in may or ("demo" in may and mode() == "demo"):
        return None
    if set(may) == {"demo"}:
        raise Refusal("doors.no_page", kind="missing")
    actor = request.actor  # type: ignore[attr-defined]
    if fits(actor, may, request.path.lstrip("/").partition("/")[0]):
        return None
    if not wants_json(request):
        from linli.doors.sign_in.landing import owed

        if actor.person_id is None:
            return to_sign_in(request)
        if proof := owed(request):  # a password alone opens no post
            return to_sign_in(request, proof)
    code = "doors.sign_in_first" if actor.person_id is None else "doors.not_yours"
    raise Refusal(code, kind="forbidden")


def fits(actor: Any, may: tuple[str, ...], door: str = "") -> bool:
    """Whether this actor is one of those named. ``staff`` at a door that posts open means those whose post opens it."""
    if actor.kind == "link":
        return "link" in may
    if actor.person_id is None:
        return False
    held = {role.role for role in actor.roles}
    staff = held - NOT_STAFF
    if door in DOORS:
        staff = {key for key in staff if (role := posts.role(key)) is not None and door in role.doors}
    return "person" in may or ("staff" in may and bool(staff)) or bool(held & (set(may) - KINDS))


def to_sign_in(request: HttpRequest, page: str = "/sign-in/") -> HttpResponse:
    """To the sign-in page (or that one) and back here afterwards. HTMX is told to move the whole page, not the fragment."""
    htmx = getattr(request, "htmx", None)
    back = (getattr(htmx, "current_url_abs_path", None) if htmx else None) or request.get_full_path()
    address = f"{page}?" + urlencode({"next": back})
    if htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
