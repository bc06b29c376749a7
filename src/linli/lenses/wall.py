"""The wall: one read for everything it shows, and the words of what just happened. After the first read the wall lives on pushed changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from linli.kernel import ids, moment
from linli.kernel.ledger import rows as ledger
from linli.kernel.ledger.rows import EntryRow
from linli.kernel.matters import gate, public
from linli.kernel.matters.cards import Happened, Wall
from linli.kernel.matters.listing import cards, title_of
from linli.kernel.matters.models import Matter, Step
from linli.kernel.matters.said import OUTCOMES
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Text
from linli.kernel.people import duty
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import Tree, tree
from linli.kernel.registers import rounds
from linli.lenses import rates

RUNNING = 8
JUST = 12
DAYS = 30
_CLOCK = {
    "clock:warned": Text("{clock}时限将到", "{clock} is running short"),
    "clock:broken": Text("{clock}超时", "{clock} is late"),
    "clock:escalated": Text("{clock}超时，升级到{name}", "{clock} is late, escalated to {name}"),
}
_REPORTED = Text("上报：{title}", "reported: {title}")


def midnight(at: datetime | None = None) -> datetime:
    """When the office's day began."""
    return moment.local(at or moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def paths_for(actor: Actor) -> tuple[str, ...]:
    """The ground a wall shows: that of whoever signed it in, or the roots for the sample town's own."""
    return actor.paths() or tuple(node.path for node in tree().roots())


def wall(actor: Actor, lang: str) -> Wall:
    """Everything at once."""
    paths, now = paths_for(actor), moment.now()
    here = Q()
    for path in paths:
        here |= gate.under(path)
    mine = Matter.objects.filter(here)
    reach = ledger.reach()
    open_ = list(mine.filter(ended_at=None).order_by(F("due_at").asc(nulls_last=True), "id")[:2000])
    return Wall(
        counts=counts(mine, now), dots=public.dots_of(open_), running=cards(open_[:RUNNING], lang, words=False, now=now),
        rates=rates.rates(paths, now - timedelta(days=DAYS), now, lang), rounds=rounds_by_community(paths, lang),
        just=just(mine, lang), histogram=histogram(mine, now), idx=reach.size,
    )  # fmt: skip


def counts(mine: Any, now: datetime) -> dict[str, int]:
    """Today's figures, in one statement: reported and ended today; open, waiting for call-back and broken now."""
    since = midnight(now)
    found: dict[str, int] = mine.aggregate(
        today=Count("id", filter=Q(opened_at__gte=since)),
        ended=Count("id", filter=Q(ended_at__gte=since)),
        open=Count("id", filter=Q(ended_at=None)),
        callback=Count("id", filter=Q(ended_at=None, ball=3)),
        broken=Count("id", filter=Q(ended_at=None, broken=True)),
        paused=Count("id", filter=Q(ended_at=None, paused_until__isnull=False)),
    )
    return found


def histogram(mine: Any, now: datetime) -> tuple[int, ...]:
    """Reports today by quarter of an hour, 96 figures."""
    since = midnight(now)
    bars = [0] * 96
    for at in mine.filter(opened_at__gte=since).values_list("opened_at", flat=True):
        bars[min(95, int((at - since).total_seconds() // 900))] += 1
    return tuple(bars)


def rounds_by_community(paths: Sequence[str], lang: str) -> tuple[tuple[str, int, int], ...]:
    """For each community: its micro-grids walked today, of how many."""
    ground = tree()
    walked = {number for path in paths for number in rounds.walked_today(path)}
    shown = []
    for community in ground.of_level("community"):
        if not any(community.path.startswith(path) for path in paths):
            continue
        grids = [node for node in ground.below(community.id) if node.level == "micro_grid"]
        done = sum(1 for node in grids if node.id in walked)
        shown.append(
            (community.called(lang).removesuffix("社区").removesuffix(" Community"), done, len(grids))
        )
    return tuple(shown)


def just(mine: Any, lang: str) -> tuple[Happened, ...]:
    """The last things that happened, newest first."""
    steps = (
        Step.objects.filter(matter__in=mine)
        .exclude(does__in=("note", "link", "unlink"))
        .order_by("-recorded_at")
    )
    ground = tree()
    return tuple(
        Happened(
            step.recorded_at,
            sentence(step.matter, step.act, step.facts, step.at, ground, lang),
            step.matter.ball,
            ids.text(step.matter_id),
            0,
        )
        for step in steps.select_related("matter")[:JUST]
    )


def happened_data(entry: EntryRow, matter: Matter) -> dict[str, Any]:
    """The same for one entry, in both languages, as the stream carries it."""
    facts, act, ground = entry.body["facts"], str(entry.body["act"]), tree()
    at = datetime.fromtimestamp(entry.body["at"], moment.SHANGHAI)
    return {
        "at": entry.at.isoformat(), "id": ids.text(matter.id), "idx": entry.idx, "ball": matter.ball,
        "zh": sentence(matter, act, facts, at, ground, "zh"), "en": sentence(matter, act, facts, at, ground, "en"),
    }  # fmt: skip


def sentence(matter: Matter, act: str, facts: Any, at: datetime, ground: Tree, lang: str) -> str:
    """柳荫 03 楼门禁故障，回访满意: where, what, what was done. Nobody's name but that of staff who take over."""
    pack = editions.edition(matter.edition)
    node = ground.get(matter.place_id)
    where = node.called(lang) if node else ""
    title = title_of(pack, matter.kind, matter.condition, lang)
    comma, gap = ("，", " ") if lang != "en" else (", ", " ")
    if act == "open":
        return f"{where}{gap}{_REPORTED.say(lang).format(title=title)}"
    if act in _CLOCK:
        clock = pack.clocks.get(str(facts.get("clock")))
        told = ids.parse(facts["told"]) if facts.get("told") else None
        name = clock.text.say(lang) if clock else ""
        return (
            f"{where}{gap}{title}{comma}{_CLOCK[act].say(lang).format(clock=name, name=duty.name_of(told))}"
        )
    declared = pack.acts.get(act)
    done = declared.text.say(lang) if declared else act
    if facts.get("effects", {}).get("ended") and matter.outcome in OUTCOMES:
        done = OUTCOMES[matter.outcome].say(lang)
    return f"{where}{gap}{title}{comma}{done}"
