"""Writing down what was decided: the matter's row, its step, its clocks and the ledger entry, in the transaction of the act.
Made first, written then: what is made before the turn to write has come keeps nobody waiting.

The step's ``facts["effects"]`` name everything the act changed, so that ``derive`` makes the state again from steps alone; an audit compares the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from linli.kernel import ids, moment, sql
from linli.kernel.ledger import append
from linli.kernel.matters import clocks_rows
from linli.kernel.matters.clocks import Running
from linli.kernel.matters.models import Clock, Evidence, Matter, Step, Words
from linli.kernel.matters.photos import Prepared as Photographed
from linli.kernel.matters.promises import first_due
from linli.kernel.matters.rows import clock_columns, ladder_of
from linli.kernel.matters.sealing import Commitments, words_rows
from linli.kernel.matters.state import Slot, State
from linli.kernel.packspec.schema import Pack
from linli.kernel.people.actors import Actor, Held
from linli.kernel.people.duty import Holding


@dataclass(frozen=True, slots=True)
class Deed:
    """One act about to be written: who, as what, which, with which words and pictures."""

    act: str
    does: str
    actor: Actor
    held: Held | None
    at: datetime
    texts: Mapping[str, str] = field(default_factory=dict)
    photos: tuple[Photographed, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    owed: tuple[str, ...] = ()


def _stamp(at: datetime | None) -> int | None:
    """Whole seconds since 1970: how times stand in the ledger."""
    return None if at is None else int(at.timestamp())


def clock_effect(slot: Slot, before: Running | None) -> dict[str, Any]:
    """A clock as it stands after the act, in the ledger's terms: what pages show of it, and the events from which ``derive`` makes all of it
    again. ``anew``: the events are the whole of its history, not what came since the step before; so it is also where the history of another
    matter's promise, or its own of before a merge, happens to begin alike."""
    running = slot.running
    known = before.events if before is not None else ()
    anew = before is not None and (running.events[: len(known)] != known or running.rule != before.rule)
    fresh = running.events if anew else running.events[len(known) :]
    return {
        "id": None if slot.id is None else ids.text(slot.id), "key": slot.key, "unit": None if slot.unit_id is None else ids.text(slot.unit_id),
        "state": running.state, "limit": str(running.limit), "started": _stamp(running.started_at), "used": running.used,
        "extra": running.extra, "ended": _stamp(running.ended_at), "due": _stamp(clocks_rows.due_at(running)),
        "events": [clocks_rows.event_facts(event) for event in fresh],
    } | ({"anew": True, "rule": running.rule} if anew else {})  # fmt: skip


def holder_effect(matter: Matter) -> dict[str, Any]:
    def text(number: int | None) -> str | None:
        return None if number is None else ids.text(number)

    return {
        "role": matter.holder_role, "person": text(matter.holder_id), "place": text(matter.holder_place_id),
        "unit": text(matter.holder_unit_id),
    }  # fmt: skip


def settle(matter: Matter, pack: Pack, state: State, at: datetime) -> None:
    """Put the decided state into the matter's columns (the holder apart)."""
    due = first_due(state.slots) if not state.ended else None
    matter.stage, matter.stage_since = state.stage, state.stage_since
    matter.ball = pack.stages[state.stage].ball
    matter.grade, matter.kind, matter.condition = state.grade, state.kind, state.condition
    matter.area_only = pack.kinds[state.kind].area_only or pack.public.where == "area"
    matter.handled_at, matter.outcome = state.handled_at, state.outcome
    matter.ended_at = (matter.ended_at or at) if state.ended else None
    matter.paused_at, matter.paused_until = state.paused_at, state.paused_until
    matter.round, matter.attempts = state.round, state.attempts
    matter.due_at = due[1] if due else None
    matter.due_clock = due[0].key if due else ""
    matter.broken = any(s.running.state == "running" and s.running.broken_at is not None for s in state.slots)


def hold(matter: Matter, holding: Holding, role: str, at: datetime) -> None:
    """From now on this one is responsible. ``role`` is the one sought; the holder may hold a higher one."""
    matter.holder_role = holding.role or role
    matter.holder_id, matter.holder_place_id, matter.holder_unit_id = (
        holding.person_id,
        holding.place_id,
        holding.unit_id,
    )
    matter.held_since = at


@dataclass(slots=True)
class Prepared:
    """Everything of one act but for the rows special to it, made and not yet written."""

    matter: Matter
    step: Step
    entry: append.Committed
    fresh: bool
    begun: list[Clock]
    changed: list[tuple[int, dict[str, Any]]]  # clocks that are there, and their columns
    texts: list[Words]
    pictures: list[Evidence]


def _clocks(
    matter: Matter, pack: Pack, before: Iterable[Slot], after: Iterable[Slot]
) -> tuple[list[Clock], list[tuple[int, dict[str, Any]]], list[Slot]]:
    """New clocks, changed ones, and both as slots, each with its row's id."""
    known = {slot.id: slot for slot in before if slot.id is not None}
    begun: list[Clock] = []
    changed: list[tuple[int, dict[str, Any]]] = []
    told: list[Slot] = []
    for slot in after:
        if slot.id is not None and known[slot.id].running == slot.running:
            continue
        columns = clock_columns(slot, matter.id, ladder_of(pack, slot.key))
        if slot.id is None:
            row = sql.fresh(Clock, id=ids.new_id(), **columns)
            begun.append(row)
            told.append(replace(slot, id=row.id))
        else:
            changed.append((slot.id, columns))
            told.append(slot)
    return begun, changed, told


def prepared(
    matter: Matter,
    pack: Pack,
    before: State | None,
    after: State,
    deed: Deed,
    *,
    moved: Mapping[str, Any] | None = None,
) -> Prepared:
    """All that ``put`` writes. The matter's columns must already be settled and its holder set. Asks the store nothing: an opening is made
    ready before its turn to write has come."""
    number, seq = ids.new_id(), matter.steps + 1
    matter.steps = seq
    texts, committed = words_rows(matter.id, number, dict(deed.texts))
    begun, changed, told = _clocks(matter, pack, () if before is None else before.slots, after.slots)
    known = {} if before is None else {slot.id: slot.running for slot in before.slots}
    effects = _effects(matter, [clock_effect(slot, known.get(slot.id)) for slot in told], dict(moved or {}))
    facts = {**deed.facts, "effects": effects, "owed": list(deed.owed)}
    step = sql.fresh(
        Step, id=number, matter_id=matter.id, seq=seq, act=deed.act, does=deed.does, actor_id=deed.actor.person_id, actor_kind=deed.actor.kind,
        role=deed.held.role if deed.held else "", unit_id=deed.held.unit_id if deed.held else None,
        deputy_for=deed.held.deputy_for if deed.held else None, at=deed.at, recorded_at=moment.now(),
        stage_from="" if before is None else before.stage, stage_to=after.stage, facts=facts,
    )  # fmt: skip
    entry = append.made(
        "matter.step", f"matter:{ids.text(matter.id)}", seq, body_of(step, committed, deed.photos)
    )
    return Prepared(
        matter, step, entry, before is None, begun, changed, texts, _filed(matter, number, deed.photos)
    )


def put(act: Prepared) -> None:
    """Write it, in the transaction of the act."""
    if act.fresh:
        sql.insert([act.matter])
    else:
        act.matter.save()
    for number, columns in act.changed:
        Clock.objects.filter(pk=number).update(**columns)
    sql.insert(act.begun)
    sql.insert([act.step])
    sql.insert(act.texts)
    sql.insert(act.pictures)
    append.put(act.entry)


def write(
    matter: Matter,
    pack: Pack,
    before: State | None,
    after: State,
    deed: Deed,
    *,
    moved: Mapping[str, Any] | None = None,
) -> tuple[Step, append.Committed]:
    """``prepared`` and ``put``, inside an act."""
    act = prepared(matter, pack, before, after, deed, moved=moved)
    put(act)
    return act.step, act.entry


def _filed(matter: Matter, step_id: int, photos: tuple[Photographed, ...]) -> list[Evidence]:
    rows: list[Evidence] = []
    for photo in photos:
        photo.row.matter_id, photo.row.step_id = matter.id, step_id
        rows.append(photo.row)
    return rows


def _effects(matter: Matter, clocks: list[dict[str, Any]], moved: dict[str, Any]) -> dict[str, Any]:
    return {
        "stage": matter.stage, "since": _stamp(matter.stage_since), "handled": _stamp(matter.handled_at),
        "ended": _stamp(matter.ended_at), "outcome": matter.outcome, "holder": holder_effect(matter),
        "held": _stamp(matter.held_since), "paused": _stamp(matter.paused_at), "paused_until": _stamp(matter.paused_until),
        "round": matter.round, "attempts": matter.attempts, "grade": matter.grade,
        "kind": matter.kind, "condition": matter.condition, "me_too": matter.me_too,
        "into": None if matter.into_id is None else ids.text(matter.into_id), "clocks": clocks, **moved,
    }  # fmt: skip


def actor_of(step: Step) -> str | None:
    """Who acted, as the log names them: staff, who act by a post, by their id; a resident only by a digest bound to this one step, so that nobody
    who reads the log can tell which matters are the same neighbour's. The step's row keeps the id, and an audit still compares."""
    if step.actor_id is None:
        return None
    if step.role:
        return ids.text(step.actor_id)
    return "~" + hashlib.sha256(f"{step.id}:{step.actor_id}".encode()).hexdigest()[:32]


def body_of(step: Step, committed: Commitments, photos: tuple[Photographed, ...] = ()) -> dict[str, Any]:
    """The ledger entry of a step: ids, facts and commitments, never words."""
    return {
        "act": step.act, "does": step.does, "by": step.actor_kind, "person": actor_of(step),
        "role": step.role, "unit": None if step.unit_id is None else ids.text(step.unit_id),
        "for": None if step.deputy_for is None else ids.text(step.deputy_for), "at": _stamp(step.at), "learnt": _stamp(step.recorded_at),
        "from": step.stage_from, "to": step.stage_to, "step": ids.text(step.id), "facts": step.facts, "words": committed,
        "photos": [photo.committed for photo in photos],
    }  # fmt: skip


def words_of(matter_id: int) -> dict[int, dict[str, Words]]:
    """All words of a matter by step and field."""
    found: dict[int, dict[str, Words]] = {}
    for row in Words.objects.filter(matter_id=matter_id):
        found.setdefault(row.step_id, {})[row.field] = row
    return found
