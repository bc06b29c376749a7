"""A report, read and made whole before anything is written: what it is, where it stands, who reports it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from linli.kernel.errors import Refusal
from linli.kernel.matters.asks import Report, Reporter
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Condition, FieldSpec, Kind, Pack
from linli.kernel.people.actors import Actor
from linli.kernel.places import locate, tree

WORDS_MOST = 2000
_PHONE = re.compile(r"^\+?[0-9][0-9 \-()]{4,22}$")
_CELL = 500  # cells of 1/500 of a degree: about 200 m


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a report stands: the one micro-grid that owns it, as that is today."""

    place_id: int
    version_id: int
    path: str
    lon: float | None
    lat: float | None


def cell_of(lon: float, lat: float) -> int:
    """The coarse square of a point; neighbours differ by 1 in x and by 2**32 in y."""
    return (math.floor(lat * _CELL) + (1 << 20)) << 32 | (math.floor(lon * _CELL) + (1 << 20))


def cells_of(west: float, south: float, east: float, north: float) -> list[int]:
    """The squares that a box of degrees touches."""
    first, last = cell_of(west, south), cell_of(east, north)
    across = (last & 0xFFFFFFFF) - (first & 0xFFFFFFFF)
    return [
        first + (dy << 32) + dx for dy in range((last >> 32) - (first >> 32) + 1) for dx in range(across + 1)
    ]


def pack_of(key: str) -> Pack:
    """The edition new matters are judged by. Raises Refusal ``report.no_such_service``."""
    packs = editions.all_current()
    if key not in packs or packs[key].library:
        raise Refusal("report.no_such_service", field="pack", given=key)
    return packs[key]


def refuse_opener(pack: Pack, actor: Actor, report: Report) -> None:
    """Some services are for anyone, some only for staff who found something."""
    if actor.kind in ("system", "clock") or "resident" in pack.opened_by:
        return
    if actor.kind != "person" or not actor.holds(*pack.opened_by):
        raise Refusal("report.not_for_you", kind="forbidden", service=pack.name.zh, service_en=pack.name.en)


def kind_of(pack: Pack, report: Report) -> tuple[Kind, Condition]:
    if report.kind not in pack.kinds:
        raise Refusal("report.kind_unknown", field="kind", given=report.kind)
    kind = pack.kinds[report.kind]
    if not report.condition:
        return kind, kind.conditions[0]
    for condition in kind.conditions:
        if condition.key == report.condition:
            return kind, condition
    raise Refusal("report.condition_unknown", field="condition", given=report.condition)


def ground_of(report: Report) -> Ground:
    """The micro-grid that answers. Raises Refusal ``report.outside`` for a point nobody answers for, ``report.where`` for none at all."""
    if report.lon is not None and report.lat is not None:
        if not (
            math.isfinite(report.lon)
            and math.isfinite(report.lat)
            and abs(report.lon) <= 180
            and abs(report.lat) <= 90
        ):
            raise Refusal("report.outside", field="where")
        hit = locate.owner_of(report.lon, report.lat)
        if hit is None:
            raise Refusal("report.outside", field="where")
        return Ground(hit.place_id, hit.version_id, hit.path, report.lon, report.lat)
    if report.place_id is None:
        raise Refusal("report.where", field="where")
    node = tree.tree().get(report.place_id)
    if node is None:
        raise Refusal("report.outside", field="where")
    if node.level == "building" and node.parent_id is not None:
        lon, lat = node.lon, node.lat
        hit = locate.owner_of(lon, lat) if lon is not None and lat is not None else None
        if hit is not None:
            return Ground(hit.place_id, hit.version_id, hit.path, lon, lat)
    return Ground(node.id, node.version_id, node.path, node.lon, node.lat)


def refuse_form(pack: Pack, report: Report) -> None:
    """Every problem of the form, the first one named by its field."""
    if len(report.words) > _most(pack, "text", WORDS_MOST):
        raise Refusal("report.words_long", field="words", most=_most(pack, "text", WORDS_MOST))
    if len(report.photos) > _most(pack, "photo", 4):
        raise Refusal("photo.too_many", field="photos", most=_most(pack, "photo", 4))
    if report.reporter.phone and not _PHONE.match(report.reporter.phone.strip()):
        raise Refusal("report.phone_unreadable", field="phone")
    if len(report.reporter.name) > 60 or len(report.address) > 200 or len(report.reporter.room) > 40:
        raise Refusal("report.field_long", field="name")
    for field in asked(pack, report):
        if not field.optional and not _given(field, report):
            raise Refusal("report.field_missing", field=field.key, name=field.text.zh, name_en=field.text.en)


def asked(pack: Pack, report: Report) -> Iterable[FieldSpec]:
    """The questions that apply to this report, by their ``when``."""
    known = {"kind": report.kind, **{key: str(value) for key, value in report.answers.items()}}
    for field in pack.form:
        if all(known.get(other) in values for other, values in field.when.items()):
            yield field


def _given(field: FieldSpec, report: Report) -> bool:
    if field.type == "kind":
        return bool(report.kind)
    if field.type == "spot":
        return report.lon is not None or report.place_id is not None
    if field.type == "photo":
        return bool(report.photos)
    if field.type == "phone":
        return bool(report.reporter.phone)
    if field.type == "name":
        return bool(report.reporter.name)
    if field.type == "text" and field.key == "words":
        return bool(report.words.strip())
    return report.answers.get(field.key) not in (None, "")


def _most(pack: Pack, type_: str, otherwise: int) -> int:
    found = [
        field.max
        for field in pack.form
        if field.type == type_ and field.max and (type_ != "text" or field.key == "words")
    ]
    return max(found, default=otherwise)


def tidy(reporter: Reporter, actor: Actor) -> Reporter:
    """The reporter with the account they are signed in with; numbers and names freed of stray blanks."""
    person = reporter.person_id
    if actor.kind == "person" and person is None and not actor.roles:
        person = actor.person_id
    return Reporter(
        reporter.name.strip(),
        reporter.phone.strip(),
        reporter.room.strip(),
        reporter.wants_call,
        reporter.lang,
        person,
    )
