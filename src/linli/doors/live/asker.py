"""Who opened a stream, as the rest of the doors know people: so that resolvers need not read sessions themselves."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, QueryDict
from django_otp.middleware import OTPMiddleware

from linli.doors.live.events import LiveRequest
from linli.doors.middleware import prepare


def http_request(request: LiveRequest) -> Any:
    """The same request as a Django view would get it, with session, user, second factor, language and actor."""
    asked = HttpRequest()
    asked.method, asked.path = "GET", "/live/"
    asked.COOKIES = dict(request.cookies)
    query = QueryDict(mutable=True)
    query.update(dict(request.query))
    asked.GET = query  # type: ignore[assignment]
    asked.META = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    asked.META["REMOTE_ADDR"] = request.address
    SessionMiddleware(_nothing).process_request(asked)
    AuthenticationMiddleware(_nothing).process_request(asked)
    OTPMiddleware(_nothing)(asked)
    prepare(asked)
    return asked


def actor_of(request: LiveRequest) -> Any:
    """The ``people.actors.Actor`` who opened this stream."""
    return http_request(request).actor


def _nothing(request: HttpRequest) -> HttpResponse:
    del request
    return HttpResponse()
