"""The wall: one read for everything it shows. After the first read it lives on pushed changes and on the short read, ``brief``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Count, Q

from linli.kernel import moment
from linli.kernel.ledger import rows as ledger
from linli.kernel.matters import public
from linli.kernel.matters.cards import Card, Dot, Rate, Wall
from linli.kernel.matters.listing import cards
from linli.kernel.matters.models import Matter
from linli.kernel.people import posts
from linli.kernel.people.actors import Actor
from linli.kernel.registers import rounds
from linli.lenses import happened, rates
from linli.lenses.ground import named, short, under_any

DOOR = "screen"
EACH = 8  # clocks past their time, and as many that are not yet: the wall shows the stretch around now
DAYS = 30
DOTS = 3000
QUARTER = 900


def midnight(at: datetime | None = None) -> datetime:
    """When the office's day began."""
    return moment.local(at or moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def paths_for(actor: Actor) -> tuple[str, ...]:
    """The ground a wall shows: that of the posts which open this door. Empty where none does."""
    doors = {held.role: role.doors for held in actor.roles if (role := posts.role(held.role))}
    opening = [role for role, opened in doors.items() if DOOR in opened]
    return actor.paths(*opening) if opening else ()


def wall(actor: Actor, lang: str) -> Wall:
    """Everything at once, for the ground of this actor's posts."""
    return everything(paths_for(actor), lang)


def everything(paths: Sequence[str], lang: str) -> Wall:
    """Everything at once. The log is looked at first, so whatever the rows already show is told again rather than left out."""
    now, idx = moment.now(), ledger.size() - 1
    return Wall(
        counts=counts(paths, now), dots=dots(paths), running=running(paths, lang, now), rates=kept(paths, now, lang),
        rounds=rounds_walked(paths, lang), just=happened.just(paths, lang, now), histogram=histogram(paths, now), idx=idx,
    )  # fmt: skip


def dots(paths: Sequence[str]) -> tuple[Dot, ...]:
    """Every open matter on that ground that may be drawn, most urgent first."""
    rows = Matter.objects.filter(under_any(paths), ended_at=None)
    return public.dots_of(list(rows.order_by("due_at", "id")[:DOTS]))


def running(paths: Sequence[str], lang: str, now: datetime) -> tuple[Card, ...]:
    """The clocks on both sides of now, in the order of their hours: those that broke last, then those that run out next."""
    rows = Matter.objects.filter(under_any(paths), ended_at=None)
    late = list(rows.filter(due_at__lte=now).order_by("-due_at", "-id")[:EACH])
    coming = list(rows.filter(due_at__gt=now).order_by("due_at", "id")[:EACH])
    shown = cards([*reversed(late), *coming], lang, words=False, now=now)
    return tuple(
        replace(card, address="") for card in shown
    )  # whoever passes the wall need not read at whose door


def counts(paths: Sequence[str], now: datetime) -> dict[str, int]:
    """Figures of the day: ``today`` reported, ``ended`` today; of those open now ``open`` all, ``callback`` waiting for their call, ``broken``
    past a promise, ``paused``."""
    mine = Matter.objects.filter(under_any(paths))
    since = midnight(now)
    found: dict[str, int] = mine.filter(ended_at=None).aggregate(
        open=Count("id"),
        callback=Count("id", filter=Q(ball=3, found=False)),
        broken=Count("id", filter=Q(broken=True)),
        paused=Count("id", filter=Q(paused_until__isnull=False)),
    )
    found["today"] = mine.filter(opened_at__gte=since, opened_at__lte=now).count()
    found["ended"] = mine.filter(ended_at__gte=since, ended_at__lte=now).count()
    return found


def histogram(paths: Sequence[str], now: datetime) -> tuple[int, ...]:
    """Reports today by quarter of an hour, 96 figures."""
    since = midnight(now)
    bars = [0] * 96
    rows = Matter.objects.filter(under_any(paths), opened_at__gte=since, opened_at__lte=now)
    for at in rows.values_list("opened_at", flat=True):
        bars[min(95, int((at - since).total_seconds() // QUARTER))] += 1
    return tuple(bars)


def kept(paths: Sequence[str], now: datetime, lang: str) -> tuple[Rate, ...]:
    """说到做到: repairs reported in the last thirty days."""
    return rates.rates(paths, now - timedelta(days=DAYS), now, lang)


def rounds_walked(paths: Sequence[str], lang: str) -> tuple[tuple[str, int, int], ...]:
    """For each community (street, where there are many): its micro-grids walked today, of how many."""
    walked = {number for path in paths for number in rounds.walked_today(path)}
    return tuple(
        (short(node, lang), sum(1 for grid in grids if grid in walked), len(grids))
        for node, grids in named(paths)
    )
