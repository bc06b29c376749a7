"""What every page of every door has: the reader's preferences, the hour, and one way to render."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.encoding import iri_to_uri

from linli.doors.words import say
from linli.kernel import moment, trouble
from linli.kernel.errors import Refusal
from linli.kernel.ledger.follow import described

log = logging.getLogger("linli.doors")

STATUS = {
    "missing": 404,
    "forbidden": 403,
    "invalid": 422,
    "conflict": 409,
    "busy": 429,
    "away": 503,
    "method": 405,
}
THEMES = ("auto", "light", "dark")
SIZES = ("normal", "large")
LANGS = {"zh": "zh-CN", "en": "en"}


def mode() -> str:
    """``demo``, ``serve`` or ``test``."""
    return str(getattr(settings, "MODE", "serve"))


def context(request: HttpRequest) -> dict[str, Any]:
    """Template variables of every page. ``actor`` costs its queries only when a template asks for it."""
    lang = getattr(request, "lang", "zh")
    present = moment.now()
    return {
        "lang": lang,
        "html_lang": LANGS[lang],
        "theme": getattr(request, "theme", "auto"),
        "size": getattr(request, "size", "normal"),
        "actor": getattr(request, "actor", None),
        "demo": mode() == "demo",
        "now": present,
        "now_ms": int(present.timestamp() * 1000),
        "here": request.get_full_path(),
    }


def page(request: HttpRequest, template: str, /, status: int = 200, **facts: Any) -> HttpResponse:
    """Render a template of a door with ``facts``."""
    return render(request, template, facts, status=status)


def refuse(request: HttpRequest, refusal: Refusal, title: str = "") -> HttpResponse:
    """A Refusal as the asker can read it: a page, a fragment for HTMX, or JSON. The same status in all three. ``title``: a sentence by
    its key, where the one of its kind would mislead."""
    from django.http import JsonResponse

    lang = getattr(request, "lang", "zh")
    status = STATUS.get(refusal.kind, 422)
    sentence = refusal.sentence(lang)
    if wants_json(request):
        body = {"code": refusal.code, "sentence": sentence, "field": refusal.field}
        return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    above = say(lang, title or f"refusal.title_{refusal.kind}")
    facts = {"refusal": refusal, "sentence": sentence, "title": above}
    if not getattr(request, "htmx", False):
        return page(request, "refusal.html", status=status, **facts)
    response = page(request, "parts/refusal_toast.html", status=status, **facts)
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    if refusal.field:
        from json import dumps

        # ASCII only: headers carry no Chinese, so the sentence goes escaped
        response["HX-Trigger"] = dumps({"linli:refused": {"field": refusal.field, "sentence": sentence}})
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether the asker is a program: an API path, or JSON preferred over pages."""
    if request.path.startswith("/api/"):
        return True
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of addresses that lead nowhere; looks like every other ``missing``. One typed with a slash too few or too many is mended."""
    mended = _mended(request)
    if mended is not None:
        return HttpResponseRedirect(mended)
    return refuse(request, Refusal("doors.no_page", kind="missing"))


def _mended(request: HttpRequest) -> str | None:
    """The address meant by somebody who typed ``/desk`` or ``/ledger/verify/``, if there is a page there."""
    if request.method not in ("GET", "HEAD") or wants_json(request):
        return None
    path = request.path_info
    other = path[:-1] if path.endswith("/") else path + "/"
    if other.startswith("//") or not is_valid_path(other):
        return None
    asked = iri_to_uri(request.META.get("QUERY_STRING", ""))
    return iri_to_uri(other) + (f"?{asked}" if asked else "")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Handler of forms whose token is old or absent (a page left open over a sign-in)."""
    return refuse(request, Refusal("doors.stale_form", kind="forbidden"), "refusal.title_stale")


def broken(request: HttpRequest) -> HttpResponse:
    """Handler of our own faults. Touches neither the store nor the actor: both may be what broke. The log gets which view, what kind of error and
    where in the code; no address (it may be a secret link) and no message (it may repeat somebody's words)."""
    error = sys.exc_info()[1]
    refusal = trouble.met(error)
    if refusal is not None:
        return away(request, refusal)
    if error is not None:
        view = request.resolver_match.view_name if request.resolver_match else "no view"
        log.error("%s %s broke: %s", request.method, view, described(error))
    lang = getattr(request, "lang", "zh")
    if wants_json(request):
        from django.http import JsonResponse

        return JsonResponse({"code": "doors.broken", "sentence": say(lang, "refusal.broken")}, status=500)
    return _plainly(request, 500, say(lang, "refusal.title_broken"), say(lang, "refusal.broken"))


def away(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A Refusal because the store or its disk is in trouble: 503, made without asking either for anything."""
    lang = getattr(request, "lang", "zh")
    if wants_json(request):
        response = _to_program(refusal)
    else:
        response = _plainly(request, 503, say(lang, "refusal.title_away"), refusal.sentence(lang))
    response["Retry-After"] = "5"
    response["Cache-Control"] = "no-store"
    return response


def wrong_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Instead of the empty answer to a method that an address does not know, one that says so; ``Allow`` is kept."""
    allowed = response["Allow"]
    refusal = Refusal("doors.wrong_method", kind="method", method=request.method, allowed=allowed)
    made = _to_program(refusal) if wants_json(request) else refuse(request, refusal)
    made["Allow"] = allowed
    return made


def _to_program(refusal: Refusal) -> HttpResponse:
    from django.http import JsonResponse

    sentence = {each: refusal.sentence(each) for each in LANGS}
    body = {"code": refusal.code, "sentence": sentence, "field": refusal.field, "facts": refusal.facts}
    return JsonResponse(body, status=STATUS.get(refusal.kind, 422), json_dumps_params={"ensure_ascii": False})


def _plainly(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    from django.template.loader import render_to_string

    lang = getattr(request, "lang", "zh")
    facts = {"lang": lang, "html_lang": LANGS[lang], "theme": getattr(request, "theme", "auto")}
    template = (
        "parts/refusal_toast.html" if getattr(request, "htmx", False) and status == 503 else "broken.html"
    )
    response = HttpResponse(
        render_to_string(template, facts | {"title": title, "sentence": sentence}), status=status
    )
    if template != "broken.html":
        response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
    return response
