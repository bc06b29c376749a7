"""Where somebody goes who has just come in, and what their session remembers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from linli.kernel import moment
from linli.kernel.people import accounts, posts, second_factor
from linli.kernel.people.actors import Held, roles_of
from linli.kernel.people.models import Person

DOORS = {
    "field": "/field/",
    "desk": "/desk/",
    "hotline": "/hotline/",
    "screen": "/screen/",
    "admin": "/desk/people/",
    "portal": "/",
}
STAFF_HOURS = 12
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")


def wanted(request: HttpRequest) -> str:
    """The page they were on the way to, if it is one of ours; else empty."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}) else ""


def device(request: HttpRequest) -> str:
    """The browser and system in a word each: enough to know one's own again."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return " · ".join(filter(None, (browser, system)))


def let_in(request: HttpRequest, person: Person, *, demo: bool = False) -> None:
    """Begin a session for somebody whose password was right (or, in the sample town, who was picked from the list)."""
    login(request, person, backend=_BACKEND)
    accounts.forget_sessions()
    roles = roles_of(person.id)
    request.session["began"] = moment.now().isoformat()
    request.session["device"] = device(request)
    if any(posts.needs_second_factor(held.role) for held in roles):
        request.session["idle"] = settings.IDLE_MINUTES
        request.session.set_expiry(STAFF_HOURS * 3600)
    if demo:
        request.session["demo"] = True
        request.session["idle"] = None


def next_step(request: HttpRequest) -> HttpResponse:
    """What is still to be proved, then where they were going, then their own door."""
    there = wanted(request)
    if proof := owed(request):
        return HttpResponseRedirect(f"{proof}?{urlencode({'next': there})}" if there else proof)
    assert isinstance(request.user, Person)
    return HttpResponseRedirect(there or home_of(roles_of(request.user.id)))


def proved(request: HttpRequest) -> bool:
    """Whether this session gave a second factor, or stands in the sample town where none is asked."""
    demo = settings.MODE == "demo" and bool(request.session.get("demo"))
    return demo or getattr(request.user, "otp_device", None) is not None


def owed(request: HttpRequest) -> str:
    """The page on which this session still has to prove something before its owner's posts open; empty if nothing is owed."""
    person = request.user
    if not isinstance(person, Person):
        return ""
    if person.must_change:
        return "/sign-in/password/"
    if proved(request) or not any(posts.needs_second_factor(held.role) for held in roles_of(person.id)):
        return ""
    return "/sign-in/code/" if second_factor.enrolled(person.id) else "/sign-in/enrol/"


def home_of(roles: tuple[Held, ...]) -> str:
    """The first door of the first role that has one; a resident's is the portal."""
    declared = posts.declared()
    for held in roles:
        role = declared.get(held.role)
        for door in role.doors if role else ():
            if door in DOORS:
                return DOORS[door]
    return "/"
