"""The clock as an actor: what falls due is an act like any other, with its step and its ledger entry, each once.

Truth is the store alone: a clock's ``next_at`` says when it next has something to say, a paused matter's ``paused_until`` when it goes on. Whoever
polls locks the matter first and looks again, so two workers, a crash or a late start fire nothing twice and skip nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from linli.kernel import ids, moment, store
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, clocks, record, workflow
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.models import Clock, Matter
from linli.kernel.matters.moves import apart
from linli.kernel.matters.record import Deed
from linli.kernel.matters.rows import calendars_for, ladder_of, state_of
from linli.kernel.matters.state import Ask, Seek, Slot, State, Who
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people.actors import CLOCK

log = logging.getLogger("linli.clocks")


def run_due(limit: int = 200) -> int:
    """Let everything fall due that has. Answers how many matters were touched. Safe to run in several processes."""
    now = moment.now()
    found = list(
        Clock.objects.filter(next_at__lte=now).order_by("next_at").values_list("matter_id", flat=True)[:limit]
    )
    found += (
        Matter.objects.filter(paused_until__lte=now)
        .order_by("paused_until")
        .values_list("pk", flat=True)[:limit]
    )
    waiting = [matter_id for matter_id in dict.fromkeys(found) if not _resting(matter_id)]
    return sum(_apart(matter_id) for matter_id in waiting)


_failed: dict[
    int, tuple[float, int]
] = {}  # matters that could not be touched: when to try again, how often it was tried
LONGEST_REST = 300.0


def _resting(matter_id: int) -> bool:
    known = _failed.get(matter_id)
    return known is not None and time.monotonic() < known[0]


def _apart(matter_id: int) -> int:
    """One matter that cannot be touched stops no other: it is logged once, rests a little longer each time and is tried again."""
    try:
        touched = _touch(matter_id)
    except (OperationalError, InterfaceError):
        raise  # the store's trouble, not this matter's: the worker tries again soon
    except (Refusal, DatabaseError, KeyError, ValueError) as error:
        _, tries = _failed.get(matter_id, (0.0, 0))
        _failed[matter_id] = (time.monotonic() + min(2.0**tries, LONGEST_REST), tries + 1)
        if tries == 0:
            log.exception("the clocks of matter %s: %s", ids.text(matter_id), type(error).__name__)
        return 0
    _failed.pop(matter_id, None)
    return touched


def failing() -> int:
    """How many matters this process could not touch: for the health page."""
    return len(_failed)


def _touch(matter_id: int) -> int:
    with store.acting():
        rows = Matter.objects.filter(pk=matter_id)
        if connection.vendor == "postgresql":
            rows = rows.select_for_update(skip_locked=True)
        matter = rows.first()
        if matter is None:
            return 0  # another worker has it
        pack = editions.edition(matter.edition)
        now = moment.now()
        if matter.paused_until is not None and matter.paused_until <= now:
            _go_on(matter, pack, matter.paused_until)
            return 1
        return 1 if fire(matter, pack, now) else 0


def _go_on(matter: Matter, pack: Pack, at: datetime) -> None:
    """A pause ends by itself at its own hour, not at the hour somebody looked."""
    key = next((act.key for act in pack.acts.values() if act.does == "resume"), None)
    before = state_of(matter, pack)
    ask = Ask(key or "", Who("system"), Inputs(), at)
    if key is None:
        raise Refusal("act.unknown", kind="missing", act="resume")
    decision = workflow.decide(pack, before, ask, calendars_for(pack))
    acts.carry_out(CLOCK, matter, pack, before, decision, key, Inputs(), (), at)


def fire(matter: Matter, pack: Pack, now: datetime) -> bool:
    """Warn, break and climb for one locked matter. Each event is one step; what fell due while nobody ran is caught up in order."""
    before = state_of(matter, pack)
    happened: list[tuple[datetime, int, clocks.Event, Slot]] = []
    slots = list(before.slots)
    for n, slot in enumerate(slots):
        if slot.running.state != "running":
            continue
        fired, events = clocks.fire(slot.running, now, ladder_of(pack, slot.key))
        slots[n] = slot.now(fired)
        happened += [(event.since, n, event, slots[n]) for event in events]
    if not happened:
        return False
    state = before
    for _, _, event, slot in sorted(happened, key=lambda row: row[:2]):
        state = _tell(matter, pack, state, event, slot, tuple(slots))
    return True


def _tell(
    matter: Matter, pack: Pack, before: State, event: clocks.Event, slot: Slot, slots: tuple[Slot, ...]
) -> State:
    """One thing a clock has to say, as a step. A rung that makes somebody responsible moves the matter up."""
    # a clock row is written whole with the first step of a batch; later steps of the batch find it unchanged
    after = replace(before, slots=slots, steps=matter.steps)
    names = {"warned": "warned", "breached": "broken", "rung": "escalated"}
    facts: dict[str, object] = {
        "clock": slot.key,
        "unit": None if slot.unit_id is None else str(slot.unit_id),
    }
    record.settle(matter, pack, after, event.since)
    if event.what == "rung":
        facts |= {"rung": event.rung, "role": event.role} | _climb(matter, pack, after, event, slot)
    elif event.what == "warned" and event.late:
        facts["late"] = True
    owed = () if event.late else (f"clock:{slot.key}:{names[event.what]}",)
    deed = Deed(f"clock:{names[event.what]}", "clock", CLOCK, None, event.since, facts=facts, owed=owed)
    record.write(matter, pack, before, after, deed)
    return after


def _climb(matter: Matter, pack: Pack, state: State, event: clocks.Event, slot: Slot) -> dict[str, object]:
    """Who is told at this rung, and, unless the rung only tells, who is responsible from now on."""
    ladder = ladder_of(pack, slot.key)
    rung = ladder.rungs[event.rung - 1] if ladder and 0 < event.rung <= len(ladder.rungs) else None
    roles = workflow.ladder_roles(pack)
    try:
        seek = apart(pack, state, Seek(event.role, else_up=roles)) or Seek(event.role)
        holding = acts.find(seek, matter.path, event.since)
    except Refusal:
        return {"nobody": True}  # recorded and shown; a broken promise must never stop the clocks of others
    told: dict[str, object] = {"told": record.ids.text(holding.person_id), "told_role": holding.role}
    lower = (
        matter.holder_role in roles
        and holding.role in roles
        and roles.index(holding.role) <= roles.index(matter.holder_role)
    )
    if rung is not None and not rung.notify_only and slot.unit_id is None and not lower:
        record.hold(matter, holding, event.role, event.since)
        told["responsible"] = True
    return told
