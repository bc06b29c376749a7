"""One's own account: what I hold and since when, my duty this week, who stands in for me, my browsers, my details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from linli.doors import spoken
from linli.doors.guard import who
from linli.doors.leave_form import leave_asked, leave_named, today
from linli.doors.page import page
from linli.doors.sign_in.landing import proved
from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import held_about
from linli.kernel.notices import rights
from linli.kernel.packspec.schema import Text
from linli.kernel.people import accounts, duty, posts, reads, rota, second_factor
from linli.kernel.people.models import Person
from linli.kernel.places.tree import tree


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One role as its holder reads it."""

    role: Text
    place: str
    unit: str
    since: datetime
    for_whom: str


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """One shift: as what, where, and ``周三 3 月 4 日 22:00–06:00``."""

    role: Text
    place: str
    hours: str


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _role(key: str) -> Text:
    declared = posts.role(key)
    return declared.text if declared else Text(key, key)


def _place(place_id: int, lang: str) -> str:
    node = tree().get(place_id)
    return node.called(lang) if node else ""


def _held(person_id: int, lang: str) -> list[HeldLine]:
    lines = []
    for post, absent in reads.held_now(person_id):
        unit = duty.unit(post.unit_id) if post.unit_id is not None else None
        name = unit.called(lang) if unit else ""
        lines.append(
            HeldLine(_role(post.role), _place(post.place_id, lang), name, post.since, duty.name_of(absent))
        )
    return lines


def shifts_of(person_id: int, lang: str) -> list[ShiftLine]:
    """Somebody's own duty of the coming seven days."""
    found = duty.shifts(person_id, today(), 7)
    return [ShiftLine(_role(s.role), _place(s.place_id, lang), _hours(s, lang)) for s in found]


def _hours(shift: duty.Duty, lang: str) -> str:
    begin, end = moment.local(shift.start), moment.local(shift.end)
    day = f"{spoken.weekday(begin, lang)} {spoken.day(begin, moment.now(), lang)}"
    return f"{day} {begin:%H:%M}–{end:%H:%M}"


@who("person")
def account(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    lang: str = request.lang  # type: ignore[attr-defined]
    held = _held(person.id, lang)
    facts: dict[str, Any] = {
        "person": person,
        "held": held,
        "shifts": shifts_of(person.id, lang),
        "leaves": reads.leaves(person.id),
        "colleagues": reads.colleagues(person.id) if held else [],
        "sessions": reads.sessions(person.id, request.session.session_key),
        "reach": reads.own_details(person.id),
        "enrolled": second_factor.enrolled(person.id),
        "codes_left": second_factor.codes_left(person.id),
        "proved": proved(request),
        "today": today().isoformat(),
    }
    return page(request, "sign_in/account.html", **facts)


def _done() -> HttpResponse:
    return HttpResponseRedirect("/account/")


@who("person")
@require_POST
def details(request: HttpRequest) -> HttpResponse:
    """Change one's own name (residents), number, mail address and language of notices."""
    person = _person(request)
    given = {key: request.POST[key] for key in ("phone", "email", "lang") if key in request.POST}
    if person.kind == "resident" and "name" in request.POST:
        given["name"] = request.POST["name"]
    accounts.change_details(request.actor, person.id, **given)  # type: ignore[attr-defined]
    return _done()


@who("staff")
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Whole days, the last one included, with a deputy."""
    person = _person(request)
    rota.take_leave(request.actor, person.id, *leave_asked(request))  # type: ignore[attr-defined]
    return _done()


@who("person")
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """Back before the leave is over, or it is called off."""
    rota.end_leave(request.actor, leave_named(request))  # type: ignore[attr-defined]
    return _done()


@who("person")
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign another browser of one's own out. It is named by its number in the list, never by its key."""
    person = _person(request)
    accounts.end_session(person.id, reads.session_key(person.id, request.POST.get("session", "")))
    return _done()


@who("person")
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """A resident deletes their account and all it reported, with the password to show that it is meant and theirs."""
    person = _person(request)
    if not person.check_password(request.POST.get("password", "")):
        raise Refusal("people.password_wrong", field="password")
    actor = request.actor  # type: ignore[attr-defined]
    rights.erase(actor, held_about.subject_of(actor))
    logout(request)
    return HttpResponseRedirect("/")
