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
    """The face of a clock given as an object or mapping.

    Fields, all optional but one of due_at/left_seconds: ``name_text`` (str or two-language text) or ``name``, ``state``,
    ``due_at warn_at started_at`` (aware), ``left_seconds`` (negative once over), ``total_seconds``, ``used_seconds``
    (for kept ones). A state that is not given is read off the hours: soon from ``warn_at`` or the last third,
    at most the last hour.
    """
    get = clock.get if isinstance(clock, Mapping) else lambda key: getattr(clock, key, None)
    due, started = get("due_at"), get("started_at")
    total = _total(get("total_seconds"), due, started)
    left = get("left_seconds")
    given = get("state")
    if left is None or (given in STATES[:3] and due):
        left = (due - present).total_seconds() if due else 0
    warn = get("warn_at") or _warn(due, total)
    state = _state(given, due, warn, present)
    shown = _used(get, total, left) if state == "kept" else left
    figure = spoken.spoken(shown, lang) if state == "kept" else spoken.figure(shown, lang)
    running = state in STATES[:3] and due is not None
    return Face(
        name=_name(get("name_text") or get("name"), lang),
        state=state,
        word=say(lang, f"clock.{state}"),
        figure=figure,
        left_percent=_share(state, left, shown, total),
        due_ms=_ms(due) if running else None,
        warn_ms=_ms(warn) if running and warn else None,
        total_seconds=int(total),
        due_at=due,
    )


def _state(given: Any, due: datetime | None, warn: datetime | None, present: datetime) -> str:
    """Trust pause and kept; the other three follow the present, so that a page from a cache never lies."""
    if given in ("pause", "kept"):
        return str(given)
    if due is None:
        return str(given) if given in STATES else "plenty"
    if present >= due:
        return "breach"
    return "soon" if warn and present >= warn else "plenty"


def _warn(due: datetime | None, total: float) -> datetime | None:
    return due - timedelta(seconds=min(total / 3, LAST_HOUR)) if due and total else None


def _total(given: Any, due: datetime | None, started: datetime | None) -> float:
    if given is not None:
        return float(given)
    return (due - started).total_seconds() if due and started else 0.0


def _used(get: Any, total: float, left: float) -> float:
    used = get("used_seconds")
    return float(used) if used is not None else max(0.0, total - left)


def _share(state: str, left: float, used: float, total: float) -> int:
    """The bar shows what is left; of a kept clock, what was used; once over it is full."""
    if state == "breach":
        return 100
    share = (used if state == "kept" else left) / total if total else 0.5
    return max(0, min(100, round(100 * share)))


def _name(words: Any, lang: str) -> str:
    if words is None or isinstance(words, str):
        return words or ""
    zh, en = (words.get("zh"), words.get("en")) if isinstance(words, Mapping) else (words.zh, words.en)
    return str((en if lang == "en" else zh) or zh or en or "")


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)
