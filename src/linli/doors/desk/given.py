"""What somebody typed into an act's form, as Inputs. Refuses only what cannot be read; whether it suffices the act says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters.asks import Inputs, Photo, Report
from linli.kernel.matters.cards import Card

LARGEST = 12 * 1024 * 1024
PHOTO_KINDS = {"photo": "other", "photo_before": "before", "photo_after": "after"}
LIMIT_UNITS = ("m", "h", "d", "wh", "wd")
YES_NO = {"yes": True, "no": False}


def inputs_from(request: HttpRequest, card: Card) -> Inputs:
    """Everything the form held. Answers left open stay None, so that the act can name what is missing."""
    post = request.POST
    kind, _, condition = post.get("kind", "").partition("/")
    return Inputs(
        words=post.get("words", "").strip(),
        reason=post.get("reason", "").strip(),
        until=until(post.get("until", "")),
        position=point(post, "position"),
        photos=photos(request),
        grade=post.get("grade", ""),
        kind=kind,
        condition=post.get("condition", "") or condition,
        contacted=YES_NO.get(post.get("contacted", "")),
        solved=YES_NO.get(post.get("solved", "")),
        satisfied=YES_NO.get(post.get("satisfied", "")),
        units=tuple(ids.parse(u) for u in post.getlist("units") if u),
        role=post.get("role", ""),
        person_id=_id(post, "person_id"),
        matter_id=_id(post, "matter_id"),
        clock=post.get("clock", ""),
        limit=limit(post),
        spot=point(post, "spot"),
        parts=parts(post, card),
        verified=YES_NO.get(post.get("verified", "")),
    )


def until(typed: str) -> datetime | None:
    """A local date and time as the browser's picker writes it."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=moment.SHANGHAI).astimezone(UTC)
    except ValueError:
        raise Refusal("desk.bad_time", field="until") from None


def limit(post: QueryDict) -> str:
    """``2`` and ``h`` → ``2h``; empty where nothing was typed."""
    amount, unit = post.get("limit", "").strip(), post.get("limit_unit", "h")
    if not amount:
        return ""
    if not amount.isdigit() or int(amount) == 0 or unit not in LIMIT_UNITS:
        raise Refusal("desk.bad_limit", field="limit")
    return f"{int(amount)}{unit}"


def point(post: QueryDict, name: str) -> tuple[float, float] | None:
    """``lon,lat`` in degrees, or None."""
    lon, comma, lat = post.get(name, "").partition(",")
    try:
        return (float(lon), float(lat)) if comma else None
    except ValueError:
        return None


def photos(request: HttpRequest) -> tuple[Photo, ...]:
    """Uploaded pictures, each with what it shows."""
    found = []
    for name, kind in PHOTO_KINDS.items():
        for file in request.FILES.getlist(name):
            found.append(_photo(file, kind))
    return tuple(found)


def _photo(file: UploadedFile, kind: Any) -> Photo:
    if (file.size or 0) > LARGEST:
        raise Refusal("desk.photo_large", field="photo", name=file.name)
    return Photo(file.read(), kind)


def parts(post: QueryDict, card: Card) -> tuple[Report, ...]:
    """The rows of the split editor that have a kind; each stands where the whole stood."""
    kinds, words = post.getlist("part_kind"), post.getlist("part_words")
    rows = [(kind, text.strip()) for kind, text in zip(kinds, words, strict=False) if kind]
    if kinds and len(rows) < 2:
        raise Refusal("desk.parts_few", field="parts")
    return tuple(
        Report(
            pack=card.pack,
            kind=kind,
            words=text,
            lon=card.lon,
            lat=card.lat,
            address=card.address,
            source="desk",
        )
        for kind, text in rows
    )


def _id(post: QueryDict, name: str) -> int | None:
    return ids.parse(str(post[name])) if post.get(name) else None
