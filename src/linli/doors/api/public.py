"""What anybody may ask and say: services, addresses, who answers, reports, following a matter, the public map."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router

from linli.doors.api import forms, limits, offered, shapes
from linli.doors.api.answers import answer
from linli.doors.guard import NOT_STAFF, who
from linli.doors.live_map import dot_data
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, reads
from linli.kernel.matters.asks import Receipt, Report, Taken
from linli.kernel.packspec import editions
from linli.kernel.people import duty, posts
from linli.kernel.people.actors import Actor
from linli.kernel.places import address, locate, tree

router = Router(tags=["public"])
NEIGHBOURHOOD = ("micro_grid", "compound", "community")  # whose posts a resident is told of
ANYONES = ("api", "portal")  # where a report may say it came from without being staff


def actor_of(request: HttpRequest) -> Actor:
    """Whoever was identified."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def lang_of(request: HttpRequest) -> str:
    return str(request.lang)  # type: ignore[attr-defined]


def is_staff(actor: Actor) -> bool:
    return actor.kind == "person" and any(held.role not in NOT_STAFF for held in actor.roles)


@router.get(
    "services", response=shapes.Services, summary="What may be reported, with form, kinds and promises"
)
@who("public")
def list_services(request: HttpRequest) -> HttpResponse:
    roles = [held.role for held in actor_of(request).roles]
    return answer({"items": [offered.service_of(pack) for pack in offered.packs_for(*roles)]})


@router.get(
    "addresses", response=shapes.Addresses, summary="Spots that may be meant by words such as 三号楼二单元"
)
@who("public")
def find_address(
    request: HttpRequest,
    q: str = Query(..., max_length=120),
    lon: float | None = Query(None, ge=-180, le=180, allow_inf_nan=False),
    lat: float | None = Query(None, ge=-90, le=90, allow_inf_nan=False),
    limit: int = Query(8, ge=1, le=20),
) -> HttpResponse:
    limits.count(limits.looks, request, actor_of(request))
    near = (lon, lat) if lon is not None and lat is not None else None
    found = address.find(q.replace("\x00", ""), near=near, limit=limit, lang=lang_of(request))
    return answer({"items": [_address(hit) for hit in found]})


def _address(hit: address.AddressHit) -> dict[str, Any]:
    return {
        "place": ids.text(hit.place_id) if hit.place_id else None, "label": hit.label, "compound": hit.compound,
        "ground": ids.text(hit.micro_grid) if hit.micro_grid else None, "lon": hit.lon, "lat": hit.lat, "score": hit.score,
        "exact": hit.exact, "entrance": hit.entrance,
    }  # fmt: skip


@router.get(
    "ground", response=shapes.Ground, summary="Which ground a point stands on, and who answers there now"
)
@who("public")
def who_answers(
    request: HttpRequest,
    lon: float = Query(..., ge=-180, le=180, allow_inf_nan=False),
    lat: float = Query(..., ge=-90, le=90, allow_inf_nan=False),
) -> HttpResponse:
    limits.count(limits.looks, request, actor_of(request))
    hit = locate.owner_of(lon, lat)
    if hit is None:
        raise Refusal("report.outside", field="where")
    lang = lang_of(request)
    places = [place_of(node, lang) for node in tree.tree().chain(hit.place_id)]
    return answer({"places": places, "answers": _posts(hit.path, lang)})


def place_of(node: tree.Node, lang: str) -> dict[str, Any]:
    return {"id": ids.text(node.id), "code": node.code, "level": node.level, "name": node.called(lang)}


def _posts(path: str, lang: str) -> list[dict[str, Any]]:
    """Everybody of the neighbourhood who answers there, nearest first."""
    ground, found = tree.tree(), []
    for level in NEIGHBOURHOOD:
        for key, role in posts.declared().items():
            held = duty.holder(key, path) if role.level == level and role.staff and not role.unit else None
            node = ground.get(held.place_id) if held else None
            if held and node:
                found.append({
                    "role": key, "role_name": role.text, "name": held.name, "place": node.called(lang), "on_duty": held.on_duty,
                })  # fmt: skip
    return found


@router.post(
    "likely",
    response=shapes.LikelyList,
    summary="Matters that may be the same as what is about to be reported",
)
@who("public")
def likely(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    limits.count(limits.looks, request, actor)
    form = forms.read(request, forms.LikelyForm)
    found = reads.likely(actor, form.lon, form.lat, form.pack, form.kind, form.words, lang_of(request))
    return answer({"items": found})


@router.post(
    "reports", response={201: shapes.ReceiptShape, 200: shapes.ReceiptShape}, summary="Report something"
)
@who("public")
def report(request: HttpRequest) -> HttpResponse:
    """Anybody may. Send ``Idempotency-Key`` (8 to 200 characters): the same key with the same report answers the same receipt, with 200."""
    actor = actor_of(request)
    limits.count(limits.reports, request, actor)
    form = forms.read(request, forms.ReportForm)
    asked = forms.report(form, forms.photos_of(request), lang_of(request))
    _refuse_claims(actor, asked)
    receipt = acts.open_matter(
        actor, asked, key=request.headers.get("Idempotency-Key", ""), unless_likely=form.unless_likely
    )
    return answer(_receipt(request, receipt), 200 if receipt.again else 201)


def _refuse_claims(actor: Actor, report: Report) -> None:
    """Only staff find things in the course of duty or take reports down for others; and a form has only its own questions."""
    if (report.found or report.source not in ANYONES) and not is_staff(actor):
        raise Refusal("doors.not_yours", kind="forbidden", field="found" if report.found else "source")
    if report.answers:
        pack = editions.all_current().get(report.pack)
        known = {field.key for field in pack.form} if pack else set()
        unknown = sorted(set(report.answers) - known)
        if pack and unknown:
            raise forms.unfit(f"answers.{unknown[0]}", "the form has no such question")


_TOKEN = "TOKEN"


@cache
def _follow_path() -> str:
    """Where a matter is followed; asked once, for every receipt names it."""
    return reverse("portal:follow", args=[_TOKEN])


def _receipt(request: HttpRequest, receipt: Receipt) -> dict[str, Any]:
    role = posts.role(receipt.holder_role)
    return {
        "id": ids.text(receipt.matter_id), "number": receipt.number, "code": receipt.code, "token": receipt.token,
        "link": request.build_absolute_uri(_follow_path().replace(_TOKEN, receipt.token)), "opened_at": receipt.opened_at,
        "holder": {"name": receipt.holder_name, "role": receipt.holder_role, "role_name": role.text if role else None},
        "promises": [
            {"key": p.key, "name": {"zh": p.name_zh, "en": p.name_en}, "limit": p.limit, "due_at": p.due_at} for p in receipt.promises
        ],
        "entry": {"id": ids.text(receipt.entry_id), "hash": receipt.entry_hash}, "again": receipt.again,
    }  # fmt: skip


@router.post("follow", response=shapes.FollowShape, summary="Follow a matter by its number and six letters")
@who("public")
def follow_by_code(request: HttpRequest) -> HttpResponse:
    limits.codes.count(request)
    form = forms.read(request, forms.CodeForm)
    return answer(reads.follow(reads.by_code(form.number, form.code), lang_of(request)))


@router.get("follow/{token}", response=shapes.FollowShape, summary="Follow a matter by its secret link")
@who("public")
def follow(request: HttpRequest, token: str) -> HttpResponse:
    return answer(reads.follow(reads.by_link(token), lang_of(request)))


@router.post(
    "follow/{token}/acts/{act}", response=shapes.TakenShape, summary="What its reporter may say or ask"
)
@who("public")
def act_by_link(request: HttpRequest, token: str, act: str) -> HttpResponse:
    """The acts named by ``may`` of the followed matter: answer, supplement, withdraw, reopen."""
    actor = reads.by_link(token)
    form = forms.read(request, forms.ActForm)
    return taken(request, actor, actor.matter_id or 0, act, form)


def taken(request: HttpRequest, actor: Actor, matter_id: int, act: str, form: forms.ActForm) -> HttpResponse:
    """Do one act and answer what it left; the new version is the ETag."""
    lang = lang_of(request)
    whole = reads.card(actor, matter_id, lang) if form.parts else None
    inputs = forms.inputs(form, forms.photos_of(request), lang, whole)
    key = request.headers.get("Idempotency-Key", "")
    done = acts.take(actor, matter_id, act, inputs, key=key, version=version_of(request, form))
    return answer(_taken(done), ETag=f'"{done.seq}"')


def version_of(request: HttpRequest, form: forms.ActForm) -> int | None:
    """How many steps the sender saw: the field, else If-Match. Refusal ``api.unfit`` for a header that is no version."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if form.version is not None or given in ("", "*"):
        return form.version
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise forms.unfit("If-Match", "a version is a number")
    return int(given)


def _taken(done: Taken) -> dict[str, Any]:
    return {
        "id": ids.text(done.matter_id), "step": ids.text(done.step_id), "version": done.seq, "stage": done.stage, "ended": done.ended,
        "again": done.again, "token": done.token, "code": done.code, "children": [ids.text(child) for child in done.children],
    }  # fmt: skip


@router.get("dots", response=shapes.Dots, summary="Open matters of the public map")
@who("public")
def dots(
    request: HttpRequest, bbox: str = Query("", max_length=100, description="west,south,east,north")
) -> HttpResponse:
    limits.count(limits.looks, request, actor_of(request))
    return answer({"items": [dot_data(dot) for dot in reads.public_dots(_box(bbox))]})


def _box(written: str) -> tuple[float, float, float, float] | None:
    if not written:
        return None
    try:
        west, south, east, north = (float(part) for part in written.split(","))
    except ValueError:
        raise forms.unfit("bbox", "west,south,east,north in degrees") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise forms.unfit("bbox", "west,south,east,north in degrees")
    return west, south, east, north


@router.get("public/{matter}", response=shapes.PublicMatter, summary="What anybody may see of one matter")
@who("public")
def public_matter(request: HttpRequest, matter: str) -> HttpResponse:
    limits.count(limits.looks, request, actor_of(request))
    return answer(reads.public_matter(ids.parse(matter), lang_of(request)))
