"""/api/v1: the operations, their description, a plain page listing them, and one way of saying that there is nothing else here."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.operation import Operation

from linli import __version__
from linli.doors.api import public, staff
from linli.doors.api.answers import refused
from linli.doors.api.described import described
from linli.doors.api.forms import unfit
from linli.doors.api.identity import identify
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel.errors import Refusal

app_name = "api"
INTRODUCTION = (
    "Report, follow, and act on matters. Ids are text. Times are ISO 8601 in UTC. A refusal changes nothing and says why, with a code and a "
    "sentence in Chinese and English. Accept-Language (zh or en) chooses the language of names."
)


class Api(NinjaAPI):
    """django-ninja without its own pages, which would fetch scripts from elsewhere."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return str(operation.view_func.__name__)


api = Api(
    title="Linli 邻里", version=__version__, description=INTRODUCTION, auth=identify, docs_url=None, openapi_url=None, urls_namespace="api-v1"
)  # fmt: skip
api.add_router("", public.router)
api.add_router("", staff.router)


@api.exception_handler(Refusal)
def on_refusal(request: HttpRequest, refusal: Any) -> HttpResponse:
    return refused(request, refusal)


@api.exception_handler(ValidationError)
def on_unfit(request: HttpRequest, error: Any) -> HttpResponse:
    """A parameter of the address that does not fit."""
    first = error.errors[0]
    return refused(request, unfit(str(first["loc"][-1])[:80], str(first["msg"])[:200]))


@api.exception_handler(Exception)
def on_fault(request: HttpRequest, error: Any) -> HttpResponse:
    """Our own fault, or the store's: the program's own answers for both, and to the log."""
    raise error


@who("public")
def openapi(request: HttpRequest) -> HttpResponse:
    """The description, for programs."""
    body = json.dumps(described(api), ensure_ascii=False)
    return HttpResponse(body, content_type="application/json")


@who("public")
def listing(request: HttpRequest) -> HttpResponse:
    """The same for people: one plain page of ours, nothing fetched from elsewhere."""
    found: dict[str, list[dict[str, str]]] = {}
    for address, methods in described(api)["paths"].items():
        for method, operation in methods.items():
            line = {"method": method.upper(), "address": address, "summary": operation["summary"]}
            found.setdefault(operation["tags"][0], []).append(line)
    lang = str(request.lang)  # type: ignore[attr-defined]
    names = {"public": say(lang, "api.group.public"), "signed in": say(lang, "api.group.signed_in")}
    return page(request, "api/listing.html", groups=[(names[tag], lines) for tag, lines in found.items()])


@csrf_exempt
@who("public")
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Every other address."""
    return refused(request, Refusal("doors.no_page", kind="missing"))


def _operations() -> list[URLPattern]:
    """The operations alone; django-ninja's own root page is left out."""
    return [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]


urlpatterns = [
    path("", listing, name="listing"),
    path("openapi.json", openapi, name="openapi"),
    *_operations(),
    re_path("^(?P<rest>.*)$", nothing),
]
