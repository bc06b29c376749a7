"""The office answers a request: finds whose data it is, hands out a copy or erases, and every time writes down why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from linli.doors.guard import who
from linli.doors.my_data import bundle, lines
from linli.doors.page import page
from linli.kernel.errors import Refusal
from linli.kernel.matters.held_about import Subject
from linli.kernel.notices import retention, rights
from linli.kernel.people.actors import Actor


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not rights.may_answer(actor):
        raise Refusal("rights.not_yours", kind="forbidden")
    return actor


def _subject(request: HttpRequest, actor: Actor) -> Subject:
    return rights.for_office(
        actor, number=request.POST.get("number", ""), login=request.POST.get("login", "").strip()
    )


@who("staff")
@require_http_methods(["GET", "POST"])
def office(request: HttpRequest) -> HttpResponse:
    """Whose data, and on what ground. What is shown is how much there is, never what: the office need not read it to erase it."""
    actor = _actor(request)
    lang: str = request.lang  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"asked": request.POST, "found": None, "classes": retention.report()}
    if request.method == "POST":
        subject = _subject(request, actor)
        rights.look(actor, subject, "request", request.POST.get("why", ""))
        found = rights.held(subject, lang)
        facts |= {"found": found, "matters": found.matters, "open_matters": found.open_matters}
    return page(request, "my_data/office.html", **facts)


@who("staff")
@require_POST
def copy(request: HttpRequest) -> HttpResponse:
    """The copy, to be handed to the person."""
    actor = _actor(request)
    lang: str = request.lang  # type: ignore[attr-defined]
    subject = _subject(request, actor)
    rights.look(actor, subject, "export", request.POST.get("why", ""))
    rights.copied(actor, subject)
    return bundle.response(rights.held(subject, lang), lang)


@who("staff")
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Erase on request. Refused without a reason; recorded with it."""
    actor = _actor(request)
    if request.POST.get("sure") != "yes":
        raise Refusal("my_data.not_sure", field="sure")
    why = request.POST.get("why", "")
    if len(why.strip()) < 4:
        raise Refusal("rights.why", field="why")
    done = rights.erase(actor, _subject(request, actor), at_end=request.POST.get("when") == "end", why=why)
    lang: str = request.lang  # type: ignore[attr-defined]
    return page(request, "my_data/erased.html", done=done, key="office", lines=lines.counted(done, lang))
