"""Proving more than a password: the six digits, setting them up, a password of one's own."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as otp_login

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.sign_in.landing import home_of, next_step, proved, wanted
from linli.kernel.errors import Refusal
from linli.kernel.people import accounts, second_factor
from linli.kernel.people.actors import roles_of
from linli.kernel.people.models import Person


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _sentence(request: HttpRequest, refusal: Refusal) -> str:
    return refusal.sentence(request.lang)  # type: ignore[attr-defined]


@who("person")
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Six digits of the authenticator, or a recovery code. Until one is right the session has a resident's rights."""
    person = _person(request)
    if proved(request):
        return next_step(request)
    if not second_factor.enrolled(person.id):
        return HttpResponseRedirect("/sign-in/enrol/")
    facts: dict[str, Any] = {"next": wanted(request)}
    if request.method != "POST":
        return page(request, "sign_in/code.html", **facts)
    try:
        device = second_factor.verify(person.id, request.POST.get("code", ""))
    except Refusal as refusal:
        return page(request, "sign_in/code.html", status=422, error=_sentence(request, refusal), **facts)
    otp_login(request, device)
    request.session.cycle_key()
    return next_step(request)


@who("person")
@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """Set an authenticator up. Whoever has one already must have used it in this session to replace it."""
    person = _person(request)
    if second_factor.enrolled(person.id) and not proved(request):
        return HttpResponseRedirect("/sign-in/code/")
    if request.method != "POST":
        return _enrol_page(request, person)
    try:
        device, codes = second_factor.confirm(person.id, request.POST.get("code", ""))
    except Refusal as refusal:
        return _enrol_page(request, person, refusal)
    otp_login(request, device)
    request.session.cycle_key()
    onward = wanted(request) or home_of(roles_of(person.id))
    return page(request, "sign_in/recovery.html", codes=codes, onward=onward)


def _enrol_page(request: HttpRequest, person: Person, refusal: Refusal | None = None) -> HttpResponse:
    device = second_factor.begin(person.id)
    plain = second_factor.secret(device)
    facts: dict[str, Any] = {
        "picture": picture(second_factor.address(device, person.login)),
        "secret": " ".join(plain[at : at + 4] for at in range(0, len(plain), 4)),
        "error": _sentence(request, refusal) if refusal else "",
        "next": wanted(request),
    }
    return page(request, "sign_in/enrol.html", status=422 if refusal else 200, **facts)


def picture(text: str) -> SafeString:
    """A QR code drawn inline, always dark on light: authenticators read no other."""
    drawn = segno.make(text, error="m").svg_inline(
        scale=5, border=3, dark="#1b1f1d", light="#ffffff", omitsize=True
    )
    return mark_safe(drawn)


@who("person")
@never_cache
@sensitive_post_parameters("old", "password", "again")
def password(request: HttpRequest) -> HttpResponse:
    """A new password of one's own choice. Every other browser is signed out."""
    person = _person(request)
    facts: dict[str, Any] = {"next": wanted(request), "must": person.must_change}
    if request.method != "POST":
        return page(request, "sign_in/password.html", **facts)
    new = request.POST.get("password", "")
    try:
        if new != request.POST.get("again", ""):
            raise Refusal("sign_in.passwords_differ", field="again")
        accounts.change_password(
            person.id, request.POST.get("old", ""), new, keep_session=request.session.session_key
        )
    except Refusal as refusal:
        facts |= {"error": _sentence(request, refusal), "field": refusal.field}
        return page(request, "sign_in/password.html", status=422, **facts)
    person.refresh_from_db()
    update_session_auth_hash(request, person)
    return next_step(request) if facts["must"] or facts["next"] else HttpResponseRedirect("/account/")
