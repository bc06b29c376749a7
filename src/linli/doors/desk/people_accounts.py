"""Accounts, kept by administrators: making one, its first password, its second factor, its end."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from linli.doors.desk.people import people_page, shown
from linli.doors.desk.people_acts import gone_to
from linli.doors.desk.people_words import place_called, role_called
from linli.doors.guard import who
from linli.kernel import ids
from linli.kernel.people import accounts as kernel
from linli.kernel.people import closing, passwords, posts, reads, second_factor, standing
from linli.kernel.people.actors import Actor

SHOWN = 100


@who("admin")
def accounts(request: HttpRequest) -> HttpResponse:
    """Staff accounts; ``?q=`` narrows by name, user name, post or place. Only the list where htmx asks."""
    lang: str = request.lang  # type: ignore[attr-defined]
    text = request.GET.get("q", "").strip().lower()
    rows = []
    for one in reads.staff():
        held = [(role_called(line.role, lang), place_called(line.place_id, lang)) for line in one.posts]
        sought = " ".join((one.login, one.name, *(word for pair in held for word in pair))).lower()
        if not text or text in sought:
            asked = any(posts.needs_second_factor(line.role) for line in one.posts)
            rows.append((ids.text(one.person_id), one, held, asked and not one.enrolled))
    facts = {"sub": "accounts", "rows": rows[:SHOWN], "total": len(rows), "q": request.GET.get("q", "")}
    template = "accounts_list" if request.headers.get("HX-Target") == "accounts" else "accounts"
    return people_page(request, f"desk/people/{template}.html", done=request.GET.get("done", ""), **facts)


@who("admin")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A staff account. Its first password is made here, shown in this one answer and never again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "GET":
        return people_page(request, "desk/people/account_new.html", sub="accounts")
    first = passwords.fresh()
    person_id = kernel.add_person(
        actor,
        request.POST.get("login", ""),
        request.POST.get("name", ""),
        password=first,
        phone=request.POST.get("phone", ""),
        lang=request.POST.get("notice_lang", "zh"),
    )
    return shown(request, ids.text(person_id), password=first, password_why="new", sub="accounts")


def _one(request: HttpRequest, written: str) -> tuple[Actor, int]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor, standing.person_kept(actor, ids.parse(written)).id


@who("admin")
@require_POST
def details(request: HttpRequest, written: str) -> HttpResponse:
    """Another name; another number where one was typed (the one there is is never shown)."""
    actor, person_id = _one(request, written)
    number = request.POST.get("phone", "").strip()
    kernel.change_details(actor, person_id, name=request.POST.get("name", ""), phone=number or None)
    return gone_to(request, reverse("desk:person", args=(written,)), done="details")


@who("admin")
@require_POST
def password(request: HttpRequest, written: str) -> HttpResponse:
    """A new first password for somebody locked out; their browsers are signed out."""
    actor, person_id = _one(request, written)
    first = passwords.fresh()
    kernel.reset_password(actor, person_id, first)
    return shown(request, written, password=first, password_why="reset")


@who("admin")
@require_POST
def factor(request: HttpRequest, written: str) -> HttpResponse:
    """The authenticator is forgotten; it is set up anew at the next sign-in."""
    actor, person_id = _one(request, written)
    second_factor.reset(actor, person_id)
    return gone_to(request, reverse("desk:person", args=(written,)), done="factor")


@who("admin")
@require_POST
def close(request: HttpRequest, written: str) -> HttpResponse:
    """Nobody signs in by it any more; refused while it is the last holder somewhere."""
    actor, person_id = _one(request, written)
    closing.close_with_posts(actor, person_id)
    return gone_to(request, reverse("desk:accounts"), done="closed")


@who("admin")
@require_POST
def reopen(request: HttpRequest, written: str) -> HttpResponse:
    """Somebody is back: their account is in use again, with a first password shown once. It holds nothing until it is appointed."""
    actor, person_id = _one(request, written)
    first = passwords.fresh()
    kernel.reopen_account(actor, person_id, first)
    return shown(request, written, password=first, password_why="reopened")
