"""Cards: many matters at once, in a fixed number of statements however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from linli.kernel import ids, moment
from linli.kernel.matters import clocks
from linli.kernel.matters.cards import Card, ClockLine
from linli.kernel.matters.clocks import Running
from linli.kernel.matters.models import Clock, Matter, Summons, Words
from linli.kernel.matters.promises import first_due
from linli.kernel.matters.rows import calendars_for, ladder_of, running_of
from linli.kernel.matters.said import OUTCOMES, duration, local_time
from linli.kernel.matters.state import Slot
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import duty, posts
from linli.kernel.places.tree import Tree, tree
from linli.kernel.sql import holes, select

SNIPPET = 60


def role_name(key: str, lang: str) -> str:
    role = posts.role(key)
    return role.text.say(lang) if role else key


def place_line(ground: Tree, place_id: int, lang: str) -> str:
    """柳荫社区·和平苑·柳荫 05: from the community down."""
    names = [node.called(lang) for node in ground.chain(place_id) if node.level not in ("district", "street")]
    return "·".join(names) if lang != "en" else ", ".join(reversed(names))


class Standing(Protocol):
    """Whatever knows where a matter stands, and since when."""

    @property
    def place_id(self) -> int: ...
    @property
    def place_version_id(self) -> int: ...
    @property
    def opened_at(self) -> datetime: ...


def ground_of_its_day(ground: Tree, matter: Standing) -> Tree:
    """Borders move, history does not: a matter shows the grid as it was when it was reported."""
    node = ground.get(matter.place_id)
    if node is not None and node.version_id == matter.place_version_id:
        return ground
    return tree(matter.opened_at)


def title_of(pack: Pack, kind: str, condition: str, lang: str) -> str:
    """What it is, in the pack's words: the condition where it says more than the kind."""
    known = pack.kinds.get(kind)
    if known is None:
        return kind
    for each in known.conditions[1:]:
        if each.key == condition:
            name, how = known.text.say(lang), each.text.say(lang)
            return f"{name}，{how}" if lang != "en" else f"{name}: {how}"
    return known.text.say(lang)


def clock_line(
    pack: Pack, slot: Slot, lang: str, now: datetime, *, holder: str = "", path: str = ""
) -> ClockLine:
    """One promise in the reader's words."""
    spec, running = pack.clocks.get(slot.key), slot.running
    seen = clocks.view(running, now)
    unit = duty.unit(slot.unit_id) if slot.unit_id is not None else None
    unit_name = (unit.name_en if lang == "en" else unit.name_zh) if unit else ""
    due = seen.due_at or (clocks.due_at(running) if running.live else None)
    return ClockLine(
        key=slot.key, name=spec.text.say(lang) if spec else slot.key, state=seen.state, due_at=due, started_at=running.started_at,
        ended_at=running.ended_at, left_seconds=seen.left_seconds, total_seconds=seen.total_seconds, used_seconds=seen.used_seconds,
        limit=duration(running.limit, running.extra, lang), counts=running.state == "running" and running.counts.round_the_clock,
        unit_id=slot.unit_id, unit_name=unit_name, promise=_promise(pack, slot, due, holder or unit_name, lang),
        next_rung=_next_rung(pack, running, slot.key, path, lang, now),
    )  # fmt: skip


def _promise(pack: Pack, slot: Slot, due: datetime | None, holder: str, lang: str) -> str:
    spec = pack.clocks.get(slot.key)
    if spec is None or due is None:
        return ""
    at = local_time(due, lang)
    if spec.promise is not None:
        return spec.promise.say(lang).format_map({"time": at, "holder": holder, "name": spec.text.say(lang)})
    by = f"最晚{'' if at[:1] > '9' else ' '}{at}"  # no space before a day in words
    return f"{holder}{by} {spec.text.zh}" if lang != "en" else f"{spec.text.en} by {at}, {holder}"


def _next_rung(pack: Pack, running: Running, key: str, path: str, lang: str, now: datetime) -> str:
    """Who takes over when this clock runs out: named, because a name is a promise."""
    ladder = ladder_of(pack, key)
    if ladder is None or not running.live or not path or running.rung >= len(ladder.rungs):
        return ""
    role = ladder.rungs[running.rung].role
    holding = duty.holder(role, path, now)
    return f"{role_name(role, lang)} {holding.name}" if holding else role_name(role, lang)


def slots_of(rows: Iterable[Clock], pack: Pack) -> tuple[Slot, ...]:
    calendars = calendars_for(pack)
    return tuple(Slot(row.key, running_of(row, calendars), row.unit_id, row.id) for row in rows)


def cards(
    matters: Sequence[Matter], lang: str, *, words: bool = True, now: datetime | None = None
) -> tuple[Card, ...]:
    """Cards in the order given: three statements for any number of matters. ``words`` adds the snippet, for staff alone."""
    now = now or moment.now()
    keys = [matter.id for matter in matters]
    running: dict[int, list[Clock]] = {}
    for lot in (keys[first : first + 500] for first in range(0, len(keys), 500)):
        for row in select(
            Clock, f"matter_id IN ({holes(lot)}) AND state IN ('running', 'paused') ORDER BY id", lot
        ):
            running.setdefault(row.matter_id, []).append(row)
    snippets: dict[int, str] = {}
    if words and keys:
        for matter_id, text in (
            Words.objects.filter(matter_id__in=keys, field="words")
            .order_by("-id")
            .values_list("matter_id", "text")
        ):
            snippets[matter_id] = text[:SNIPPET]
    waiting: dict[int, int] = {}
    if keys:
        for matter_id in Summons.objects.filter(matter_id__in=keys, acknowledged_at=None).values_list(
            "matter_id", flat=True
        ):
            waiting[matter_id] = waiting.get(matter_id, 0) + 1
    ground = tree()
    return tuple(
        card_of(m, running.get(m.id, []), snippets.get(m.id, ""), waiting.get(m.id, 0), ground, lang, now)
        for m in matters
    )


def card_of(
    matter: Matter, rows: Sequence[Clock], snippet: str, waiting: int, ground: Tree, lang: str, now: datetime
) -> Card:
    pack = editions.edition(matter.edition)
    slots = slots_of(rows, pack)
    holder = duty.name_of(matter.holder_id)
    first = first_due(slots)
    slot = first[0] if first else next((s for s in slots if s.live), None)
    ground = ground_of_its_day(ground, matter)
    node = ground.get(matter.place_id)
    kind, stage = pack.kinds.get(matter.kind), pack.stages[matter.stage]
    return Card(
        id=ids.text(matter.id), number=matter.number, title=title_of(pack, matter.kind, matter.condition, lang), snippet=snippet,
        pack=pack.key, pack_name=pack.name.say(lang), kind=matter.kind, icon=kind.icon if kind else "alert", grade=matter.grade,
        grade_name=pack.grades[matter.grade].say(lang) if matter.grade in pack.grades else matter.grade, stage=matter.stage,
        stage_name=stage.text.say(lang), ball=matter.ball, place=place_line(ground, matter.place_id, lang) if node else "",
        place_short=node.called(lang) if node else "", address=matter.address, lon=matter.lon, lat=matter.lat, area_only=matter.area_only,
        clock=clock_line(pack, slot, lang, now, holder=holder, path=matter.path) if slot else None, holder=holder,
        holder_role=role_name(matter.holder_role, lang), holder_id=matter.holder_id, opened_at=matter.opened_at, ended_at=matter.ended_at,
        outcome=matter.outcome, outcome_name=OUTCOMES[matter.outcome].say(lang) if matter.outcome in OUTCOMES else "",
        broken=matter.broken, paused=matter.paused_until is not None, source=matter.source, found=matter.found, me_too=matter.me_too,
        round=matter.round, path=matter.path, summons_open=waiting,
    )  # fmt: skip
