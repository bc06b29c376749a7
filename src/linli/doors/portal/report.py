"""Report in three taps: what, where, how it is. Each step is a page of its own, so it works without scripts and survives a reload."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal import kept, kinds, spots, vows
from linli.kernel.errors import Refusal
from linli.kernel.matters import duplicates
from linli.kernel.packspec.schema import FieldSpec
from linli.kernel.people.actors import Actor
from linli.kernel.places import tree

OWN_FIELDS = ("kind", "spot", "photo", "phone", "name")  # asked by the steps themselves
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known so far. Lies in a signed cookie of the reporter's own browser until it is sent."""

    what: str = ""
    lon: float | None = None
    lat: float | None = None
    label: str = ""
    key: str = ""

    @property
    def placed(self) -> bool:
        return self.lon is not None and self.lat is not None

    def spot(self, lang: str) -> spots.Spot:
        """The ground of it. Raises Refusal ``portal.where_first``, ``report.outside``."""
        if self.lon is None or self.lat is None:
            raise Refusal("portal.where_first", field="where")
        return spots.at(self.lon, self.lat, lang, self.label)


def draft_of(request: HttpRequest) -> Draft:
    """The report half made, empty for a new one."""
    kept_draft = kept.read(request, kept.DRAFT, max_age=kept.DAY) or {}
    known = {name: kept_draft[name] for name in Draft.__dataclass_fields__ if name in kept_draft}
    return Draft(**known)


def _onward(request: HttpRequest, draft: Draft, step: str) -> HttpResponse:
    response = HttpResponse(status=303, headers={"Location": reverse(f"portal:{step}")})
    kept.keep(request, response, kept.DRAFT, asdict(draft), kept.DAY)
    return response


@who("public")
@require_http_methods(["GET", "POST"])
def what(request: HttpRequest) -> HttpResponse:
    """Step 1: one tap on what it is."""
    draft, lang = draft_of(request), str(request.lang)  # type: ignore[attr-defined]
    if request.method == "POST":
        value = request.POST.get("what", "")
        try:
            kinds.chosen(value)
        except Refusal as refusal:
            return _what_page(request, draft, refusal.sentence(lang))
        return _onward(
            request, Draft(value, draft.lon, draft.lat, draft.label, secrets.token_hex(16)), "where"
        )
    return _what_page(request, draft)


def _what_page(request: HttpRequest, draft: Draft, wrong: str = "") -> HttpResponse:
    lang, text = str(request.lang), request.GET.get("q", "")[:40]  # type: ignore[attr-defined]
    groups = kinds.groups(lang, text, draft.what)
    home = spots.home(request)
    community = tree.tree().up_to(home.id, "community") if home else None
    facts: dict[str, Any] = {
        "groups": groups, "text": text, "draft": draft, "wrong": wrong,
        "usual": () if text else kinds.usual(lang, community.path if community else ""),
    }  # fmt: skip
    return page(request, "portal/what.html", status=422 if wrong else 200, **facts)


@who("public")
@require_http_methods(["GET", "POST"])
def where(request: HttpRequest) -> HttpResponse:
    """Step 2: the pin, an address, or here."""
    draft, lang = draft_of(request), str(request.lang)  # type: ignore[attr-defined]
    if not draft.what:
        return HttpResponse(status=303, headers={"Location": reverse("portal:report")})
    if request.method == "GET":
        return _where_page(request, draft)
    typed = request.POST.get("address", "").strip()[:120]
    try:
        found = _placed(request, typed, lang)
    except Refusal as refusal:
        return _where_page(request, draft, refusal.sentence(lang), typed)
    if isinstance(found, list):
        return _where_page(request, draft, Refusal("portal.address_unclear").sentence(lang), typed, found)
    label = (request.POST.get("by") == "pin" and request.POST.get("label", "").strip()) or found.label
    return _onward(request, Draft(draft.what, found.lon, found.lat, label[:200], draft.key), "words")


def _placed(request: HttpRequest, typed: str, lang: str) -> spots.Spot | list[Any]:
    """The spot that the form means: what was chosen last counts."""
    post = request.POST
    lon, lat = spots.degrees(post.get("lon", "")), spots.degrees(post.get("lat", ""))
    by = post.get("by", "")
    if post.get("place"):
        return spots.chosen_place(post["place"], lang, post.get("label", "")[:120])
    if by == "pin" and lon is not None and lat is not None:
        return spots.at(lon, lat, lang)
    if typed:
        return spots.said(typed, spots.near_home(request), lang)
    raise Refusal("portal.where_first", field="where")


def _where_page(
    request: HttpRequest, draft: Draft, wrong: str = "", typed: str = "", hits: Any = ()
) -> HttpResponse:
    lang = str(request.lang)  # type: ignore[attr-defined]
    lon, lat = (draft.lon, draft.lat) if draft.placed else spots.middle(request)
    facts: dict[str, Any] = {
        "map_options": {"centre": [lon, lat], "zoom": 17, "pick": {"lon": "[name=lon]", "lat": "[name=lat]"}, "locate": False},
        "draft": draft, "chosen": kinds.chosen(draft.what), "wrong": wrong, "typed": typed, "hits": hits,
    }  # fmt: skip
    return page(
        request,
        "portal/where.html",
        status=422 if wrong else 200,
        **facts,
        title_what=kinds.chosen(draft.what).title(lang),
    )


@who("public")
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest) -> HttpResponse:
    """Step 3: words, photos, a number; with what is promised before it is sent. POST sends it."""
    from linli.doors.portal.filing import send

    draft = draft_of(request)
    if not draft.what or not draft.placed:
        return HttpResponse(
            status=303, headers={"Location": reverse("portal:where" if draft.what else "portal:report")}
        )
    if request.method == "POST":
        return send(request, draft)
    return words_page(request, draft)


def words_page(request: HttpRequest, draft: Draft, wrong: Refusal | None = None) -> HttpResponse:
    """The last step, as it was left where something is still missing."""
    lang = str(request.lang)  # type: ignore[attr-defined]
    chosen, spot = kinds.chosen(draft.what), draft.spot(lang)
    facts: dict[str, Any] = {
        "draft": draft, "chosen": chosen, "spot": spot, "title_what": chosen.title(lang), "advice": chosen.advice(lang),
        "vows": vows.of(chosen, spot, lang), "likely": likely(request, draft, request.POST.get("words", "")),
        "asks": [field for field in chosen.pack.form if _further(field, chosen)], "wrong": wrong,
        "sentence": wrong.sentence(lang) if wrong else "", "post": request.POST, "most": _most_photos(chosen),
        "privacy": [field for field in chosen.pack.form if field.personal or field.purpose],
    }  # fmt: skip
    return page(request, "portal/words.html", status=422 if wrong else 200, **facts)


def _further(field: FieldSpec, chosen: kinds.Chosen) -> bool:
    """Questions of the pack that the steps do not ask anyhow, and that this kind calls for."""
    if field.type in OWN_FIELDS or field.key == "words":
        return False
    return all(other != "kind" or chosen.kind.key in values for other, values in field.when.items())


def _most_photos(chosen: kinds.Chosen) -> int:
    return next((field.max for field in chosen.pack.form if field.type == "photo" and field.max), 4)


def likely(request: HttpRequest, draft: Draft, said: str) -> Any:
    """Matters that may be the same thing."""
    if draft.lon is None or draft.lat is None:
        return ()
    chosen, lang = kinds.chosen(draft.what), str(request.lang)  # type: ignore[attr-defined]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = duplicates.likely(actor, draft.lon, draft.lat, chosen.pack.key, chosen.kind.key, said, lang)
    return [one for one in found if not one.ended]
