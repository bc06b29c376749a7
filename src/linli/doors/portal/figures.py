"""Two figures with their working, for the first page: what today brought, and how many promises to arrive were kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from linli.kernel import moment
from linli.kernel.places.tree import Node, tree
from linli.lenses import rates, wall

DAYS = 30
FRESH_FOR = 60.0  # seconds: everybody who opens the page in that time gets the same figures


@dataclass(frozen=True, slots=True)
class Figures:
    """``arrived`` of ``due``: whatever was due counts, finished or not."""

    today: int
    ended: int
    arrived: int
    due: int


_kept: dict[str, tuple[float, Figures]] = {}


def around(home: Node | None) -> Figures:
    """Those of the community that is home, else of the whole town."""
    ground = tree()
    community = ground.up_to(home.id, "community") if home else None
    paths = (community.path,) if community else tuple(node.path for node in ground.roots)
    key, now = "|".join(paths), time.monotonic()
    known = _kept.get(key)
    if known and now - known[0] < FRESH_FOR:
        return known[1]
    made = _counted(paths)
    if len(_kept) > 1000:
        _kept.clear()
    _kept[key] = (now, made)
    return made


def _counted(paths: tuple[str, ...]) -> Figures:
    now = moment.now()
    day = wall.counts(paths, now)
    lines = rates.rates(paths, now - timedelta(days=DAYS), now, "zh", keys=("arrive",))
    return Figures(
        day["today"], day["ended"], sum(line.kept for line in lines), sum(line.of for line in lines)
    )


def forget() -> None:
    """Count anew; for tests."""
    _kept.clear()
