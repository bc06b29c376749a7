"""Clocks as the desk shows them: those that run, then those that were kept or broken; an ended one never counts on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from linli.doors.words import say
from linli.kernel.matters.cards import ClockLine, Page

ORDER = {"breach": 0, "soon": 1, "plenty": 2, "pause": 3, "kept": 4}


def shown_clocks(page: Page, lang: str) -> list[tuple[Any, str, str]]:
    """(clock to draw, note below it, its key), most urgent first. A unit's clock that was answered stands with its summons only."""
    lines = [c for c in page.clocks if c.state in ORDER and (c.unit_id is None or c.ended_at is None)]
    lines.sort(key=lambda c: (c.ended_at is not None, ORDER[c.state], _hour(c)))
    return [(drawn(clock), note(clock, lang), clock.key) for clock in lines]


def _hour(clock: ClockLine) -> datetime:
    return clock.due_at or clock.ended_at or clock.started_at


def drawn(clock: ClockLine) -> Any:
    """What the clock tag is given: an ended clock without its due hour, so that no page counts it on."""
    named = replace(clock, name=f"{clock.unit_name} {clock.name}") if clock.unit_name else clock
    if clock.ended_at is None:
        return named
    over = clock.total_seconds - clock.used_seconds
    return {
        "name": named.name,
        "state": clock.state,
        "left_seconds": over,
        "total_seconds": clock.total_seconds,
        "used_seconds": clock.used_seconds,
    }


def note(clock: ClockLine, lang: str) -> str:
    """How long it has, and who is told if it runs out."""
    if clock.next_rung and clock.ended_at is None:
        return say(lang, "desk.clock_note", limit=clock.limit, rung=clock.next_rung)
    return clock.limit
