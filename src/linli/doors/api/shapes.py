"""What the API answers, as OpenAPI shows it. Cards of the kernel become schemas by themselves, so that the description cannot fall behind."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ninja import Schema
from pydantic import ConfigDict, create_model

from linli.kernel.matters import cards


@cache
def schema_of(kind: type) -> type[Schema]:
    """The schema of a frozen value: the same fields, numbers of ids as text."""
    hints = get_type_hints(kind)
    made: dict[str, Any] = {}
    for each in fields(kind):
        made[each.name] = (_shown(hints[each.name], each.name.endswith("_id")), ...)
    model: type[Schema] = create_model(
        kind.__name__, __base__=Schema, __doc__=(kind.__doc__ or "").strip(), **made
    )
    return model


def _shown(hint: Any, is_id: bool) -> Any:
    if is_id and hint is int:
        return str
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return Union[tuple(_shown(each, is_id) for each in inner)]  # noqa: UP007  built at run time
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return list[_shown(inner[0], is_id)]  # type: ignore[misc]
        return list[Any]
    if origin is dict:
        return hint
    if hint in (str, int, float, bool, datetime, date, NoneType, Any):
        return hint
    return schema_of(hint)


class Both(Schema):
    """A name or sentence in both languages."""

    zh: str
    en: str


class Refused(Schema):
    """Nothing was changed. Switch on ``code``; show ``sentence``."""

    model_config = ConfigDict(title="Refusal")
    code: str
    sentence: Both
    field: str | None
    facts: dict[str, Any]


class ConditionShape(Schema):
    key: str
    text: Both
    grade: str
    advice: Both | None


class KindShape(Schema):
    """What may be reported."""

    key: str
    text: Both
    group: str
    icon: str
    area_only: bool
    conditions: list[ConditionShape]


class FieldShape(Schema):
    """One question of a form. Personal ones say what for, and how long they are kept after the end."""

    key: str
    type: str
    text: Both
    hint: Both | None
    optional: bool
    max: int | None
    choices: dict[str, Both]
    when: dict[str, list[str]]
    purpose: str | None
    keep_days: int | None
    personal: bool


class PromiseRule(Schema):
    """A clock of the service: how long by grade (10m, 4h, 5wd)."""

    key: str
    text: Both
    limits: dict[str, str]


class Service(Schema):
    """One public service, in the edition in force."""

    key: str
    edition: str
    name: Both
    summary: Both
    icon: str
    opened_by: list[str]
    form: list[FieldShape]
    groups: dict[str, Both]
    kinds: list[KindShape]
    grades: dict[str, Both]
    promises: list[PromiseRule]


class Services(Schema):
    items: list[Service]


class PlaceShape(Schema):
    id: str
    code: str
    level: str
    name: str


class Address(Schema):
    """One spot that may be meant. ``place`` is the building or place, ``ground`` the micro-grid it stands on."""

    place: str | None
    label: str
    compound: str
    ground: str | None
    lon: float | None
    lat: float | None
    score: float
    exact: bool
    entrance: str | None


class Addresses(Schema):
    items: list[Address]


class Post(Schema):
    role: str
    role_name: Both
    name: str
    place: str
    on_duty: bool


class Ground(Schema):
    """Where a point stands, from the district down, and who answers there now."""

    places: list[PlaceShape]
    answers: list[Post]


class LikelyList(Schema):
    items: list[schema_of(cards.Likely)]  # type: ignore[valid-type]


class PromiseShape(Schema):
    key: str
    name: Both
    limit: str
    due_at: datetime


class HolderShape(Schema):
    name: str
    role: str
    role_name: Both | None


class EntryShape(Schema):
    """The ledger entry of the report, durable before this was sent."""

    id: str
    hash: str


class ReceiptShape(Schema):
    """Whoever holds ``link`` (or number and code) may follow the matter. Shown here once; ``again`` where the key was answered before."""

    id: str
    number: str
    code: str
    token: str
    link: str
    opened_at: datetime
    holder: HolderShape
    promises: list[PromiseShape]
    entry: EntryShape
    again: bool


class DotShape(Schema):
    """An open matter on the public map."""

    id: str
    lon: float
    lat: float
    area: bool
    kind: str
    title_zh: str
    title_en: str
    stage_zh: str
    stage_en: str
    ball: int
    place_zh: str
    place_en: str
    clock_key: str
    clock_zh: str
    clock_en: str
    state: str
    due_at: datetime | None
    started_at: datetime | None
    total_seconds: int
    place_id: str
    opened_at: datetime


class Dots(Schema):
    items: list[DotShape]


class PublicMatter(Schema):
    """What the service's public view shows of one matter; fields it does not show are absent."""

    id: str
    ended: bool
    opened_at: datetime
    ball: int
    title: str | None = None
    stage: str | None = None
    place: str | None = None
    number: str | None = None
    clock: str | None = None
    state: str | None = None
    due_at: datetime | None = None


class RoleShape(Schema):
    role: str
    name: Both | None
    place: PlaceShape | None
    unit: str | None
    deputy_for: str | None


class Me(Schema):
    """Who this session or token acts for. ``csrf`` goes into the header X-CSRFToken of writes with a session."""

    person: str | None
    name: str
    lang: str
    roles: list[RoleShape]
    csrf: str


class TokenShape(Schema):
    token: str
    expires: datetime


class Inbox(Schema):
    """``counts`` by tab. For the next page give the last id as ``after``."""

    items: list[schema_of(cards.Card)]  # type: ignore[valid-type]
    counts: dict[str, int]


class CardList(Schema):
    items: list[schema_of(cards.Card)]  # type: ignore[valid-type]


class OfferList(Schema):
    items: list[schema_of(cards.Offer)]  # type: ignore[valid-type]


class CallBackList(Schema):
    items: list[schema_of(cards.CallBack)]  # type: ignore[valid-type]


class TakenShape(Schema):
    """What an act left. ``version`` is the number of steps now; ``token`` and ``code`` are a me-too's own link."""

    id: str
    step: str
    version: int
    stage: str
    ended: bool
    again: bool
    token: str
    code: str
    children: list[str]


class Explained(Schema):
    """Why a promise was due when it was, line by line."""

    lines: list[str]


class UnitShape(Schema):
    id: str
    code: str
    name: Both
    kind: str


class UnitList(Schema):
    items: list[UnitShape]


class ContactShape(Schema):
    name: str
    phone: str
    room: str


PageShape = schema_of(cards.Page)
FollowShape = schema_of(cards.Follow)
