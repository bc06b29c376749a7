"""May it be the same thing? Near, recent, alike: suggested before a second report is written, never decided by the machine."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection

from linli.kernel import ids, moment
from linli.kernel.ledger import rows
from linli.kernel.matters import gate, intake
from linli.kernel.matters.cards import ClockLine, Likely
from linli.kernel.matters.listing import cards, ground_of_its_day, title_of
from linli.kernel.matters.models import Matter, number_of
from linli.kernel.matters.said import OUTCOMES, local_time
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree
from linli.kernel.sql import holes, select

_LEAST = 0.35
_WORDS = 0.2  # what words count
_CANDIDATES = 80
_READ = 20  # of how many, the likeliest without their words, the words are compared as well
_DEGREE = 111_195  # metres


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points (lon, lat) in metres; flat is exact enough within a few kilometres."""
    dy = (a[1] - b[1]) * _DEGREE
    dx = (a[0] - b[0]) * _DEGREE * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(dx, dy)


def _bigrams(text: str) -> frozenset[str]:
    kept = "".join(filter(str.isalnum, text.lower()))
    return frozenset(map("".join, pairwise(kept)))


def alike(a: str, b: str) -> float:
    """How much two texts share, 0–1, by pairs of characters: works for Chinese without a dictionary."""
    return _shared(_bigrams(a), b)


def _shared(one: frozenset[str], other: str) -> float:
    two = _bigrams(other) if one else one
    return len(one & two) / min(len(one), len(two)) if two else 0.0


class _Near(NamedTuple):
    """What a suggestion says of a neighbour: these columns, not whole matters, for every report asks first."""

    id: int
    lon: float
    lat: float
    kind: str
    pack: str
    opened_at: datetime
    day: date
    serial: int
    edition: str
    condition: str
    stage: str
    outcome: str
    ended: bool
    me_too: int
    place_id: int
    place_version_id: int


# One cell: the index hands out its matters from the newest back, so that a crowded one is left as soon as there are enough.
_NEAR = (
    "SELECT * FROM (SELECT id, lon, lat, kind, pack, opened_at, day, serial, edition, condition, stage, outcome, ended_at IS NOT NULL, "
    "me_too, place_id, place_version_id FROM matters_matter WHERE cell = %s AND opened_at >= %s AND lon BETWEEN %s AND %s "
    "AND lat BETWEEN %s AND %s {more} ORDER BY opened_at DESC LIMIT %s) c{number}"
)


def _near(pack: Pack, lon: float, lat: float, since: datetime, staff: bool) -> list[tuple[float, _Near]]:
    """Recent matters within reach, with their distance."""
    at = connection.ops.adapt_datetimefield_value(since)
    north = pack.duplicates.metres / _DEGREE
    east = north / max(0.01, math.cos(math.radians(lat)))
    west, south = lon - east, lat - north
    cells = intake.cells_of(west, south, lon + east, lat + north)
    more = "" if staff else "AND NOT area_only"
    values: list[Any] = []
    for cell in cells:
        values += [cell, at, west, lon + east, south, lat + north, _CANDIDATES]
    with connection.cursor() as cursor:
        each = " UNION ALL ".join(_NEAR.format(more=more, number=number) for number in range(len(cells)))
        cursor.execute(f"{each} ORDER BY opened_at DESC LIMIT %s", [*values, _CANDIDATES])
        columns = cursor.fetchall()
    near = []
    for row in columns:
        far = metres((lon, lat), (row[1], row[2]))
        if far <= pack.duplicates.metres and row[11] not in ("merged", "withdrawn"):
            near.append((far, _Near._make((*row[:5], rows.moment_of(row[5]), _day_of(row[6]), *row[7:]))))
    return near


def _day_of(given: date | str) -> date:
    """A day as either store hands it out."""
    return given if isinstance(given, date) else date.fromisoformat(given)


def _words_of(matter_ids: list[int]) -> dict[int, str]:
    """What was reported first in each."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT matter_id, text FROM matters_words WHERE matter_id IN ({holes(matter_ids)}) AND field = 'words' ORDER BY id DESC",
            matter_ids,
        )
        return dict(cursor.fetchall())


def _likeness(pack: Pack, matter: _Near, kind: str, far: float, at: datetime) -> float:
    """Kind weighs most, then nearness, then how recent; what words add comes on top (``_WORDS``). 1 with them is as alike as can be."""
    same_kind = (
        1.0
        if matter.kind == kind
        else 0.4
        if pack.key == matter.pack and _same_group(pack, matter.kind, kind)
        else 0.0
    )
    near = max(0.0, 1 - far / pack.duplicates.metres)
    days = (at - matter.opened_at) / timedelta(days=1)
    recent = max(0.0, 1 - days / pack.duplicates.days)
    return 0.45 * same_kind + 0.25 * near + 0.1 * recent


def _same_group(pack: Pack, a: str, b: str) -> bool:
    one, two = pack.kinds.get(a), pack.kinds.get(b)
    return one is not None and two is not None and one.group == two.group


def _likeliest(row: tuple[float, float, _Near]) -> tuple[float, float, int]:
    """Likeliest first, then nearest, then first reported."""
    return -row[0], row[1], row[2].id


def likely(
    actor: Actor, lon: float, lat: float, pack: str, kind: str, words: str, lang: str, limit: int = 4
) -> tuple[Likely, ...]:
    """Matters that may be the same, likeliest first. Words of others are shown to staff only; matters drawn as areas are never suggested to
    residents (a quarrel is nobody's duplicate)."""
    own, now = intake.pack_of(pack), moment.now()
    since = now - timedelta(days=own.duplicates.days)
    staff = bool(gate.paths_of(actor))
    weighed = [(_likeness(own, m, kind, far, now), far, m) for far, m in _near(own, lon, lat, since, staff)]
    near = sorted((row for row in weighed if row[0] + _WORDS >= _LEAST), key=_likeliest)[:_READ]
    if not near:
        return ()
    said, asked = _words_of([m.id for _, _, m in near]), _bigrams(words)
    scored = [(score + _WORDS * _shared(asked, said.get(m.id, "")), far, m) for score, far, m in near]
    best = sorted((row for row in scored if row[0] >= _LEAST), key=_likeliest)[:limit]
    clocks = _clocks_of([m.id for _, _, m in best], lang, now) if staff else {}
    return tuple(
        _told(m, far, score, said.get(m.id, "")[:80] if staff else "", clocks.get(m.id), lang, now)
        for score, far, m in best
    )


def _clocks_of(matter_ids: list[int], lang: str, now: datetime) -> dict[int, ClockLine | None]:
    """The clock that runs out first in each: an operator tells the caller."""
    if not matter_ids:
        return {}
    whole = select(Matter, f"id IN ({holes(matter_ids)})", matter_ids)
    shown = cards(whole, lang, words=False, now=now)
    return {matter.id: card.clock for matter, card in zip(whole, shown, strict=True)}


def _told(
    m: _Near, far: float, score: float, words: str, clock: ClockLine | None, lang: str, now: datetime
) -> Likely:
    pack = editions.edition(m.edition)
    stage, node = pack.stages[m.stage].text.say(lang), ground_of_its_day(tree(), m).get(m.place_id)
    return Likely(
        id=ids.text(m.id), number=number_of(m.day, m.serial), title=title_of(pack, m.kind, m.condition, lang),
        place=node.called(lang) if node else "", metres=round(far), opened_at=m.opened_at, stage_name=stage, clock=clock, ended=m.ended,
        outcome_name=OUTCOMES[m.outcome].say(lang) if m.outcome in OUTCOMES else "", me_too=m.me_too, likeness=round(score, 3), words=words,
        sentence=_sentence(m, stage, far, lang, now),
    )  # fmt: skip


def _sentence(matter: _Near, stage: str, far: float, lang: str, now: datetime) -> str:
    at, people = local_time(matter.opened_at, lang, now), matter.me_too + 1
    if lang == "en":
        return f"{at}, reported by {people}; {stage}. {round(far)} m away."
    return f"{at}，{people} 户报过，{stage}。相距 {round(far)} 米。"
