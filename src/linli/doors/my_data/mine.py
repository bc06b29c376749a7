"""One's own data, by account or by the link of a matter: to see, to take along, to have erased."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from linli.doors.guard import who
from linli.doors.my_data import bundle, lines
from linli.doors.page import page
from linli.doors.portal import kept, throttle
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import held_about, reads
from linli.kernel.notices import rights
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import Person

ACCOUNT = "account"
ID_LETTERS = 13


@dataclass(frozen=True, slots=True)
class Way:
    """One way into data of one's own that this browser has."""

    key: str
    title: str
    number: str


def _asker(request: HttpRequest, key: str) -> Actor:
    """Who asks: the account, a link, or what a code opened in this browser. Raises Refusal where it is nobody's."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if key == ACCOUNT:
        if actor.person_id is None:
            raise Refusal("doors.sign_in_first", kind="forbidden")
        return actor
    throttle.looks.count(request)
    if len(key) == ID_LETTERS:
        return kept.follower(request.COOKIES, Actor(lang=actor.lang), ids.parse(key))
    return reads.by_link(key)


@who("public")
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Straight to the account; else the ways this browser has."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    ways = []
    for known, follower in kept.followers(request):
        try:
            card = reads.card(follower, known.matter_id, lang)
        except Refusal:
            continue
        ways.append(Way(known.token or ids.text(known.matter_id), card.title, card.number))
    return page(request, "my_data/start.html", ways=ways, signed_in=actor.person_id is not None)


@who("public")
@require_safe
def shown(request: HttpRequest, key: str) -> HttpResponse:
    """Everything that is held, and what may be done about it."""
    lang: str = request.lang  # type: ignore[attr-defined]
    found = rights.held(held_about.subject_of(_asker(request, key)), lang)
    facts = lines.facts_of(found, lang) | {"key": key, "own_account": key == ACCOUNT}
    response = page(request, "my_data/shown.html", **facts)
    response["Cache-Control"] = "no-store"
    return response


@who("public")
@require_safe
def copy(request: HttpRequest, key: str) -> HttpResponse:
    """The same to take along: a folder with pages, tables, pictures and one file for programs."""
    lang: str = request.lang  # type: ignore[attr-defined]
    actor = _asker(request, key)
    subject = held_about.subject_of(actor)
    rights.copied(actor, subject)
    return bundle.response(rights.held(subject, lang), lang)


@who("public")
@require_POST
def erase(request: HttpRequest, key: str) -> HttpResponse:
    """Erase it: now, or as soon as what is running has ended. An account asks for its password first."""
    actor = _asker(request, key)
    if request.POST.get("sure") != "yes":
        raise Refusal("my_data.not_sure", field="sure")
    if key == ACCOUNT:
        person = request.user
        assert isinstance(person, Person)
        if person.has_usable_password() and not person.check_password(request.POST.get("password", "")):
            raise Refusal("people.password_wrong", field="password")
    done = rights.erase(actor, held_about.subject_of(actor), at_end=request.POST.get("when") == "end")
    if key == ACCOUNT and not Person.objects.filter(pk=actor.person_id or 0, erased=None).exists():
        logout(request)
    lang: str = request.lang  # type: ignore[attr-defined]
    response = page(request, "my_data/erased.html", done=done, key=key, lines=lines.counted(done, lang))
    for known in kept.known(request):
        if key in (known.token, ids.text(known.matter_id)) and not done.waiting:
            kept.forget(request, response, known.matter_id)
    return response
