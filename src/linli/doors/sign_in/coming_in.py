"""Coming in and going out: the name and password page, a resident's own account, signing out."""

from __future__ import annotations

from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.sign_in.landing import let_in, next_step, wanted
from linli.kernel.errors import Refusal
from linli.kernel.people import accounts
from linli.kernel.people.models import Person


@who("public")
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. A wrong pair is one sentence for both, whichever it was."""
    if request.method != "POST":
        if request.user.is_authenticated and not wanted(request):
            return next_step(request)
        return page(request, "sign_in/sign_in.html", next=wanted(request))
    login = request.POST.get("login", "").strip().lower()
    person = authenticate(request, username=login, password=request.POST.get("password", ""))
    if not isinstance(person, Person):
        refusal = Refusal("sign_in.wrong", field="password")
        return _again(request, "sign_in/sign_in.html", refusal, login=login)
    let_in(request, person)
    return next_step(request)


def _again(request: HttpRequest, template: str, refusal: Refusal, **typed: str) -> HttpResponse:
    """The same form with what was typed (never a password) and why it was refused."""
    sentence = refusal.sentence(request.lang)  # type: ignore[attr-defined]
    facts = {"error": sentence, "field": refusal.field, "next": wanted(request), **typed}
    return page(request, template, status=422, **facts)


@who("public")
@never_cache
@sensitive_post_parameters("password", "again")
def register(request: HttpRequest) -> HttpResponse:
    """A resident's own account. Nobody needs one to report."""
    if request.method != "POST":
        return page(request, "sign_in/register.html", next=wanted(request))
    typed = {name: request.POST.get(name, "").strip() for name in ("login", "name", "phone")}
    password = request.POST.get("password", "")
    try:
        if password != request.POST.get("again", ""):
            raise Refusal("sign_in.passwords_differ", field="again")
        lang: str = request.lang  # type: ignore[attr-defined]
        person_id = accounts.register_resident(
            typed["login"], password, typed["name"], phone=typed["phone"], lang=lang
        )
        accounts.give_consent(person_id, "account", "1")
    except Refusal as refusal:
        return _again(request, "sign_in/register.html", refusal, **typed)
    let_in(request, Person.objects.get(id=person_id))
    return next_step(request)


@who("public")
@require_POST
def out(request: HttpRequest) -> HttpResponse:
    """End this session here and now."""
    logout(request)
    return HttpResponseRedirect(wanted(request) or "/")
