"""How one clock looks at one moment: state, word, figure, length of its bar. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linli.doors import spoken
from linli.doors.words import say

STATES = ("plenty", "soon", "breach", "pause", "kept")
LAST_HOUR = 3600


@dataclass(frozen=True)
class Face:
    """What parts/clock.html draws. ``due_ms`` and ``warn_ms`` let the page count on by itself."""

    name: str
    state: str
    word: str
    figure: str
    left_percent: int
    due_ms: int | None
    warn_ms: int | None
    total_seconds: int
    due_at: datetime | None


def face_of(clock: Any, lang: str, present: datetime) -> Face:
    """The face of a clock given as an object or mapping (a kernel ``ClockLine`` fits as it is).

    Fields, all optional but one of due_at/left_seconds: ``name`` or ``name_text`` (str or two-language text), ``state``,
    ``due_at warn_at started_at ended_at`` (aware), ``left_seconds`` (negative once over), ``total_seconds``, ``used_seconds``.
    ``counts=False`` says its seconds are working time: then the hour it is due is shown, its word says so, and nothing counts down.
    A state that is not given is read off the hours: soon from ``warn_at`` or the last third, at most the last hour.
    """
    get = clock.get if isinstance(clock, Mapping) else lambda key: getattr(clock, key, None)
    due, given = get("due_at"), get("state")
    total = _total(get("total_seconds"), due, get("started_at"))
    running = due is not None and get("ended_at") is None and given in (None, *STATES[:3])
    counts = running and get("counts") is not False
    warn = get("warn_at") or _warn(due, total)
    state = _state(given, due, warn, present) if counts else _ended(given, due, present, running)
    left = _left(get("left_seconds"), due if running and (counts or state == "breach") else None, present)
    used = _used(get("used_seconds"), total, left)
    return Face(
        name=_name(get("name_text") or get("name"), lang),
        state="pause" if state == "stopped" else state,
        word=say(lang, "clock.by" if running and not counts and state != "breach" else f"clock.{state}"),
        figure=_figure(state, left, used, due if running and not counts else None, lang, present),
        left_percent=_share(state, left, used, total),
        due_ms=_ms(due) if due and running and (counts or state == "breach") else None,
        warn_ms=_ms(warn) if warn and counts else None,
        total_seconds=int(total),
        due_at=due if running else None,
    )


def _left(given: float | None, due: datetime | None, present: datetime) -> float:
    """What is left in natural time where that is what counts, else what the clock itself says."""
    if due is not None:
        return (due - present).total_seconds()
    return float(given or 0)


def _figure(state: str, left: float, used: float, due: datetime | None, lang: str, present: datetime) -> str:
    if state in ("kept", "stopped"):
        return spoken.spoken(used, lang)
    if due is not None and state != "breach":
        return spoken.hour(due, present, lang)
    return spoken.figure(left, lang)


def _ended(given: Any, due: datetime | None, present: datetime, running: bool) -> str:
    """The state of a clock that nothing counts down: as given, except that an hour that has passed has passed."""
    if running and due is not None and present >= due:
        return "breach"
    return str(given) if given in (*STATES, "stopped") else "plenty"


def _state(given: Any, due: datetime | None, warn: datetime | None, present: datetime) -> str:
    """The hours decide, so that a page from a cache never lies; a breach that was recorded stays one."""
    if due is None or present >= due or given == "breach":
        return "breach"
    return "soon" if warn and present >= warn else "plenty"


def _warn(due: datetime | None, total: float) -> datetime | None:
    return due - timedelta(seconds=min(total / 3, LAST_HOUR)) if due and total else None


def _total(given: Any, due: datetime | None, started: datetime | None) -> float:
    if given is not None:
        return float(given)
    return (due - started).total_seconds() if due and started else 0.0


def _used(given: float | None, total: float, left: float) -> float:
    return float(given) if given is not None else max(0.0, total - left)


def _share(state: str, left: float, used: float, total: float) -> int:
    """The bar shows what is left; of a kept clock, what was used; once over it is full."""
    if state == "breach":
        return 100
    share = (used if state in ("kept", "stopped") else left) / total if total else 0.5
    return max(0, min(100, round(100 * share)))


def _name(words: Any, lang: str) -> str:
    if words is None or isinstance(words, str):
        return words or ""
    zh, en = (words.get("zh"), words.get("en")) if isinstance(words, Mapping) else (words.zh, words.en)
    return str((en if lang == "en" else zh) or zh or en or "")


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)
