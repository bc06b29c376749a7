"""A clock as plain columns and back again. Pure: knows the shape of the row, not the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from linli.kernel.matters.calendars import ALWAYS, Calendar
from linli.kernel.matters.clocks_running import Event, Running, due_at
from linli.kernel.packspec.schema import Limit

_LIMIT = re.compile(r"^(\d+)(s|m|h|d|wh|wd)$")


def limit_of(text: str, source: str = "") -> Limit:
    """``10m`` as a limit. Raises ValueError for anything else."""
    found = _LIMIT.match(text)
    if found is None:
        raise ValueError(f"not a limit: {text}")
    return Limit(int(found[1]), found[2], source)  # type: ignore[arg-type]


def to_columns(clock: Running) -> dict[str, Any]:
    """The columns of a clock's row but for ids and ``next_at`` (which needs the ladder). ``detail`` is JSON
    without floats.
    """
    return {
        "key": clock.key,
        "state": clock.state,
        "limit": str(clock.limit),
        "calendar": clock.calendar.key,
        "started_at": clock.started_at,
        "used": clock.used,
        "running_since": clock.running_since,
        "extra": clock.extra,
        "rung": clock.rung,
        "warned": clock.warned,
        "broken_at": clock.broken_at,
        "ended_at": clock.ended_at,
        "due_at": due_at(clock),
        "detail": _detail(clock),
    }


def from_columns(row: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Running:
    """The clock that :func:`to_columns` wrote down. ``calendars`` are those of its edition."""
    detail = row["detail"]
    warn = detail["warn"]
    return Running(
        key=row["key"],
        limit=limit_of(row["limit"], detail.get("source", "")),
        calendar=_calendar(row["calendar"], calendars),
        started_at=row["started_at"],
        used=row["used"],
        running_since=row["running_since"],
        extra=row["extra"],
        state=row["state"],
        rung=row["rung"],
        warned=row["warned"],
        broken_at=row["broken_at"],
        ended_at=row["ended_at"],
        rule=detail.get("rule", ""),
        warn=warn / 1000 if isinstance(warn, int) else limit_of(warn),
        runs_while_paused=detail.get("through_pauses", False),
        rung_since=moment_of(detail.get("rung_since")),
        waited=tuple(detail.get("waited", (0, 0))),
        events=tuple(event_of(one) for one in detail["events"]),
    )


def frozen(clock: Running) -> dict[str, Any]:
    """A clock as plain JSON, for a row that keeps it aside. :func:`thawed` makes it again."""
    columns = to_columns(clock)
    return {key: _stamp(value) if isinstance(value, datetime) else value for key, value in columns.items()}


def thawed(kept: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Running:
    """The clock that :func:`frozen` put by."""
    moments = {key: moment_of(kept[key]) for key in _MOMENTS}
    return from_columns({**kept, **moments}, calendars)


_MOMENTS = ("started_at", "running_since", "broken_at", "ended_at", "due_at")


def _calendar(key: str, calendars: Mapping[str, Calendar]) -> Calendar:
    return calendars[key] if key in calendars or key != "always" else ALWAYS


def _detail(clock: Running) -> dict[str, Any]:
    warn = str(clock.warn) if isinstance(clock.warn, Limit) else round(clock.warn * 1000)
    detail: dict[str, Any] = {"warn": warn, "events": [event_facts(event) for event in clock.events]}
    if clock.rule:
        detail["rule"] = clock.rule
    if clock.limit.source:
        detail["source"] = clock.limit.source
    if clock.runs_while_paused:
        detail["through_pauses"] = True
    if clock.rung_since is not None:
        detail["rung_since"] = _stamp(clock.rung_since)
    if clock.waited != (0, 0):
        detail["waited"] = list(clock.waited)
    return detail


def event_facts(event: Event) -> dict[str, Any]:
    """An event as JSON without floats, and so as ledger body: nothing in it is personal."""
    facts: dict[str, Any] = {"what": event.what, "at": _stamp(event.at)}
    if event.due is not None:
        facts["due"] = _stamp(event.due)
    if event.limit is not None:
        facts["limit"] = str(event.limit)
        if event.limit.source:
            facts["source"] = event.limit.source
    for name in ("rung", "role", "seconds", "calendar", "late"):
        if value := getattr(event, name):
            facts[name] = value
    return facts


def event_of(facts: Mapping[str, Any]) -> Event:
    """The event that :func:`event_facts` wrote down."""
    limit = limit_of(facts["limit"], facts.get("source", "")) if "limit" in facts else None
    extras = {name: facts[name] for name in ("rung", "role", "seconds", "calendar", "late") if name in facts}
    at = moment_of(facts["at"])
    assert at is not None
    return Event(facts["what"], at, due=moment_of(facts.get("due")), limit=limit, **extras)


def _stamp(at: datetime) -> int:
    return int(at.timestamp())


def moment_of(stamp: int | None) -> datetime | None:
    """A time as rows and the ledger write it: whole seconds since 1970."""
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
