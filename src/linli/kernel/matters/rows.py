"""Clocks and states between rows and values. The only place that knows how a ``Running`` is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q

from linli.kernel.matters import clocks, clocks_rows
from linli.kernel.matters.calendars import ALWAYS, Calendar, OfficialDays, calendars_of
from linli.kernel.matters.clocks import Running
from linli.kernel.matters.models import Asked, Clock, Link, Matter, Step, Summons
from linli.kernel.matters.state import Held, Pending, Slot, State
from linli.kernel.packspec.schema import Ladder, Pack


@cache
def _days(assume_weekdays: bool) -> OfficialDays:
    return OfficialDays(assume_weekdays=assume_weekdays)


_calendars: dict[str, dict[str, Calendar]] = {}


def calendars_for(pack: Pack) -> dict[str, Calendar]:
    """The calendars an edition counts by, made once per process."""
    found = _calendars.get(pack.digest)
    if found is None:
        found = calendars_of(pack.calendars, _days(False))
        found.setdefault("always", ALWAYS)
        _calendars[pack.digest] = found
    return found


def running_of(row: Clock, calendars: Mapping[str, Calendar]) -> Running:
    """The value a clock row stands for."""
    return clocks_rows.from_columns({name: getattr(row, name) for name in _COLUMNS}, calendars)


_COLUMNS = (
    "key", "state", "limit", "calendar", "started_at", "used", "running_since", "extra", "rung", "warned", "broken_at", "ended_at", "due_at",
    "detail",
)  # fmt: skip


def clock_columns(slot: Slot, matter_id: int, ladder: Ladder | None) -> dict[str, Any]:
    """The columns of a clock row, for an insert or an update."""
    firing = clocks.next_firing(slot.running, ladder)
    more = {"matter_id": matter_id, "unit_id": slot.unit_id, "next_at": firing.when if firing else None}
    return clocks_rows.to_columns(slot.running) | more


def ladder_of(pack: Pack, key: str) -> Ladder | None:
    """The ladder a clock of this pack climbs at breach."""
    spec = pack.clocks.get(key)
    return pack.ladders.get(spec.ladder) if spec is not None else None


def handlers_of(matter_id: int, pack: Pack) -> frozenset[int]:
    """Everybody who handled this matter, in any round: also before it was split off, and what was merged into it."""
    acts = [*pack.handling, *(a.key for a in pack.acts.values() if a.does == "acknowledge")]
    same = Q(matter_id=matter_id) | Q(matter__into_id=matter_id)
    same |= Q(matter_id__in=Matter.objects.filter(pk=matter_id, parent_id__isnull=False).values("parent_id"))
    found = Step.objects.filter(same, act__in=acts, actor_id__isnull=False).values_list("actor_id", flat=True)
    return frozenset(person for person in found if person is not None)


def state_of(matter: Matter, pack: Pack) -> State:
    """All that the rules may know, read from the rows of one matter (five statements at most)."""
    calendars = calendars_for(pack)
    slots = tuple(
        Slot(row.key, running_of(row, calendars), row.unit_id, row.id)
        for row in Clock.objects.filter(matter=matter).order_by("id")
    )
    summonses = list(Summons.objects.filter(matter=matter))
    pending = tuple(
        Pending(ask.id, ask.what, ask.by_id, ask.clock, ask.limit)
        for ask in Asked.objects.filter(matter=matter, decided_at=None).order_by("id")
    )
    merged = ""
    if matter.outcome == "merged":
        link = Link.objects.filter(kind="merge", a=matter, undone_at=None).order_by("-id").first()
        merged = link.before.get("stage", "") if link else ""
    dispatched = (
        Step.objects.filter(matter=matter, does="dispatch")
        .order_by("-seq")
        .values_list("facts", flat=True)
        .first()
    )
    return State(
        stage=matter.stage, grade=matter.grade, kind=matter.kind, condition=matter.condition, found=matter.found,
        anonymous=matter.anonymous, path=matter.path, opened_at=matter.opened_at, stage_since=matter.stage_since,
        handled_at=matter.handled_at, ended=matter.ended_at is not None, outcome=matter.outcome,
        holder=Held(matter.holder_role, matter.holder_id, matter.holder_place_id, matter.holder_unit_id), paused_at=matter.paused_at,
        paused_until=matter.paused_until, round=matter.round, attempts=matter.attempts, steps=matter.steps, slots=slots,
        handlers=handlers_of(matter.id, pack), summoned=frozenset(s.unit_id for s in summonses if s.acknowledged_at is None),
        joined=frozenset(s.unit_id for s in summonses if s.acknowledged_at is not None), pending=pending, merged_from_stage=merged,
        last_attempt=_last_attempt(matter), lifted=(dispatched or {}).get("lifted", ""),
    )  # fmt: skip


def _last_attempt(matter: Matter) -> datetime | None:
    """When this round's last unanswered call-back was, that counted."""
    if not matter.attempts:
        return None
    calls = Step.objects.filter(matter=matter, does="call_back", at__gte=matter.stage_since).order_by("-seq")
    return next((step.at for step in calls if step.facts.get("counted") is not False), None)
