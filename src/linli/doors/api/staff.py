"""What those who are signed in may ask and do: their inbox, one matter, its acts, search, why a promise was due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Query, Router

from linli.doors.api import forms, identity, shapes
from linli.doors.api.answers import answer
from linli.doors.api.public import actor_of, is_staff, lang_of, place_of, taken
from linli.doors.guard import who
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import contact, reads
from linli.kernel.people import duty, posts
from linli.kernel.people.actors import Held
from linli.kernel.places import tree

router = Router(tags=["signed in"])


@router.get("me", response=shapes.Me, summary="Who this session or token acts for")
@who("public")
def me(request: HttpRequest) -> HttpResponse:
    actor, lang = actor_of(request), lang_of(request)
    return answer({
        "person": None if actor.person_id is None else ids.text(actor.person_id), "name": actor.name, "lang": lang,
        "roles": [_role(held, lang) for held in actor.roles], "csrf": get_token(request),
    })  # fmt: skip


def _role(held: Held, lang: str) -> dict[str, Any]:
    node, role = tree.tree().get(held.place_id), posts.role(held.role)
    return {
        "role": held.role, "name": role.text if role else None, "place": place_of(node, lang) if node else None,
        "unit": None if held.unit_id is None else ids.text(held.unit_id),
        "deputy_for": None if held.deputy_for is None else ids.text(held.deputy_for),
    }  # fmt: skip


@router.post("tokens", response={201: shapes.TokenShape}, summary="A bearer token for a program of one's own")
@who("person")
def make_token(request: HttpRequest) -> HttpResponse:
    """With a session only: a token cannot make another. It acts with the rights this session has; a changed password ends it."""
    if request.headers.get("Authorization"):
        raise Refusal("doors.not_yours", kind="forbidden")
    form = forms.read(request, forms.TokenForm)
    actor = actor_of(request)
    proved = any(posts.needs_second_factor(held.role) for held in actor.roles)
    made = identity.issue(actor.person_id or 0, timedelta(days=form.days), proved=proved)
    return answer(made, 201)


@router.get("mine", response=shapes.CardList, summary="What this resident's account reported or joined")
@who("person")
def mine(request: HttpRequest) -> HttpResponse:
    return answer({"items": reads.mine(actor_of(request).person_id or 0, lang_of(request))})


@router.get("mine/{matter}", response=shapes.FollowShape, summary="One of them, as its reporter sees it")
@who("person")
def my_matter(request: HttpRequest, matter: str) -> HttpResponse:
    return answer(reads.follow(actor_of(request), lang_of(request), ids.parse(matter)))


@router.get("matters", response=shapes.Inbox, summary="The inbox, by urgency of the clock")
@who("person")
def inbox(
    request: HttpRequest,
    tab: str = Query("mine", pattern="^(mine|all|callback|summoned|asked|paused|broken|ended)$"),
    pack: str = Query("", max_length=80),
    place: str = Query("", max_length=13),
    limit: int = Query(100, ge=1, le=500),
    after: str = Query("", max_length=13),
) -> HttpResponse:
    """A resident gets what they reported themselves. Staff get what their posts reach."""
    actor, lang = actor_of(request), lang_of(request)
    if not is_staff(actor):
        own = reads.mine(actor.person_id or 0, lang)
        return answer({"items": own, "counts": {"mine": len(own)}})
    found, counts = reads.inbox(actor, lang, tab, pack.replace("\x00", ""), place, limit, after)
    return answer({"items": found, "counts": counts})


@router.get("matters/{matter}", response=shapes.PageShape, summary="One matter, whole")
@who("staff")
def matter_page(request: HttpRequest, matter: str) -> HttpResponse:
    """``version`` (also the ETag) goes back with an act, so that nobody acts on a state they have not seen."""
    found = reads.page(actor_of(request), ids.parse(matter), lang_of(request))
    return answer(found, ETag=f'"{found.version}"')


@router.get(
    "matters/{matter}/offers",
    response=shapes.OfferList,
    summary="Acts one may do now, or may not yet and why",
)
@who("person")
def offers(request: HttpRequest, matter: str) -> HttpResponse:
    found = reads.offers(actor_of(request), ids.parse(matter), lang_of(request))
    return answer({"items": found})


@router.post("matters/{matter}/acts/{act}", response=shapes.TakenShape, summary="Do one act on one matter")
@who("public")
def act(request: HttpRequest, matter: str, act: str) -> HttpResponse:
    """Whether one may is decided by the matter's pack and by who one is; a matter out of reach looks like none. ``Idempotency-Key`` as for
    reports; ``If-Match`` or ``version`` refuses with 409 when the matter has moved on."""
    form = forms.read(request, forms.ActForm)
    return taken(request, actor_of(request), ids.parse(matter), act, form)


@router.get(
    "matters/{matter}/clocks/{clock}/why",
    response=shapes.Explained,
    summary="Why a promise was due when it was",
)
@who("staff")
def explain(
    request: HttpRequest, matter: str, clock: str, at: str = Query("", max_length=40)
) -> HttpResponse:
    lines = reads.explain(
        actor_of(request), ids.parse(matter), clock.replace("\x00", ""), lang_of(request), forms.moment_of(at)
    )
    return answer({"lines": lines})


@router.post(
    "matters/{matter}/contact",
    response=shapes.ContactShape,
    summary="Look at who reported; recorded with the reason",
)
@who("staff")
def look(request: HttpRequest, matter: str) -> HttpResponse:
    form = forms.read(request, forms.WhyForm)
    return answer(contact.look(actor_of(request), ids.parse(matter), form.why))


@router.post(
    "search",
    response=shapes.CardList,
    summary="Find matters by number, address, words or the end of a phone number",
)
@who("staff")
def search(request: HttpRequest) -> HttpResponse:
    """A POST, so that what was looked for stays out of logs of addresses."""
    form = forms.read(request, forms.SearchForm)
    return answer({"items": reads.search(actor_of(request), form.text, lang_of(request), limit=form.limit)})


@router.get("callbacks", response=shapes.CallBackList, summary="The call-back queue")
@who("staff")
def callbacks(request: HttpRequest) -> HttpResponse:
    return answer({"items": reads.callbacks(actor_of(request), lang_of(request))})


@router.get(
    "units", response=shapes.UnitList, summary="Organisations that serve a ground, to dispatch to or summon"
)
@who("staff")
def units(
    request: HttpRequest, place: str = Query(..., max_length=13), kind: str = Query("", max_length=40)
) -> HttpResponse:
    node = tree.tree().place(ids.parse(place))
    found = [
        {
            "id": ids.text(unit.id),
            "code": unit.code,
            "name": {"zh": unit.name_zh, "en": unit.name_en},
            "kind": unit.kind,
        }
        for unit in duty.units(node.path, kind or None)
    ]
    return answer({"items": found})
