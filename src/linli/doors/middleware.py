"""What every request gets on its way in and every answer on its way out, whichever door it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.functional import SimpleLazyObject

from linli.doors import page
from linli.kernel import trouble
from linli.kernel.errors import Refusal
from linli.kernel.people.actors import Actor

Answer = Callable[[HttpRequest], HttpResponse]

# Styles may stand in attributes (bars carry their length there); scripts only in our own files
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(self), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class DoorMiddleware:
    """Gives ``request.lang theme size actor``; turns Refusals and empty answers into our own; adds the security headers."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        prepare(request)
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            response = page.wrong_method(request, response)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("Content-Language", page.LANGS[request.lang])  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            return page.refuse(request, exception)
        away = trouble.met(exception)
        return None if away is None else page.away(request, away)


def prepare(request: Any) -> None:
    """Put the reader's preferences and the (lazy) actor on the request."""
    request.lang = language(request)
    request.theme = _one_of(request.COOKIES.get("theme"), page.THEMES)
    request.size = _one_of(request.COOKIES.get("size"), page.SIZES)
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        request.actor = SimpleLazyObject(lambda: _actor(request))
    else:  # nobody is signed in without a session; a proxy of an actor costs a look at every step of the act
        request.actor = Actor(lang=request.lang)


def language(request: HttpRequest) -> str:
    """``zh`` or ``en``: the cookie, else whichever the browser names first, else Chinese."""
    chosen = request.COOKIES.get("lang")
    if chosen in page.LANGS:
        return str(chosen)
    ranked = sorted(_accepted(request.headers.get("Accept-Language", "")), key=lambda pair: -pair[1])
    for tag, _ in ranked:
        for lang in page.LANGS:
            if tag.startswith(lang):
                return lang
    return "zh"


def _accepted(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            found.append((tag.strip().lower(), float(weight or 1)))
        except ValueError:
            continue
    return found


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str:
    return value if value in allowed else allowed[0]


def _actor(request: HttpRequest) -> Any:
    from linli.kernel.people.actors import actor_for

    return actor_for(request)
