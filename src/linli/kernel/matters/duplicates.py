"""May it be the same thing? Near, recent, alike: suggested before a second report is written, never decided by the machine."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import NamedTuple

from django.db import connection

from linli.kernel import ids, moment
from linli.kernel.ledger import rows
from linli.kernel.matters import gate, intake
from linli.kernel.matters.cards import ClockLine, Likely
from linli.kernel.matters.listing import cards, ground_of_its_day, title_of
from linli.kernel.matters.models import Matter
from linli.kernel.matters.said import OUTCOMES, local_time
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree
from linli.kernel.sql import holes, rows_of, select

_LEAST = 0.35
_WORDS = 0.2  # what words count
_CANDIDATES = 40
_READ = 20  # of how many, the likeliest without their words, the words are compared as well
_DEGREE = 111_195  # metres
_DAY = timedelta(days=1)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points (lon, lat) in metres; flat is exact enough within a few kilometres."""
    dy = (a[1] - b[1]) * _DEGREE
    dx = (a[0] - b[0]) * _DEGREE * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(dx, dy)


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    kept = "".join(filter(str.isalnum, text.lower()))
    return frozenset(pairwise(kept))


def alike(a: str, b: str) -> float:
    """How much two texts share, 0–1, by pairs of characters: works for Chinese without a dictionary."""
    return _shared(_pairs(a), b)


def _shared(one: frozenset[tuple[str, str]], other: str) -> float:
    two = _pairs(other) if one else one
    return len(one & two) / min(len(one), len(two)) if two else 0.0


class _Weighed(NamedTuple):
    """A neighbour and how alike it is. In the order of ``_likeliest``: likeliest first, then nearest, then first reported."""

    likeness: float
    far: float
    id: int
    ended: bool
    words: str = ""


def _likeliest(one: _Weighed) -> tuple[float, float, int]:
    return -one.likeness, one.far, one.id


# One cell: the index hands out its matters from the newest back, so that a crowded one is left as soon as there are enough. Few columns, for every
# report asks this first; the rest is read of those that are told.
_NEAR = (
    "SELECT * FROM (SELECT id, lon, lat, kind, pack, opened_at, ended_at IS NOT NULL AS over FROM matters_matter "
    "WHERE cell = %s AND opened_at >= %s AND lon BETWEEN %s AND %s AND lat BETWEEN %s AND %s "
    "AND outcome NOT IN ('merged', 'withdrawn') {more} ORDER BY opened_at DESC LIMIT %s) c{number}"
)
_Neighbour = tuple[int, float, float, str, str, datetime | str, bool]


def _near(pack: Pack, lon: float, lat: float, since: datetime, staff: bool) -> list[_Neighbour]:
    """The newest within a box around reach, the columns of ``_NEAR``."""
    at = connection.ops.adapt_datetimefield_value(since)
    north = pack.duplicates.metres / _DEGREE
    east = north / max(0.01, math.cos(math.radians(lat)))
    box = west, south, east, north = lon - east, lat - north, lon + east, lat + north
    cells = intake.cells_of(*box)
    more = "" if staff else "AND NOT area_only"
    each = [_NEAR.format(more=more, number=number) for number in range(len(cells))]
    values = list(chain.from_iterable((cell, at, west, east, south, north, _CANDIDATES) for cell in cells))
    if len(cells) == 1:
        return rows_of(each[0], values)
    return rows_of(f"{' UNION ALL '.join(each)} ORDER BY opened_at DESC LIMIT %s", [*values, _CANDIDATES])


def _weigh(
    pack: Pack, found: list[_Neighbour], lon: float, lat: float, kind: str, now: datetime
) -> list[_Weighed]:
    """Without their words: kind weighs most, then nearness, then how recent; what words add comes on top (``_WORDS``). 1 with them is as alike as
    can be."""
    reach, lasting, flat = pack.duplicates.metres, pack.duplicates.days, math.cos(math.radians(lat))
    group = pack.kinds[kind].group if kind in pack.kinds else None
    same = {key: 0.18 for key, other in pack.kinds.items() if other.group == group} | {kind: 0.45}
    weighed = []
    for number, x, y, its_kind, its_pack, opened, over in found:
        far = math.hypot((x - lon) * flat, y - lat) * _DEGREE
        if far <= reach:
            score = same.get(its_kind, 0.0) if its_pack == pack.key or its_kind == kind else 0.0
            score += 0.25 * (1 - far / reach)
            if score + 0.1 + _WORDS >= _LEAST:
                score += 0.1 * max(0.0, 1 - (now - rows.moment_of(opened)) / _DAY / lasting)
                weighed.append(_Weighed(score, far, number, bool(over)))
    return weighed


def _words_of(matter_ids: list[int]) -> dict[int, str]:
    """What was reported first in each."""
    return dict(
        rows_of(
            f"SELECT matter_id, text FROM matters_words WHERE matter_id IN ({holes(matter_ids)}) AND field = 'words' ORDER BY id DESC",
            matter_ids,
        )
    )


def _neighbours(
    pack: Pack, lon: float, lat: float, kind: str, words: str, now: datetime, staff: bool
) -> list[_Weighed]:
    """All that may be the same, likeliest first."""
    found = _near(pack, lon, lat, now - timedelta(days=pack.duplicates.days), staff)
    weighed = _weigh(pack, found, lon, lat, kind, now)
    near = sorted((one for one in weighed if one.likeness + _WORDS >= _LEAST), key=_likeliest)[:_READ]
    if not near:
        return []
    said, asked = _words_of([one.id for one in near]), _pairs(words)
    with_words = [
        _Weighed(one.likeness + _WORDS * _shared(asked, text), one.far, one.id, one.ended, text)
        for one, text in ((one, said.get(one.id, "")) for one in near)
    ]
    return sorted((one for one in with_words if one.likeness >= _LEAST), key=_likeliest)


def likely(
    actor: Actor, lon: float, lat: float, pack: str, kind: str, words: str, lang: str, limit: int = 4
) -> tuple[Likely, ...]:
    """Matters that may be the same, likeliest first. Words of others are shown to staff only; matters drawn as areas are never suggested to
    residents (a quarrel is nobody's duplicate)."""
    now, staff = moment.now(), bool(gate.paths_of(actor))
    found = _neighbours(intake.pack_of(pack), lon, lat, kind, words, now, staff)
    return _told(found[:limit], staff, lang, now)


def known(
    actor: Actor,
    lon: float,
    lat: float,
    pack: str,
    kind: str,
    words: str,
    lang: str,
    least: float,
    limit: int = 4,
) -> tuple[Likely, ...]:
    """The same, of open matters more alike than ``least`` alone."""
    now, staff = moment.now(), bool(gate.paths_of(actor))
    found = _neighbours(intake.pack_of(pack), lon, lat, kind, words, now, staff)[:limit]
    return _told([one for one in found if not one.ended and round(one.likeness, 3) > least], staff, lang, now)


def _told(found: list[_Weighed], staff: bool, lang: str, now: datetime) -> tuple[Likely, ...]:
    if not found:
        return ()
    number = [one.id for one in found]
    matters = {matter.id: matter for matter in select(Matter, f"id IN ({holes(number)})", number)}
    clocks = _clocks_of(list(matters.values()), lang, now) if staff else {}
    return tuple(
        _line(matters[one.id], one, one.words[:80] if staff else "", clocks.get(one.id), lang, now)
        for one in found
        if one.id in matters
    )


def _clocks_of(matters: list[Matter], lang: str, now: datetime) -> dict[int, ClockLine | None]:
    """The clock that runs out first in each: an operator tells the caller."""
    shown = cards(matters, lang, words=False, now=now)
    return {matter.id: card.clock for matter, card in zip(matters, shown, strict=True)}


def _line(m: Matter, one: _Weighed, words: str, clock: ClockLine | None, lang: str, now: datetime) -> Likely:
    pack = editions.edition(m.edition)
    stage, node = pack.stages[m.stage].text.say(lang), ground_of_its_day(tree(), m).get(m.place_id)
    return Likely(
        id=ids.text(m.id), number=m.number, title=title_of(pack, m.kind, m.condition, lang),
        place=node.called(lang) if node else "", metres=round(one.far), opened_at=m.opened_at, stage_name=stage, clock=clock,
        ended=one.ended, outcome_name=OUTCOMES[m.outcome].say(lang) if m.outcome in OUTCOMES else "", me_too=m.me_too,
        likeness=round(one.likeness, 3), words=words, sentence=_sentence(m, stage, one.far, lang, now),
    )  # fmt: skip


def _sentence(matter: Matter, stage: str, far: float, lang: str, now: datetime) -> str:
    at, people = local_time(matter.opened_at, lang, now), matter.me_too + 1
    if lang == "en":
        return f"{at}, reported by {people}; {stage}. {round(far)} m away."
    return f"{at}，{people} 户报过，{stage}。相距 {round(far)} 米。"
