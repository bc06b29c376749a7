"""What the wall shows, as its script gets it: everything once, then the short part again after each change."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import linli
from linli.doors import spoken
from linli.doors.bundle import parts_of
from linli.doors.clock_face import face_of
from linli.doors.live_map import dot_data
from linli.kernel import moment
from linli.kernel.ledger import rows as ledger
from linli.kernel.matters.cards import Card, Happened, Rate
from linli.lenses import happened, wall
from linli.lenses.ground import where

#: A figure may lag by as many times what it took to work out: short reads stay within a second, rates never take more than a twentieth of a core.
HASTE, PATIENCE = 2.0, 20.0
FRESH = 2.0  # seconds for which a figure holds while nothing is written to the log
_MOST_KEPT = 64


class Figures:
    """Answers kept for a moment, shared by all walls of the same ground. One thread works a figure out, the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[Any, ...], tuple[int, float, float, Any]] = {}

    def get(self, key: tuple[Any, ...], lag: float, work_out: Callable[[], Any]) -> tuple[Any, float]:
        """The figure, and in how many seconds a newer one may be had (0: this is the newest)."""
        with self._lock:
            idx, began = ledger.size(), time.monotonic()
            known, made, until, value = self._held.get(key, (-1, 0.0, 0.0, None))
            if known == idx and began < made + FRESH:
                return value, 0.0
            if began < until:
                return value, until - began
            value, ended = work_out(), time.monotonic()
            if len(self._held) >= _MOST_KEPT:
                self._held.clear()
            self._held[key] = (idx, ended, ended + lag * (ended - began), value)
            return value, 0.0

    def forget(self) -> None:
        """Work everything out anew."""
        with self._lock:
            self._held.clear()


figures = Figures()


def version() -> str:
    """Changes with the program and with the scripts and styles of this door: a wall that was made by another one makes itself anew."""
    parts = parts_of("screen")
    names = "|".join((linli.__version__, *parts.styles, *parts.imports, *parts.scripts))
    return hashlib.sha256(names.encode()).hexdigest()[:12]


def brief(paths: Sequence[str], lang: str) -> dict[str, Any]:
    """Counts, clocks, rates, rounds and the day's bars. ``again``: seconds after which to ask once more, 0 if all of it is of this moment."""
    ground = tuple(paths)
    shown, first = figures.get(("brief", ground, lang), HASTE, lambda: _brief(ground, lang))
    rates, second = figures.get(
        ("rates", ground, lang), PATIENCE, lambda: _rates(wall.kept(ground, moment.now(), lang))
    )
    return {
        **shown,
        "rates": rates,
        "again": round(max(first, second), 1),
        "version": version(),
        "now": _ms(moment.now()),
    }


def full(paths: Sequence[str], lang: str) -> dict[str, Any]:
    """The same with all dots and what happened last: at the beginning, after a gap, and every few minutes."""
    ground = tuple(paths)
    shown, _ = figures.get(("full", ground, lang), HASTE, lambda: _full(ground, lang))
    return brief(paths, lang) | shown


def _brief(paths: tuple[str, ...], lang: str) -> dict[str, Any]:
    now = moment.now()
    return {
        "counts": wall.counts(paths, now),
        "running": [row_of(card, lang, now) for card in wall.running(paths, lang, now)],
        "rounds": [list(row) for row in wall.rounds_walked(paths, lang)],
        "bars": list(wall.histogram(paths, now)),
        "day": _ms(wall.midnight(now)),
        "date": _date(now, lang),
    }


def _full(paths: tuple[str, ...], lang: str) -> dict[str, Any]:
    idx = ledger.size() - 1  # first: what the rows show already is told again rather than left out
    return {
        "idx": idx,
        "dots": [dot_data(dot) for dot in wall.dots(paths)],
        "just": [_line(one) for one in happened.just(paths, lang)],
    }


def _rates(rates: Sequence[Rate]) -> list[dict[str, Any]]:
    return [
        {
            "key": r.key,
            "name": r.name,
            "kept": r.kept,
            "of": r.of,
            "excluded": r.excluded,
            "permille": permille(r),
            "rule": r.rule,
        }
        for r in rates
    ]


def permille(rate: Rate) -> int | None:
    """Rounded down, so that 100 % means all of them; None when nothing has come due."""
    return rate.kept * 1000 // rate.of if rate.of else None


def row_of(card: Card, lang: str, now: datetime) -> dict[str, Any]:
    """A clock in the rail: what, where, who answers, and the face of the clock."""
    face = face_of(card.clock, lang, now) if card.clock else None
    post = [part for part in (card.holder_role, card.holder) if part]
    who = " ".join(post) if lang != "en" else ", ".join(reversed(post))
    return {
        "id": card.id, "title": card.title, "where": where(card.path, card.area_only, lang), "who": who, "area": card.area_only,
        "name": face.name if face else "", "state": face.state if face else "pause", "word": face.word if face else "",
        "figure": face.figure if face else "", "due": face.due_ms if face else None, "warn": face.warn_ms if face else None,
        "total": face.total_seconds if face else 0, "at": _ms(card.clock.due_at) if card.clock and card.clock.due_at else None,
    }  # fmt: skip


def _date(now: datetime, lang: str) -> str:
    parts = (spoken.day(now, now, lang), spoken.weekday(now, lang))
    return "　".join(parts) if lang != "en" else " ".join(reversed(parts))


def _line(one: Happened) -> dict[str, Any]:
    return {"at": one.at.isoformat(), "id": one.id, "ball": one.ball, "words": one.sentence}


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
