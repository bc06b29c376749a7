"""A matter made again from its steps alone. Pure: no row of a matter or a clock is looked at.

Each step names what it changed; a clock is its events applied in order (``clocks.as_of``). So whatever the steps, and with them the
ledger, say must stand in the rows, and ``audit`` names every column where it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from linli.kernel import ids
from linli.kernel.matters import clocks, clocks_rows
from linli.kernel.matters.calendars import ALWAYS, Calendar
from linli.kernel.matters.clocks import Running
from linli.kernel.matters.clocks_rows import event_of, limit_of, to_columns
from linli.kernel.matters.promises import first_due
from linli.kernel.matters.state import Slot
from linli.kernel.packspec.schema import Limit, Pack

_END = datetime(9000, 1, 1, tzinfo=UTC)


class StepLike(Protocol):
    """What of a step is read."""

    seq: int
    act: str
    at: datetime
    facts: dict[str, Any]


@dataclass(slots=True)
class _Told:
    """One clock as the steps tell of it so far."""

    key: str
    unit_id: int | None
    rule: str
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Derived:
    """What the rows must say: the columns of the matter, and those of each clock by the id of its row. Times are whole seconds."""

    matter: Mapping[str, Any]
    clocks: Mapping[int, Mapping[str, Any]]


def pack_of(steps: Iterable[StepLike]) -> str:
    """The edition a matter is judged by, as its opening step says."""
    for step in steps:
        return str(step.facts["edition"])
    return ""


def derive(steps: Iterable[StepLike], pack: Pack, calendars: Mapping[str, Calendar]) -> Derived:
    """Everything that the steps of one matter, in order, come to."""
    columns: dict[str, Any] = {}
    told: dict[int, _Told] = {}
    for step in steps:
        if step.seq == 1:
            columns |= _opened(step)
        columns |= _effects(step)
        for effect in step.facts["effects"]["clocks"]:
            _hear(told, effect, pack)
    running = {number: _running(one, pack, calendars) for number, one in told.items()}
    rows = {number: _clock_columns(one, running[number], pack) for number, one in told.items()}
    slots = [
        Slot(told[number].key, running[number], told[number].unit_id, number) for number in sorted(running)
    ]
    return Derived(columns | _shown(columns, slots, pack), rows)


def _opened(step: StepLike) -> dict[str, Any]:
    facts = step.facts
    opened = moment_of(facts["opened"]) if "opened" in facts else step.at
    return {
        "pack": facts["pack"], "edition": facts["edition"], "day": date.fromisoformat(facts["day"]), "serial": facts["serial"],
        "place_id": ids.parse(facts["place"]), "place_version_id": ids.parse(facts["version"]), "path": facts["path"],
        "source": facts["source"], "found": facts["found"], "anonymous": facts["anonymous"], "parent_id": _id(facts.get("parent")),
        "opened_at": opened,
    }  # fmt: skip


def _effects(step: StepLike) -> dict[str, Any]:
    effects = step.facts["effects"]
    holder = effects["holder"]
    found = {
        "stage": effects["stage"], "stage_since": moment_of(effects["since"]), "handled_at": moment_of(effects["handled"]),
        "ended_at": moment_of(effects["ended"]), "outcome": effects["outcome"], "holder_role": holder["role"],
        "holder_id": _id(holder["person"]), "holder_place_id": _id(holder["place"]), "holder_unit_id": _id(holder["unit"]),
        "held_since": moment_of(effects["held"]), "paused_at": moment_of(effects["paused"]),
        "paused_until": moment_of(effects["paused_until"]), "round": effects["round"], "attempts": effects["attempts"],
        "grade": effects["grade"], "kind": effects["kind"], "condition": effects["condition"], "me_too": effects["me_too"],
        "into_id": _id(effects["into"]), "steps": step.seq,
    }  # fmt: skip
    if "anonymous" in effects:  # its reporter had themself erased
        found["anonymous"] = effects["anonymous"]
    if "path" in effects:  # it lies elsewhere
        found |= {
            "place_id": ids.parse(effects["place"]),
            "place_version_id": ids.parse(effects["version"]),
            "path": effects["path"],
        }
    return found


def _shown(columns: Mapping[str, Any], slots: list[Slot], pack: Pack) -> dict[str, Any]:
    """What follows from the rest and stands in columns only to be found quickly."""
    due = first_due(slots) if columns["ended_at"] is None else None
    late = any(slot.running.state == "running" and slot.running.broken_at is not None for slot in slots)
    return {
        "ball": pack.stages[columns["stage"]].ball, "due_at": due[1] if due else None, "due_clock": due[0].key if due else "",
        "broken": late, "area_only": pack.kinds[columns["kind"]].area_only or pack.public.where == "area",
    }  # fmt: skip


def _hear(told: dict[int, _Told], effect: Mapping[str, Any], pack: Pack) -> None:
    number = ids.parse(effect["id"])
    if number not in told or effect.get("anew"):
        first = limit_of(effect["events"][0]["limit"], effect["events"][0].get("source", ""))
        rule = effect.get("rule", clocks.rule_of(first, pack.digest))
        told[number] = _Told(effect["key"], _id(effect["unit"]), rule)
    told[number].events += effect["events"]


def _running(told: _Told, pack: Pack, calendars: Mapping[str, Calendar]) -> Running:
    """The clock as its events make it."""
    spec = pack.clocks[told.key]
    events = tuple(event_of(facts) for facts in told.events)
    first = events[0]
    assert first.limit is not None
    calendar = calendars.get(first.calendar, ALWAYS)
    shell = Running(
        told.key, first.limit, calendar, first.at, running_since=first.at, rule=told.rule, warn=_warn(spec.warn),
        runs_while_paused=spec.runs_while_paused, events=events,
    )  # fmt: skip
    made = clocks.as_of(shell, _END, calendars)
    assert made is not None
    return made


def _warn(warn: float | Limit) -> float | Limit:
    return warn if isinstance(warn, Limit) else round(warn * 1000) / 1000


def _clock_columns(told: _Told, running: Running, pack: Pack) -> dict[str, Any]:
    ladder = pack.ladders.get(pack.clocks[told.key].ladder)
    firing = clocks.next_firing(running, ladder)
    return to_columns(running) | {"unit_id": told.unit_id, "next_at": firing.when if firing else None}


def moment_of(stamp: int | None) -> datetime | None:
    """A time as steps write it."""
    return clocks_rows.moment_of(stamp)


def _id(text: str | None) -> int | None:
    return None if text is None else ids.parse(text)
