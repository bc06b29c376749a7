"""Who sends a request to the API: a signed-in session (then a write needs the CSRF header), a bearer token, or anybody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from ninja.utils import check_csrf

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.people.actors import Actor, actor_of
from linli.kernel.people.devices import Authenticator
from linli.kernel.people.models import Person
from linli.kernel.people.posts import needs_second_factor

_SALT = "linli.api.token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token as it is handed out, once."""

    token: str
    expires: datetime


def _epoch(person: Person) -> str:
    """What ends every token of a person when it changes: the password and the authenticator."""
    return hashlib.sha256(f"{person.get_session_auth_hash()}:{_device(person.id)}".encode()).hexdigest()[:20]


def _device(person_id: int) -> int | None:
    found = (
        Authenticator.objects.filter(user_id=person_id, confirmed=True)
        .order_by("-id")
        .values_list("id", flat=True)
    )
    return found.first()


def issue(person_id: int, lasts: timedelta, *, proved: bool) -> Token:
    """A token that acts as this person until it expires, or the password or authenticator changes. ``proved``: whether posts that ask for a
    second factor count. Refusal ``people.unknown`` for nobody and for a closed account."""
    person = Person.objects.filter(id=person_id, is_active=True).first()
    if person is None:
        raise Refusal("people.unknown", kind="missing")
    expires = moment.now() + min(lasts, LONGEST)
    body = {"p": ids.text(person.id), "e": _epoch(person), "x": int(expires.timestamp()), "f": int(proved)}
    return Token(signing.dumps(body, salt=_SALT), expires)


def actor_by_token(token: str, lang: str) -> Actor:
    """Whoever the token acts for. Refusal ``api.bad_token``: the same for a forged, expired, ended or revoked one."""
    try:
        body = signing.loads(token, salt=_SALT)
        person = Person.objects.filter(id=ids.parse(body["p"]), is_active=True).first()
        if person is None or body["x"] < moment.now().timestamp() or body["e"] != _epoch(person):
            raise signing.BadSignature("ended")
    except (signing.BadSignature, Refusal, KeyError, TypeError):
        raise Refusal("api.bad_token", kind="forbidden") from None
    whole = actor_of(person.id)
    roles = () if person.must_change else whole.roles
    if not body.get("f"):
        roles = tuple(held for held in roles if not needs_second_factor(held.role))
    return Actor(person.id, "person", roles, None, lang, person.name)


def identify(request: HttpRequest) -> bool:
    """Settle who acts before the operation runs. Refuses a token that does not hold, and a session that writes without its CSRF header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        request.actor = actor_by_token(token.strip(), request.lang)  # type: ignore[attr-defined]
    elif scheme:
        raise Refusal("api.bad_token", kind="forbidden")
    elif (
        request.method not in SAFE and settings.SESSION_COOKIE_NAME in request.COOKIES and check_csrf(request)
    ):
        raise Refusal("api.no_csrf", kind="forbidden")
    return True
