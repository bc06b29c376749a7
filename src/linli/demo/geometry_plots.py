"""How the ground of one street is laid out before it has codes: communities, compounds, micro-grids and the roads between
them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random

from linli.demo import names
from linli.demo.geometry_cuts import (
    XY,
    Line,
    Point,
    Ring,
    cut,
    divide,
    nearest,
    north_first,
    parts_of,
    plane,
    smooth,
    snap,
    west_first,
)
from linli.demo.names import Name

STEP = 20.0  # metres between the points of a border inside a street


@dataclass(frozen=True, slots=True)
class Drawn:
    """Something of the map that is nobody's ground. ``kind`` of roads: main street lane."""

    layer: str
    kind: str
    name: Name | None
    points: tuple[Point, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """A community before it has codes: its ground, the axis of its streets, its compounds with their
    micro-grids.
    """

    community: names.Community
    ring: Ring
    turn: float
    parts: tuple[tuple[Name, Ring, tuple[Ring, ...]], ...]


class Roads:
    """Cut lines on their way to be roads, with their names."""

    def __init__(self) -> None:
        self.drawn: list[Drawn] = []

    def add(self, kind: str, lines: Sequence[Line], named: Iterator[Name] | None = None) -> None:
        self.drawn += [Drawn("road", kind, next(named) if named else None, tuple(line)) for line in lines]

    def named(self, *kinds: str) -> list[Drawn]:
        return [road for road in self.drawn if road.kind in kinds and road.name]


def _endless(listed: Sequence[Name], more: Iterator[Name], rng: Random) -> Iterator[Name]:
    yield from map(names.spaced, listed)
    for stem in more:
        yield names.road(stem, rng)


def home(ring: Ring, river: Sequence[XY], seed: int) -> tuple[list[Plot], Roads]:
    """The street of the sample page: 5 communities, 16 compounds, 39 micro-grids, a river through the
    second.
    """
    rng = Random(f"{seed}:home")
    roads, side = Roads(), _endless(names.SIDE_ROADS, names.stems(f"{seed}:home"), rng)
    across = cut(ring, 18 / 39, north_first(rng.uniform(-1.5, 1.5)), rng, bend=0.012)
    upper = cut(across.first, 0.5, west_first(5), rng, bend=0.015)
    lower = cut(across.second, 1 / 3, west_first(4), rng, bend=0.015)
    right = cut(lower.second, 0.5, west_first(-2), rng, bend=0.015)
    roads.add("main", [one.line for one in (across, upper, lower, right)], iter(names.MAIN_ROADS))
    grounds = [upper.first, upper.second, lower.first, right.first, right.second]
    turns = [3.0, 1.0, 4.0, 2.0, -2.0]
    plots = []
    for community, ground, turn in zip(names.COMMUNITIES, grounds, turns, strict=True):
        turn += rng.uniform(-1, 1)
        banks = _banks(ground, river) if community is names.COMMUNITIES[1] else None
        plots.append(_plot(community, ground, turn, rng, roads, side, banks))
    return plots, roads


def _banks(ground: Ring, river: Sequence[XY]) -> tuple[Ring, Ring]:
    """The ground north and south of the river, which is their border; the river comes from the north."""
    start, end = nearest(ground, river[0]), nearest(ground, river[-1])
    ends = plane(ground[start]), plane(ground[end])
    path = [snap(*spot) for spot in smooth([ends[0], *river[1:-1], ends[1]], STEP)[1:-1]]
    south, north = divide(ground, start, end, path)
    return north, south


def _plot(
    community: names.Community,
    ground: Ring,
    turn: float,
    rng: Random,
    roads: Roads,
    side: Iterator[Name],
    banks: tuple[Ring, Ring] | None = None,
) -> Plot:
    lines: list[Line] = []
    counts = [count for _, count in community.compounds]
    if banks is None:
        rings = parts_of(ground, counts, turn, rng, STEP, lines)
    else:
        half = len(counts) // 2
        rings = parts_of(banks[0], counts[:half], turn, rng, STEP, lines)
        rings += parts_of(banks[1], counts[half:], turn, rng, STEP, lines)
    roads.add("street", lines, side)
    parts = []
    for (name, count), ring in zip(community.compounds, rings, strict=True):
        lanes: list[Line] = []
        cells = parts_of(ring, [1] * count, turn + rng.uniform(-2, 2), rng, STEP, lanes)
        roads.add("lane", lanes)
        parts.append((name, ring, tuple(cells)))
    return Plot(community, ground, turn, tuple(parts))


def elsewhere(ring: Ring, grids: int, seed: int, code: str) -> tuple[list[Plot], Roads]:
    """Any other street: as many micro-grids, with names of its own."""
    rng = Random(f"{seed}:{code}")
    stems = names.stems(f"{seed}:{code}")
    roads, side = Roads(), _endless((), names.stems(f"{seed}:{code}:side"), rng)
    communities = [_invented(stems, rng, total) for total in _dealt(grids, 8 if grids < 80 else 21, rng)]
    lines: list[Line] = []
    weights = [sum(count for _, count in one.compounds) for one in communities]
    turn = rng.uniform(-9, 9)
    rings = parts_of(ring, weights, turn, rng, STEP, lines)
    roads.add("main", lines, (names.road(stem, rng, main=True) for stem in stems))
    plots = [
        _plot(one, ground, turn + rng.uniform(-4, 4), rng, roads, side)
        for one, ground in zip(communities, rings, strict=True)
    ]
    return plots, roads


def _dealt(total: int, each: int, rng: Random) -> list[int]:
    """``total`` in portions of about ``each``."""
    portions = max(1, round(total / each))
    dealt = [total // portions + (n < total % portions) for n in range(portions)]
    for n in range(0, portions - 1, 2):
        move = rng.randint(0, max(0, min(dealt[n], dealt[n + 1]) // 4))
        dealt[n], dealt[n + 1] = dealt[n] + move, dealt[n + 1] - move
    return dealt


def _invented(stems: Iterator[Name], rng: Random, grids: int) -> names.Community:
    stem = next(stems)
    counts = _dealt(grids, 3 if grids < 12 else 5, rng)
    compounds = tuple((names.compound(next(stems), rng), count) for count in counts)
    return names.Community(Name(f"{stem.zh}社区", f"{stem.en} Community"), stem, compounds)


def street_size(grids: int, apart: float = 190.0) -> float:
    """Roughly how many metres a side a street of so many micro-grids measures."""
    return ceil((grids * apart * apart) ** 0.5)
