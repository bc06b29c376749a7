"""One matter as a wall tells it: its clocks, and every step with who (staff by name, others as "resident") and when. No words anybody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters.cards import Card, StepLine
from linli.kernel.matters.listing import cards
from linli.kernel.matters.models import Matter, Step
from linli.kernel.matters.timeline import timeline
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Text
from linli.kernel.people import posts
from linli.lenses.ground import under_any, where

_RESIDENT = Text("居民", "Resident")


@dataclass(frozen=True, slots=True)
class Told:
    """``steps`` are oldest first; their ``who`` and ``role`` are safe to show to a room."""

    card: Card
    where: str
    steps: tuple[StepLine, ...]


def told(paths: Sequence[str], matter_id: int, lang: str) -> Told:
    """The matter, if it stands on that ground and its pack shows it to the public; else Refusal ``matter.missing``."""
    matter = Matter.objects.filter(under_any(paths), pk=matter_id).first()
    pack = editions.edition(matter.edition) if matter else None
    if matter is None or pack is None or pack.public.where == "none":
        raise Refusal("matter.missing", kind="missing")
    rows = list(Step.objects.filter(matter_id=matter_id).order_by("seq"))
    lines = timeline(matter, pack, lang, steps=rows, words={}, evidence={}, for_reporter=True)
    staff = {row.seq for row in rows if _staff(row.role)}
    shown = tuple(_masked(line, line.seq in staff, lang) for line in reversed(lines))
    card = cards([matter], lang, words=False, now=moment.now())[0]
    return Told(card, where(matter.path, matter.area_only, lang), shown)


def _staff(role: str) -> bool:
    known = posts.role(role) if role else None
    return known is not None and known.staff


def _masked(line: StepLine, staff: bool, lang: str) -> StepLine:
    """Only staff are named; a clock is a clock."""
    if staff or line.act.startswith("clock:"):
        return line
    return replace(line, who=_RESIDENT.say(lang), role="")
