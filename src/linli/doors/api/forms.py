"""What programs send: each form once, checked by pydantic and shown in the OpenAPI description. JSON, or a form where pictures come along."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpRequest
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters.asks import Inputs, Photo, Report, Reporter
from linli.kernel.matters.photos import LARGEST_UPLOAD

PHOTO_FILES = {
    "photos": "report",
    "photos_before": "before",
    "photos_after": "after",
    "photos_other": "other",
}


def _storable(text: str) -> str:
    """Text that both stores can keep."""
    if "\x00" in text:
        raise ValueError("NUL is not a character")
    return text


def _near_our_days(when: datetime) -> datetime:
    if not 2000 <= when.year <= 2100:
        raise ValueError("not a year of this century")
    return when


Text = Annotated[str, AfterValidator(_storable)]
Short = Annotated[str, Field(max_length=80), AfterValidator(_storable)]
Words = Annotated[str, Field(max_length=5000), AfterValidator(_storable)]
Id = Annotated[
    str, Field(pattern=r"^[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{13}$", description="13 letters of Crockford base32")
]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
When = Annotated[AwareDatetime, AfterValidator(_near_our_days)]


class Form(BaseModel):
    """Unknown fields are refused: a misspelt one would otherwise be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class Point(Form):
    lon: Lon
    lat: Lat


class ReporterForm(Form):
    """Who reports, as far as they say. Leave it out to stay unnamed; without a phone nobody can call back."""

    name: Annotated[Short, Field(max_length=60)] = ""
    phone: Annotated[Short, Field(max_length=24)] = ""
    room: Annotated[Short, Field(max_length=40)] = ""
    wants_call: bool = True
    lang: Literal["zh", "en"] | None = None


class ReportForm(Form):
    """One thing reported. Where: ``lon`` and ``lat`` (WGS-84), or ``place``, the id of a place or building from /addresses."""

    pack: Short
    kind: Short
    condition: Short = ""
    lon: Lon | None = None
    lat: Lat | None = None
    place: Id | None = None
    address: Annotated[Text, Field(max_length=200)] = ""
    words: Words = ""
    reporter: ReporterForm = ReporterForm()
    answers: dict[Short, Words | int | float | bool] = Field(
        default={}, description="further questions of the service's form"
    )
    source: Literal["api", "portal", "hotline", "field", "desk"] = Field(
        "api", description="staff may say where it came in"
    )
    found: bool = Field(False, description="staff found it themselves")
    unless_likely: float | None = Field(
        None, ge=0, le=1, allow_inf_nan=False,
        description="file only if no open matter nearby is more alike than this (as /likely weighs it); else refused with `report.known`, "
        "which names them",
    )  # fmt: skip


class LikelyForm(Form):
    """What is about to be reported."""

    pack: Short
    kind: Short
    lon: Lon
    lat: Lat
    words: Words = ""


class PartForm(Form):
    """One part of a matter that is split."""

    kind: Short
    condition: Short = ""
    words: Words = ""


class ActForm(Form):
    """Whatever an act may need; /matters/{id}/offers says which. ``version``: the number of steps you saw (or the header If-Match)."""

    version: int | None = None
    words: Words = ""
    reason: Words = ""
    until: When | None = None
    position: Point | None = Field(None, description="where the worker stood, at this act only")
    grade: Short = ""
    kind: Short = ""
    condition: Short = ""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None
    verified: bool | None = None
    units: list[Id] = Field(default=[], max_length=20)
    role: Short = ""
    person: Id | None = None
    matter: Id | None = None
    clock: Short = ""
    limit: Short = Field("", description="2h, 1wd")
    spot: Point | None = None
    parts: list[PartForm] = Field(default=[], max_length=12)
    reporter: ReporterForm | None = None
    happened_at: When | None = Field(None, description="when it was done, for what was done offline")


class CodeForm(Form):
    """The number and the six letters of a receipt."""

    number: Annotated[Short, Field(max_length=16)]
    code: Annotated[Short, Field(max_length=12)]


class WhyForm(Form):
    """Why somebody looks; it is recorded."""

    why: Annotated[Text, Field(max_length=300)]


class SearchForm(Form):
    """A number, an address, words, or the last digits of a phone."""

    text: Annotated[Text, Field(max_length=100)]
    limit: int = Field(30, ge=1, le=100)


class TokenForm(Form):
    days: int = Field(30, ge=1, le=400)


Shape = TypeVar("Shape", bound=Form)


def read(request: HttpRequest, shape: type[Shape]) -> Shape:
    """The body as this form. A multipart form carries the same fields, nested ones and lists as JSON. Refusal ``api.not_json``, ``api.unfit``."""
    kind = request.content_type or ""
    try:
        if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
            return shape.model_validate(_of_form(request))
        return shape.model_validate_json(request.body or b"{}")
    except ValidationError as error:
        raise _unfit(error) from None
    except (ValueError, OSError):
        raise Refusal("api.not_json") from None


def _of_form(request: HttpRequest) -> dict[str, Any]:
    """Fields of a form: text as it stands; what begins like JSON's lists and objects is read as such; an empty one is one left out."""
    found: dict[str, Any] = {}
    for name, value in request.POST.items():
        text = str(value)
        if text.startswith(("{", "[")) and name not in ("words", "reason", "address"):
            found[name] = json.loads(text)
        elif text != "":
            found[name] = text
    return found


def _unfit(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return Refusal("api.not_json")
    name = ".".join(str(part) for part in first["loc"][:4])[:80] or "body"
    return unfit(name, str(first["msg"])[:200])


def unfit(name: str, problem: str) -> Refusal:
    """One field that does not fit, and why."""
    return Refusal("api.unfit", field=name, name=name, problem=problem)


def photos_of(request: HttpRequest) -> tuple[Photo, ...]:
    """The pictures of a multipart form: ``photos``, ``photos_before``, ``photos_after``, ``photos_other``. Refusal ``photo.too_large``."""
    found = []
    if request.content_type == "multipart/form-data":
        for name, kind in PHOTO_FILES.items():
            for file in request.FILES.getlist(name):
                if (file.size or 0) > LARGEST_UPLOAD:
                    raise Refusal("photo.too_large", field=name, megabytes=LARGEST_UPLOAD // 1024 // 1024)
                found.append(Photo(file.read(), kind))  # type: ignore[arg-type]
    return tuple(found)


def reporter(form: ReporterForm, lang: str) -> Reporter:
    return Reporter(form.name, form.phone, form.room, form.wants_call, form.lang or lang)


def report(form: ReportForm, photos: tuple[Photo, ...], lang: str) -> Report:
    """The form as the kernel takes it."""
    return Report(
        pack=form.pack, kind=form.kind, condition=form.condition, lon=form.lon, lat=form.lat, place_id=_id(form.place),
        address=form.address, words=form.words, photos=photos, reporter=reporter(form.reporter, lang), source=form.source,
        found=form.found, answers=form.answers,
    )  # fmt: skip


def inputs(form: ActForm, photos: tuple[Photo, ...], lang: str, whole: Any = None) -> Inputs:
    """The form as the kernel takes it. ``whole`` is the card of the matter, where parts of it are split off."""
    return Inputs(
        words=form.words.strip(), reason=form.reason.strip(), until=form.until, position=_point(form.position), photos=photos,
        grade=form.grade, kind=form.kind, condition=form.condition, contacted=form.contacted, solved=form.solved,
        satisfied=form.satisfied, units=tuple(ids.parse(unit) for unit in form.units), role=form.role, person_id=_id(form.person),
        matter_id=_id(form.matter), clock=form.clock, limit=form.limit, spot=_point(form.spot), parts=_parts(form, whole),
        verified=form.verified, reporter=reporter(form.reporter, lang) if form.reporter else None, happened_at=form.happened_at,
    )  # fmt: skip


def _parts(form: ActForm, whole: Any) -> tuple[Report, ...]:
    """Each part stands where the whole stood."""
    if whole is None:
        return ()
    return tuple(
        Report(
            pack=whole.pack, kind=part.kind, condition=part.condition, words=part.words, lon=whole.lon, lat=whole.lat,
            address=whole.address, source="api",
        )
        for part in form.parts
    )  # fmt: skip


def _id(text: str | None) -> int | None:
    return None if text is None else ids.parse(text)


def _point(point: Point | None) -> tuple[float, float] | None:
    return None if point is None else (point.lon, point.lat)


def moment_of(text: str) -> datetime | None:
    """A moment in a query, ISO 8601 with its zone; None for an empty one. Refusal ``api.unfit``."""
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text.replace(" ", "+"))
        return _near_our_days(when if when.tzinfo else when.replace(tzinfo=moment.SHANGHAI))
    except ValueError:
        raise unfit("at", "ISO 8601, such as 2026-03-04T09:30+08:00") from None
