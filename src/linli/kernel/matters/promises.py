"""How the clocks of a matter follow its moves. Pure: slots in, slots out.

One rule for each kind of move, so that time already used is never lost: entering a stage keeps or starts promises,
going back to handling takes up those that ended when handling ended, a new grade changes the limit and keeps what was used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from linli.kernel.matters import clocks
from linli.kernel.matters.calendars import Calendar
from linli.kernel.matters.state import Slot, State
from linli.kernel.packspec.schema import Clock, Limit, Pack

# ends at which what was still running was fulfilled; at the others it is no longer owed
_ANSWERED = frozenset({"solved", "unsolved", "unreached", "checked"})
Calendars = Mapping[str, Calendar]


def _each(slots: Iterable[Slot], change: Callable[[Slot], Slot]) -> tuple[Slot, ...]:
    return tuple(change(slot) for slot in slots)


def _start(
    pack: Pack, spec: Clock, state: State, at: datetime, calendars: Calendars, until: datetime | None
) -> Slot | None:
    running = clocks.start(
        spec,
        state.grade,
        at,
        given_until=until,
        edition=pack.digest,
        calendars=calendars,
        kind=state.kind,
        condition=state.condition,
    )
    return None if running is None else Slot(spec.key, running)


def on_opening(pack: Pack, state: State, at: datetime, calendars: Calendars) -> tuple[Slot, ...]:
    """The promises made by a report."""
    return on_entering(pack, state, at, calendars).slots


def on_entering(
    pack: Pack, state: State, at: datetime, calendars: Calendars, until: datetime | None = None
) -> State:
    """Keep the promises that this stage fulfils, make those that start here. ``state`` already stands in the new stage."""
    if state.ended:
        close = clocks.stop if state.outcome in _ANSWERED else clocks.drop
        return replace(
            state, slots=_each(state.slots, lambda s: s.now(close(s.running, at)) if s.live else s)
        )

    def settle(slot: Slot) -> Slot:
        spec = pack.clocks.get(slot.key)
        if spec is None or not slot.live or state.stage not in spec.stops:
            return slot
        # a unit that never came did not keep its promise: that it is no longer waited for is another thing
        return slot.now((clocks.stop if slot.unit_id is None else clocks.drop)(slot.running, at))

    slots = list(_each(state.slots, settle))
    for spec in pack.clocks.values():
        if spec.per_unit or state.stage not in spec.starts:
            continue
        known = [n for n, slot in enumerate(slots) if slot.key == spec.key]
        if not spec.runs_for(state.grade, state.kind, state.condition):
            continue
        if not known:
            slot = _start(pack, spec, state, at, calendars, until)
            if slot is not None:
                slots.append(slot)
        elif not slots[known[-1]].live:
            slots[known[-1]] = _again(pack, spec, state, slots[known[-1]], at, calendars, until)
    return replace(state, slots=tuple(slots))


def _again(
    pack: Pack,
    spec: Clock,
    state: State,
    slot: Slot,
    at: datetime,
    calendars: Calendars,
    until: datetime | None,
) -> Slot:
    """A promise that starts once more: a fresh one is made anew, any other goes on with the time it had used."""
    if spec.fresh or (spec.given and until is not None):
        fresh = _start(pack, spec, state, at, calendars, until)
        return slot if fresh is None else slot.now(fresh.running)
    return slot.now(clocks.reopen(slot.running, at))


def on_reopening(
    pack: Pack,
    state: State,
    handled_at: datetime | None,
    at: datetime,
    calendars: Calendars,
    *,
    ran_meanwhile: bool = False,
) -> State:
    """Back to handling: promises that ended when handling ended go on, with the time they had used; after an undone merge also with the time
    since, for the other matter was under way."""

    def take_up(slot: Slot) -> Slot:
        spec = pack.clocks.get(slot.key)
        if spec is None or slot.live or spec.fresh or slot.unit_id is not None or state.stage in spec.stops:
            return slot
        ended = slot.running.ended_at
        if handled_at is not None and ended is not None and ended < handled_at:
            return slot
        return slot.now(clocks.reopen(slot.running, at, ran_meanwhile=ran_meanwhile))

    return on_entering(pack, replace(state, slots=_each(state.slots, take_up)), at, calendars)


def on_pause(pack: Pack, state: State, at: datetime) -> State:
    """Stop the hands of every clock that does not say it runs through pauses."""

    def hold(slot: Slot) -> Slot:
        spec = pack.clocks.get(slot.key)
        if slot.running.state != "running" or (spec is not None and spec.runs_while_paused):
            return slot
        return slot.now(clocks.pause(slot.running, at))

    return replace(state, slots=_each(state.slots, hold))


def on_resume(state: State, at: datetime) -> State:
    """Let the hands go on; due times move by exactly the time waited."""

    def go(slot: Slot) -> Slot:
        return slot.now(clocks.resume(slot.running, at)) if slot.running.state == "paused" else slot

    return replace(state, slots=_each(state.slots, go))


def on_regrade(pack: Pack, state: State, at: datetime, calendars: Calendars) -> State:
    """Another grade, other limits, the same time used. A promise the new grade does not know ends; one it adds counts from the report."""

    def change(slot: Slot) -> Slot:
        spec = pack.clocks.get(slot.key)
        if spec is None or not slot.live or spec.given:
            return slot
        limit = spec.limit_for(state.grade, state.kind, state.condition)
        if limit is None:
            return slot.now(clocks.drop(slot.running, at))
        return slot.now(clocks.relimit(slot.running, limit, at, calendars))

    slots = list(_each(state.slots, change))
    live = {slot.key for slot in slots if slot.live}
    for spec in pack.clocks.values():
        if spec.per_unit or spec.key in live or spec.given:
            continue
        if not spec.runs_for(state.grade, state.kind, state.condition):
            continue
        dropped = [n for n, slot in enumerate(slots) if slot.key == spec.key]
        if dropped and slots[dropped[-1]].running.state != "stopped":
            continue  # kept or broken once: that promise was answered
        if not _between(pack, spec, state.stage):
            continue
        if dropped:
            slots[dropped[-1]] = _owed_again(spec, state, slots[dropped[-1]], at, calendars)
            continue
        slot = _start(pack, spec, state, state.opened_at, calendars, None)
        if slot is not None:
            slots.append(slot.now(_waited(slot.running, pauses(state.slots, state.opened_at, at))))
    changed = replace(state, slots=tuple(slots))
    return on_pause(pack, changed, at) if state.paused_until is not None else changed


Span = tuple[datetime, datetime]


def pauses(slots: Iterable[Slot], since: datetime, until: datetime) -> tuple[Span, ...]:
    """When the matter was paused, as its clocks remember it: so that a promise made late has not used the time that was waited."""
    found: dict[datetime, datetime] = {}
    for slot in slots:
        began: datetime | None = None
        for event in (*slot.running.events, None):
            if event is not None and event.what == "paused":
                began = event.at
            elif began is not None and (event is None or event.what == "resumed"):
                ended = event.at if event is not None else until
                if event is not None or slot.running.state == "paused":
                    found[began] = max(found.get(began, ended), ended)
                began = None
    return tuple((max(a, since), min(b, until)) for a, b in sorted(found.items()) if b > since and a < until)


def _waited(running: clocks.Running, spans: Iterable[Span]) -> clocks.Running:
    for began, ended in spans:
        running = clocks.resume(clocks.pause(running, began), ended)
    return running


def _owed_again(spec: Clock, state: State, slot: Slot, at: datetime, calendars: Calendars) -> Slot:
    """A promise that another grade had dropped: it goes on with all the time since it began that was not waited."""
    running, limit = slot.running, spec.limit_for(state.grade, state.kind, state.condition)
    ended = running.ended_at or at
    seconds = running.counts.elapsed(ended, at)
    if not running.runs_while_paused:
        seconds -= sum(running.counts.elapsed(a, b) for a, b in pauses(state.slots, ended, at))
    again = clocks.reopen(running, at, seconds=max(0, seconds))
    return slot.now(again if limit is None else clocks.relimit(again, limit, at, calendars))


def _between(pack: Pack, spec: Clock, stage: str) -> bool:
    """Would this clock be running in ``stage``, on the straight way from where it starts? Measured by how far the ball has come."""
    if stage in spec.stops:
        return False
    if stage in spec.starts:
        return True
    begin = min(pack.stages[s].ball for s in spec.starts if s in pack.stages)
    ends = [pack.stages[s].ball for s in spec.stops if s in pack.stages]
    return bool(ends) and begin <= pack.stages[stage].ball < max(ends)


def on_summons(pack: Pack, state: State, units: tuple[int, ...], at: datetime, calendars: Calendars) -> State:
    """A clock for each unit called."""
    slots = list(state.slots)
    for spec in pack.clocks.values():
        if not spec.per_unit:
            continue
        for unit in units:
            slot = _start(pack, spec, state, at, calendars, None)
            if slot is not None:
                slots.append(replace(slot, unit_id=unit))
    return replace(state, slots=tuple(slots))


def on_acknowledge(pack: Pack, state: State, units: frozenset[int], at: datetime) -> State:
    """The units that reported in kept, or broke, their own clock."""

    def keep(slot: Slot) -> Slot:
        return slot.now(clocks.stop(slot.running, at)) if slot.live and slot.unit_id in units else slot

    return replace(state, slots=_each(state.slots, keep))


def on_extension(state: State, key: str, extra: Limit, at: datetime) -> State:
    """A longer limit, granted."""

    def longer(slot: Slot) -> Slot:
        return slot.now(clocks.extend(slot.running, extra, at)) if slot.live and slot.key == key else slot

    return replace(state, slots=_each(state.slots, longer))


def on_splitting(
    pack: Pack, parents: Pack, parent: State, part: State, at: datetime, calendars: Calendars
) -> State:
    """A part of a matter goes on from where that stood, with every promise it was under and the time that had used; its own kind and condition
    say how long each is. A part that is another service's begins there, its promises counted from the report."""
    if pack.digest != parents.digest:
        return on_entering(pack, part, parent.opened_at, calendars)
    at_hand = replace(
        part,
        stage=parent.stage,
        stage_since=parent.stage_since,
        paused_at=parent.paused_at,
        paused_until=parent.paused_until,
    )
    copied = tuple(
        Slot(slot.key, clocks.copy_for_split(slot.running, at))
        for slot in parent.slots
        if slot.live and slot.unit_id is None
    )
    return on_regrade(pack, replace(at_hand, slots=copied), at, calendars)


def on_merge(kept: tuple[Slot, ...], gone: tuple[Slot, ...], at: datetime) -> tuple[Slot, ...]:
    """Of two reports of one thing the older promise counts: joining a later report never buys time."""
    older = {slot.key: slot for slot in gone if slot.live and slot.unit_id is None}

    def choose(slot: Slot) -> Slot:
        other = older.get(slot.key)
        if other is None or not slot.live or slot.unit_id is not None:
            return slot
        return slot.now(clocks.merge(slot.running, other.running, at))

    return _each(kept, choose)


def first_due(slots: Iterable[Slot]) -> tuple[Slot, datetime] | None:
    """The running clock that runs out first (or did), with its due time."""
    running = [
        (due, n, slot)
        for n, slot in enumerate(slots)
        if slot.running.state == "running" and (due := clocks.due_at(slot.running))
    ]
    if not running:
        return None
    due, _, slot = min(running, key=lambda row: row[:2])
    return slot, due
