"""Which changes of the database this program knows, and which schemas were released. Needs no settings: it is asked before a store is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import linli

Change = tuple[str, str]
"""``(app, name)`` of one change, as Django's migrations are named."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a store stands. ``released``: the newest released schema it holds whole, "" if none; ``further``: changes made beyond that;
    ``lacking``: changes this program knows and the store has not; ``newer``: those it has and this program does not know."""

    released: str
    further: tuple[str, ...]
    lacking: tuple[str, ...]
    newer: tuple[str, ...]


def known() -> frozenset[str]:
    """``app.name`` of every change of our own tables that this program can make."""
    home = Path(linli.__file__).parent / "kernel"
    return frozenset(f"{path.parent.parent.name}.{path.stem}" for path in home.glob("*/migrations/[0-9]*.py"))


def unknown(made: Iterable[str]) -> tuple[str, ...]:
    """Of the changes that were made to a store, those a newer program made. This program must not write to such a store: it
    would leave empty what it does not know of."""
    ours = known()
    areas = {name.partition(".")[0] for name in ours}
    return tuple(sorted(name for name in made if name.partition(".")[0] in areas and name not in ours))


@cache
def released() -> dict[str, dict[str, str]]:
    """Every released schema, oldest first: its number, and the last change of each area in it."""
    text = (Path(__file__).parent / "released.toml").read_text("utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    return dict(sorted(found.items(), key=lambda one: int(one[0])))


def standing(made: Iterable[Change]) -> Standing:
    """Where a store stands to which these changes were made. Changes of one area are numbered, and made in that order."""
    has = {f"{app}.{name}" for app, name in made}
    whole = [
        number
        for number, last in released().items()
        if all(f"{app}.{name}" in has for app, name in last.items())
    ]
    newest = whole[-1] if whole else ""
    beyond = sorted(name for name in has if newest and _beyond(name, released()[newest]))
    ours = known()
    return Standing(newest, tuple(beyond), tuple(sorted(ours - has)), unknown(has))


def _beyond(name: str, last: dict[str, str]) -> bool:
    app, _, change = name.partition(".")
    return change > last.get(app, "")
