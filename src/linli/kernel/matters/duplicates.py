"""May it be the same thing? Near, recent, alike: suggested before a second report is written, never decided by the machine."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from linli.kernel import moment
from linli.kernel.ledger import rows
from linli.kernel.matters import gate, intake
from linli.kernel.matters.cards import Likely
from linli.kernel.matters.listing import cards
from linli.kernel.matters.models import Matter
from linli.kernel.matters.rows import holes, select
from linli.kernel.matters.said import local_time
from linli.kernel.packspec.schema import Pack
from linli.kernel.people.actors import Actor

_LEAST = 0.35
_CANDIDATES = 80


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points (lon, lat) in metres; flat is exact enough within a few kilometres."""
    dy = (a[1] - b[1]) * 111_195
    dx = (a[0] - b[0]) * 111_195 * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(dx, dy)


def _bigrams(text: str) -> frozenset[str]:
    kept = "".join(letter for letter in text.lower() if letter.isalnum())
    return frozenset(kept[n : n + 2] for n in range(len(kept) - 1))


def alike(a: str, b: str) -> float:
    """How much two texts share, 0–1, by pairs of characters: works for Chinese without a dictionary."""
    one, two = _bigrams(a), _bigrams(b)
    if not one or not two:
        return 0.0
    return len(one & two) / min(len(one), len(two))


class _Near(NamedTuple):
    """What has to be known of a neighbour to weigh it. Whole matters are read for those that are shown, not for all that stand near."""

    id: int
    lon: float
    lat: float
    kind: str
    pack: str
    opened_at: datetime


# Written out because every report asks it first.
_NEAR = (
    "SELECT id, lon, lat, kind, pack, opened_at, outcome FROM matters_matter WHERE cell IN ({cells}) AND opened_at >= %s "
    "AND lon IS NOT NULL AND lat IS NOT NULL {more} ORDER BY opened_at DESC LIMIT %s"
)


def _near(pack: Pack, lon: float, lat: float, since: datetime, staff: bool) -> list[tuple[float, _Near]]:
    """Recent matters within reach, with their distance."""
    cells = intake.cells_around(lon, lat)
    at = connection.ops.adapt_datetimefield_value(since)
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAR.format(cells=holes(cells), more="" if staff else "AND NOT area_only"),
            [*cells, at, _CANDIDATES],
        )
        columns = cursor.fetchall()
    found = [(metres((lon, lat), (row[1], row[2])), row) for row in columns]
    return [
        (far, _Near(row[0], row[1], row[2], row[3], row[4], rows.moment_of(row[5])))
        for far, row in found
        if far <= pack.duplicates.metres and row[6] not in ("merged", "withdrawn")
    ]


def _words_of(matter_ids: list[int]) -> dict[int, str]:
    """What was reported first in each."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT matter_id, text FROM matters_words WHERE matter_id IN ({holes(matter_ids)}) AND field = 'words' ORDER BY id DESC",
            matter_ids,
        )
        return dict(cursor.fetchall())


def _likeness(
    pack: Pack, matter: _Near, kind: str, words: str, theirs: str, far: float, at: datetime
) -> float:
    """Kind weighs most, then nearness, then words, then how recent; 1 is as alike as can be."""
    same_kind = (
        1.0
        if matter.kind == kind
        else 0.4
        if pack.key == matter.pack and _same_group(pack, matter.kind, kind)
        else 0.0
    )
    near = max(0.0, 1 - far / pack.duplicates.metres)
    said = alike(words, theirs)
    days = (at - matter.opened_at) / timedelta(days=1)
    recent = max(0.0, 1 - days / pack.duplicates.days)
    return 0.45 * same_kind + 0.25 * near + 0.2 * said + 0.1 * recent


def _same_group(pack: Pack, a: str, b: str) -> bool:
    one, two = pack.kinds.get(a), pack.kinds.get(b)
    return one is not None and two is not None and one.group == two.group


def likely(
    actor: Actor, lon: float, lat: float, pack: str, kind: str, words: str, lang: str, limit: int = 4
) -> tuple[Likely, ...]:
    """Matters that may be the same, likeliest first. Words of others are shown to staff only; matters drawn as areas are never suggested to
    residents (a quarrel is nobody's duplicate)."""
    own, now = intake.pack_of(pack), moment.now()
    since = now - timedelta(days=own.duplicates.days)
    staff = bool(gate.paths_of(actor))
    near = _near(own, lon, lat, since, staff)
    if not near:
        return ()
    said = _words_of([m.id for _, m in near])
    scored = [(_likeness(own, m, kind, words, said.get(m.id, ""), far, now), far, m) for far, m in near]
    best = sorted((row for row in scored if row[0] >= _LEAST), key=lambda row: (-row[0], row[1], row[2].id))[
        :limit
    ]
    if not best:
        return ()
    keys = [row.id for _, _, row in best]
    whole = {matter.id: matter for matter in select(Matter, f"id IN ({holes(keys)})", keys)}
    best = [row for row in best if row[2].id in whole]
    shown = cards([whole[row.id] for _, _, row in best], lang, words=False, now=now)
    return tuple(
        Likely(
            id=card.id, number=card.number, title=card.title, place=card.place_short, metres=round(far), opened_at=m.opened_at,
            stage_name=card.stage_name, clock=card.clock, ended=m.ended_at is not None, outcome_name=card.outcome_name, me_too=m.me_too,
            likeness=round(score, 3), words=said.get(m.id, "")[:80] if staff else "", sentence=_sentence(m, card.stage_name, far, lang, now),
        )
        for (score, far, m), card in zip([(score, far, whole[row.id]) for score, far, row in best], shown, strict=True)
    )  # fmt: skip


def _sentence(matter: Matter, stage: str, far: float, lang: str, now: datetime) -> str:
    at, people = local_time(matter.opened_at, lang, now), matter.me_too + 1
    if lang == "en":
        return f"{at}, reported by {people}; {stage}. {round(far)} m away."
    return f"{at}，{people} 户报过，{stage}。相距 {round(far)} 米。"
