"""A promise as it runs, what happened to it, and what each happening makes of it. Pure.

A :class:`Running` is nothing but its events applied in order: :func:`apply` is the only place where one
moment's value becomes the next, so any past moment can be made again by applying fewer of them (law 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from linli.kernel.matters.calendars import ALWAYS, Calendar, counts_round_the_clock, seconds_of, whole_second
from linli.kernel.packspec.schema import Limit

State = Literal["running", "paused", "kept", "broken", "stopped"]
What = Literal[
    "started", "warned", "breached", "rung", "paused", "resumed", "extended", "relimited", "recalendared", "met", "dropped",
    "reopened", "copied", "merged",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a clock. ``at`` is when it was recorded; ``due`` is the moment it counts
    from, which is earlier when the program was down. A ``late`` warning was overtaken by its breach and is
    not sent.
    """

    what: What
    at: datetime
    due: datetime | None = None
    rung: int = 0
    role: str = ""
    seconds: int = 0
    limit: Limit | None = None
    calendar: str = ""
    late: bool = False

    @property
    def since(self) -> datetime:
        return self.due or self.at


@dataclass(frozen=True, slots=True)
class Running:
    """A clock of one matter.

    ``running`` and ``paused`` are live, also after the limit has passed (then ``broken_at`` is set and the
    ladder climbs); ``kept`` was met in time, ``broken`` was met too late, ``stopped`` is no longer owed.
    ``used`` counts earlier runs; the present run counts from ``running_since``. ``waited`` is what the next
    rung had waited, in natural and in calendar seconds, when the clock last stood still.
    """

    key: str
    limit: Limit
    calendar: Calendar  # as declared; natural limits run round the clock whatever it says
    started_at: datetime
    used: int = 0
    running_since: datetime | None = None
    extra: int = 0
    state: State = "running"
    rung: int = 0
    warned: bool = False
    broken_at: datetime | None = None
    ended_at: datetime | None = None
    rule: str = ""
    warn: float | Limit = 0.7
    runs_while_paused: bool = False
    rung_since: datetime | None = None
    waited: tuple[int, int] = (0, 0)
    events: tuple[Event, ...] = ()

    @property
    def live(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def counts(self) -> Calendar:
        """The calendar its seconds are counted on."""
        return ALWAYS if counts_round_the_clock(self.limit) else self.calendar

    @property
    def total(self) -> int:
        """Counted seconds it has, extensions included."""
        return seconds_of(self.limit, self.calendar.spec) + self.extra

    @property
    def warn_after(self) -> int | None:
        """Used seconds at which its holder is warned; None when that would not be before the breach."""
        after = (
            seconds_of(self.warn, self.calendar.spec)
            if isinstance(self.warn, Limit)
            else int(self.total * self.warn)
        )
        return after if after < self.total else None


def used_at(clock: Running, at: datetime) -> int:
    """Seconds of its own time used by then. Never falls as time goes on."""
    if clock.running_since is None:
        return clock.used
    return clock.used + clock.counts.elapsed(clock.running_since, whole_second(at))


def due_at(clock: Running) -> datetime | None:
    """When its time is up, as things stand: the moment it broke if it did; None while it is paused or after
    it has ended.
    """
    if clock.broken_at is not None:
        return clock.broken_at
    if clock.running_since is None:
        return None
    return clock.counts.advance(clock.running_since, clock.total - clock.used)


def warn_at(clock: Running) -> datetime | None:
    """When its holder is to be warned; None when that is done, not wanted, or not foreseeable (paused,
    ended, broken).
    """
    after = clock.warn_after
    if after is None or clock.warned or clock.broken_at is not None or clock.running_since is None:
        return None
    return clock.counts.advance(clock.running_since, after - clock.used)


def apply(clock: Running, event: Event) -> Running:
    """What the clock is after the event, the event included. Keeps the time used, whatever happens."""
    after = _EFFECTS[event.what](clock, event)
    return replace(after, events=(*clock.events, event))


def _standing(clock: Running, at: datetime) -> Running:
    """The hands stand still from ``at``: what was used, and what the next rung had waited, is put by."""
    waited = clock.waited
    if clock.rung_since is not None:
        natural, working = waited
        waited = (
            natural + ALWAYS.elapsed(clock.rung_since, at),
            working + clock.calendar.elapsed(clock.rung_since, at),
        )
    return replace(clock, used=used_at(clock, at), running_since=None, rung_since=None, waited=waited)


def _going(clock: Running, at: datetime) -> Running:
    """The hands move on from ``at``."""
    rung_since = at if clock.broken_at is not None else None
    return replace(clock, state="running", running_since=at, rung_since=rung_since, ended_at=None)


def _rebased(clock: Running, at: datetime) -> Running:
    """The time used so far is put by, so that what changes from ``at`` on changes nothing before."""
    standing = _standing(clock, at)
    return standing if clock.state == "paused" else _going(standing, at)


def _changed(clock: Running, at: datetime) -> Running:
    """After its limit changed: a warning given for a limit that has moved away is owed again."""
    after = clock.warn_after
    return replace(clock, warned=clock.warned and (after is None or used_at(clock, at) >= after))


def _warned(clock: Running, event: Event) -> Running:
    return replace(clock, warned=True)


def _breached(clock: Running, event: Event) -> Running:
    return replace(clock, broken_at=event.since, rung_since=event.since, waited=(0, 0))


def _rung(clock: Running, event: Event) -> Running:
    return replace(clock, rung=event.rung, rung_since=event.since, waited=(0, 0))


def _paused(clock: Running, event: Event) -> Running:
    return replace(_standing(clock, event.at), state="paused")


def _resumed(clock: Running, event: Event) -> Running:
    return _going(clock, event.at)


def _extended(clock: Running, event: Event) -> Running:
    return _changed(replace(clock, extra=clock.extra + event.seconds), event.at)


def _relimited(clock: Running, event: Event) -> Running:
    assert event.limit is not None
    return _changed(replace(_rebased(clock, event.at), limit=event.limit), event.at)


def _met(clock: Running, event: Event) -> Running:
    state: State = "kept" if clock.broken_at is None else "broken"
    return replace(_standing(clock, event.at), state=state, ended_at=event.at)


def _dropped(clock: Running, event: Event) -> Running:
    return replace(_standing(clock, event.at), state="stopped", ended_at=event.at)


def _reopened(clock: Running, event: Event) -> Running:
    """``seconds`` is time that ran although the clock had ended: a merge that is undone."""
    return _going(replace(clock, used=clock.used + event.seconds), event.at)


def _same(clock: Running, event: Event) -> Running:
    return clock


_EFFECTS: dict[str, Callable[[Running, Event], Running]] = {
    "started": _same, "warned": _warned, "breached": _breached, "rung": _rung, "paused": _paused, "resumed": _resumed,
    "extended": _extended, "relimited": _relimited, "recalendared": _same, "met": _met,
    "dropped": _dropped, "reopened": _reopened, "copied": _same, "merged": _same,
}  # fmt: skip


def recalendared(clock: Running, calendar: Calendar, at: datetime) -> Running:
    """From ``at`` on, time is counted on another calendar; what was used stays used."""
    event = Event("recalendared", at, calendar=calendar.key)
    after = _changed(replace(_rebased(clock, at), calendar=calendar), at)
    return replace(after, events=(*clock.events, event))


def joined(clock: Running, calendar: Calendar, at: datetime, used: int) -> Running:
    """From ``at`` on it is a promise of another matter, counted on that matter's calendar. What it had used by its own is told in the event:
    the pack it comes from, and with it that calendar, need not be known to whoever applies the events again."""
    event = Event("merged", at, seconds=used, calendar=calendar.key)
    since = None if clock.running_since is None else at
    return replace(clock, calendar=calendar, used=used, running_since=since, events=(*clock.events, event))


def begun(clock: Running) -> Running:
    """A clock at its first second, with its first event."""
    return replace(
        clock, events=(Event("started", clock.started_at, limit=clock.limit, calendar=clock.calendar.key),)
    )
