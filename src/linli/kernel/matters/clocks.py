"""Promises: start, pause, resume, warn, break, climb, keep, reopen. Pure; no store, no wall clock.

Moments count as the whole second they fall in. A clock is kept when it is met *before* its limit is used
up; in the second in which nothing is left it is broken, whether or not anybody looked at it then. So every
change first lets fall due what fell due before it: pausing, extending or meeting a clock late never undoes
a breach. Rungs of the ladder are climbed by :func:`fire` alone; whoever changes a clock calls it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from linli.kernel.errors import Refusal
from linli.kernel.matters.calendars import ALWAYS, Calendar, counts_round_the_clock, seconds_of, whole_second
from linli.kernel.matters.clocks_running import (
    Event,
    Running,
    What,
    apply,
    begun,
    due_at,
    joined,
    recalendared,
    used_at,
    warn_at,
)
from linli.kernel.packspec.schema import Clock, Ladder, Limit

__all__ = [
    "ClockView", "Event", "Firing", "Running", "as_of", "copy_for_split", "drop", "due_at", "extend", "fire",
    "first_due", "merge", "new_events", "next_firing", "pause", "recalendar", "relimit", "reopen", "resume", "retold", "rule_of",
    "start", "stop", "used_at", "view", "warn_at",
]  # fmt: skip

Shown = Literal["plenty", "soon", "breach", "pause", "kept", "stopped"]
SOON_SECONDS = 3600  # "soon" is the last third of a limit, but never more than the last hour


class Firing(NamedTuple):
    """The next thing a clock has to say. ``rung`` counts from 1."""

    when: datetime
    what: Literal["warn", "breach", "rung"]
    rung: int = 0


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as a page shows it. ``left_seconds`` is counted in the clock's own time and negative once it
    is over.
    """

    key: str
    state: Shown
    due_at: datetime | None
    left_seconds: int
    total_seconds: int
    used_seconds: int


def start(
    clock: Clock,
    grade: str,
    at: datetime,
    given_until: datetime | None = None,
    edition: str = "",
    calendars: Mapping[str, Calendar] | None = None,
    *,
    kind: str = "",
    condition: str = "",
) -> Running | None:
    """The promise that begins at ``at``; None when matters of this grade (or kind and condition) have none.

    A ``given`` clock runs until the moment promised, else by its declared limit. Raises Refusal
    ``clocks.until_missing``, ``clocks.until_past`` or ``clocks.year_not_announced``.
    """
    at = whole_second(at)
    limit = _limit(clock, clock.limit_for(grade, kind, condition), at, given_until)
    if limit is None:
        return None
    calendar = (calendars or {}).get(clock.calendar) or _natural_only(clock, limit)
    rule = rule_of(limit, edition)
    warn = (
        clock.warn if isinstance(clock.warn, Limit) else round(clock.warn * 1000) / 1000
    )  # as exact as its row
    begin = Running(
        clock.key,
        limit,
        calendar,
        at,
        running_since=at,
        rule=rule,
        warn=warn,
        runs_while_paused=clock.runs_while_paused,
    )
    due_at(begin)  # a year nobody has announced is refused now, not on the day it matters
    return begun(begin)


def rule_of(limit: Limit, edition: str) -> str:
    """What a due time goes back to: the line of the profile, and the edition that said so."""
    return " · ".join(part for part in (limit.source, f"edition {edition}" if edition else "") if part)


def _limit(clock: Clock, declared: Limit | None, at: datetime, until: datetime | None) -> Limit | None:
    if not clock.given:
        return declared
    if until is None:
        if declared is None:
            raise Refusal("clocks.until_missing", field="until", clock=clock.key)
        return declared
    seconds = int((whole_second(until) - at).total_seconds())
    if seconds <= 0:
        raise Refusal("clocks.until_past", field="until", clock=clock.key)
    return Limit(seconds, "s", declared.source if declared else "given")


def _natural_only(clock: Clock, limit: Limit) -> Calendar:
    if clock.calendar != "always" and not counts_round_the_clock(limit):
        raise KeyError(f"clock {clock.key}: no calendar {clock.calendar}")  # prove refuses such a pack
    return ALWAYS


def next_firing(clock: Running, ladder: Ladder | None) -> Firing | None:
    """What this clock will do next and when; None while it is paused, after it ended, or when the ladder
    has no further rung.

    A ladder that was switched off (None) or shortened ends the climbing at once.
    """
    if clock.state != "running":
        return None
    due = due_at(clock)
    assert due is not None
    if clock.broken_at is None:
        warn = warn_at(clock)
        return Firing(warn, "warn") if warn is not None and warn < due else Firing(due, "breach")
    if ladder is None or clock.rung >= len(ladder.rungs):
        return None
    return Firing(_rung_at(clock, ladder.rungs[clock.rung].after), "rung", clock.rung + 1)


def _rung_at(clock: Running, after: Limit | None) -> datetime:
    assert clock.rung_since is not None
    if after is None:
        return clock.rung_since
    natural, working = clock.waited
    if counts_round_the_clock(after):
        return ALWAYS.advance(clock.rung_since, seconds_of(after, clock.calendar.spec) - natural)
    return clock.calendar.advance(clock.rung_since, seconds_of(after, clock.calendar.spec) - working)


def fire(clock: Running, at: datetime, ladder: Ladder | None) -> tuple[Running, tuple[Event, ...]]:
    """Let everything fall due that has, each thing once: calling it again, late, or in several steps comes
    to the same clock.

    After the program was down, all that was missed is recorded with the moment it counts from (``due``) and
    climbs the ladder as far as it would have. A warning whose breach has come as well is marked ``late``:
    recorded, not sent.
    """
    at = whole_second(at)
    before = len(clock.events)
    while (firing := next_firing(clock, ladder)) is not None and firing.when <= at:
        clock = apply(clock, _event(clock, firing, at, ladder))
    return clock, clock.events[before:]


def _event(clock: Running, firing: Firing, at: datetime, ladder: Ladder | None) -> Event:
    if firing.what == "rung":
        assert ladder is not None
        return Event("rung", at, due=firing.when, rung=firing.rung, role=ladder.rungs[firing.rung - 1].role)
    if firing.what == "breach":
        return Event("breached", at, due=firing.when)
    due = due_at(clock)
    return Event("warned", at, due=firing.when, late=due is not None and due <= at)


def _settled(clock: Running, at: datetime) -> Running:
    """A breach that happened before this moment has happened, even if nobody recorded it yet."""
    due = due_at(clock)
    if clock.state == "running" and clock.broken_at is None and due is not None and due <= at:
        return fire(clock, at, None)[0]
    return clock


def _change(
    clock: Running, what: What, at: datetime, *, seconds: int = 0, limit: Limit | None = None
) -> Running:
    at = whole_second(at)
    return apply(_settled(clock, at), Event(what, at, seconds=seconds, limit=limit))


def pause(clock: Running, at: datetime) -> Running:
    """The hands stand still: no time is used, nothing falls due, no rung is climbed. Clocks that run
    through pauses go on.
    """
    if clock.state != "running" or clock.runs_while_paused:
        return clock
    return _change(clock, "paused", at)


def resume(clock: Running, at: datetime) -> Running:
    """The hands go on where they stood; what is due moves by exactly the time paused."""
    return _change(clock, "resumed", at) if clock.state == "paused" else clock


def relimit(
    clock: Running, limit: Limit, at: datetime, calendars: Mapping[str, Calendar] | None = None
) -> Running:
    """Another grade or condition gives another limit; the time used, waiting included, stays used. Never
    mends a breach.

    When less is left than nothing, the clock breaks now and not in the past. ``calendars`` is not needed: a
    limit in working units counts on the calendar the clock was declared with.
    """
    if not clock.live or limit == clock.limit:
        return clock
    return _change(clock, "relimited", at, limit=limit)


def recalendar(clock: Running, calendar: Calendar, at: datetime) -> Running:
    """From now on time is counted on another calendar (office hours changed, holidays announced); time used
    stays used.
    """
    at = whole_second(at)
    return recalendared(_settled(clock, at), calendar, at) if clock.live else clock


def extend(clock: Running, extra: int | Limit, at: datetime) -> Running:
    """More time, granted while there was time left. Raises Refusal ``clocks.too_late_to_extend`` and, when
    natural and working units would be mixed, ``clocks.extension_unit``.
    """
    if isinstance(extra, Limit):
        if counts_round_the_clock(extra) != counts_round_the_clock(clock.limit):
            raise Refusal("clocks.extension_unit", field="limit", limit=str(clock.limit))
        extra = seconds_of(extra, clock.calendar.spec)
    settled = _settled(clock, whole_second(at))
    if not settled.live or settled.broken_at is not None:
        raise Refusal("clocks.too_late_to_extend", kind="conflict", clock=clock.key)
    return _change(settled, "extended", at, seconds=extra)


def stop(clock: Running, at: datetime) -> Running:
    """The promise is met: ``kept`` if that was before its limit, else ``broken``."""
    return _change(clock, "met", at) if clock.live else clock


def drop(clock: Running, at: datetime) -> Running:
    """The promise is no longer owed (withdrawn, merged away, a grade without it). A breach that had
    happened remains one.
    """
    if not clock.live:
        return clock
    settled = _settled(clock, whole_second(at))
    return _change(settled, "dropped" if settled.broken_at is None else "met", at)


def reopen(clock: Running, at: datetime, *, ran_meanwhile: bool = False, seconds: int = 0) -> Running:
    """The promise goes on with the time it had used. ``ran_meanwhile`` counts the time since it ended too:
    a merge undone. ``seconds`` counts that much of it.
    """
    if clock.live:
        return clock
    at = whole_second(at)
    if ran_meanwhile and clock.ended_at:
        seconds = clock.counts.elapsed(clock.ended_at, at)
    return apply(clock, Event("reopened", at, seconds=seconds))


def copy_for_split(clock: Running, at: datetime) -> Running:
    """The same promise for a part of a matter: begun when it was, used what it has."""
    return _change(clock, "copied", at) if clock.live else clock


def merge(clock: Running, other: Running, at: datetime) -> Running:
    """Of two promises about one thing the older counts, so that joining never buys time. One that has ended
    stays as it is.

    The older brings its limit, its time and what happened to it. How it is watched from now on is as its new
    matter's pack declared it for ``clock``: when to warn, whether it runs through pauses, on which calendar.
    And its hands stand still, or move, as those of ``clock`` do: a pause is of a matter, not of a promise.
    """
    if not clock.live or not other.live:
        return clock
    older = min(clock, other, key=lambda one: (one.started_at, -used_at(one, at)))
    if older is clock:
        return clock
    at = whole_second(at)
    older = replace(older, key=clock.key, warn=clock.warn, runs_while_paused=clock.runs_while_paused)
    older = pause(older, at) if clock.state == "paused" else resume(older, at)
    older = _settled(older, at)
    if older.calendar.spec == clock.calendar.spec:
        return apply(older, Event("merged", at))
    return joined(older, clock.calendar, at, used_at(older, at))


def view(clock: Running, at: datetime) -> ClockView:
    """The clock as it looks at that moment, without waiting for anybody to fire it."""
    used, total = used_at(clock, at), clock.total
    left = total - used
    return ClockView(clock.key, _shown(clock, left, total), due_at(clock), left, total, used)


def _shown(clock: Running, left: int, total: int) -> Shown:
    if clock.state == "kept":
        return "kept"
    if clock.state == "stopped":
        return "stopped"
    if clock.broken_at is not None or (clock.state == "running" and left <= 0):
        return "breach"
    if clock.state == "paused":
        return "pause"
    return "soon" if left <= min(total // 3, SOON_SECONDS) else "plenty"


def retold(clock: Running, events: Iterable[Event]) -> Running:
    """The clock after these things have happened to it as well, in order. What fell due in between is recorded at the next :func:`fire`."""
    for event in events:
        if event.what in ("warned", "breached", "rung"):
            continue
        if event.what in ("met", "dropped") and not clock.live:
            continue
        clock = apply(_settled(clock, event.at), replace(event, what=_as_it_stands(clock, event)))
    return clock


def _as_it_stands(clock: Running, event: Event) -> What:
    broken = _settled(clock, event.at).broken_at is not None
    return "met" if event.what == "dropped" and broken else event.what


def new_events(before: Running | None, after: Running) -> tuple[Event, ...]:
    """What happened between two values of one clock."""
    return after.events[len(before.events) if before else 0 :]


def as_of(clock: Running, at: datetime, calendars: Mapping[str, Calendar] | None = None) -> Running | None:
    """The clock as it was known at a past moment: its events up to then, applied again. None before it
    began.
    """
    at = whole_second(at)
    then = [event for event in clock.events if event.at <= at]
    if not then:
        return None
    known = {"always": ALWAYS, clock.calendar.key: clock.calendar, **(calendars or {})}
    first = then[0]
    assert first.limit is not None
    past = Running(
        clock.key, first.limit, known.get(first.calendar, clock.calendar), first.at, running_since=first.at, rule=clock.rule, warn=clock.warn,
        runs_while_paused=clock.runs_while_paused, events=(first,),
    )  # fmt: skip
    for event in then[1:]:
        if event.what == "recalendared":
            past = recalendared(past, known.get(event.calendar, clock.calendar), event.at)
        elif event.what == "merged" and event.calendar:
            past = joined(past, known.get(event.calendar, clock.calendar), event.at, event.seconds)
        else:
            past = apply(past, event)
    return past


def first_due(clocks: Iterable[Running]) -> Running | None:
    """The running clock that runs out first."""
    running = [
        (due, one.key, one) for one in clocks if one.state == "running" and (due := due_at(one)) is not None
    ]
    return min(running, key=lambda row: row[:2])[2] if running else None
