"""The flow of a pack as a graph of stages, and every state its clocks can be in. Pure; ``prove`` asks it
questions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linli.kernel.packspec.schema import Act, Clock, Pack

Way = tuple[str, ...]
"""Stages and acts in turn, beginning with the stage in which a matter is opened."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An act that takes a matter from one stage to another, with the outcome that decides it."""

    start: str
    act: Act
    outcome: str
    to: str

    @property
    def label(self) -> str:
        return self.act.key if self.outcome == "*" else f"{self.act.key}:{self.outcome}"


@dataclass(frozen=True, slots=True)
class Moment:
    """A stage and the clocks that run in it."""

    stage: str
    running: frozenset[str]


class Flow:
    """Stages and the acts between them. Names that do not exist are left out here; other checks report
    them."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.firsts = tuple(
            dict.fromkeys(name for name in (pack.first, pack.first_found) if name in pack.stages)
        )
        self.edges = list(self._edges())
        self._next_stages: dict[str, set[str]] = {key: set() for key in pack.stages}
        for edge in self.edges:
            self._next_stages[edge.start].add(edge.to)
        self._ahead: dict[str, frozenset[str]] = {}
        self._ways = self._shortest()

    def way(self, stage: str) -> Way:
        """The shortest way from opening to ``stage``; empty if there is none."""
        return self._ways.get(stage, ())

    def reachable(self, stage: str) -> frozenset[str]:
        """Every stage that a matter in ``stage`` can still come to, itself included."""
        if stage not in self._ahead:
            found, waiting = {stage}, [stage]
            while waiting:
                further = self._next_stages[waiting.pop()] - found
                found |= further
                waiting += further
            self._ahead[stage] = frozenset(found)
        return self._ahead[stage]

    def moments(self, clocks: Mapping[str, Clock], grade: str | None) -> dict[Moment, Way]:
        """Every state a matter with these clocks can come to, each with the shortest way to it. ``grade``
        leaves out acts that are not for matters of that grade; None leaves out none (a matter may be
        regraded on its way)."""
        found: dict[Moment, Way] = {}
        waiting: deque[Moment] = deque()
        for first in self.firsts:
            _note(found, waiting, Moment(first, _started(clocks, frozenset(), first, "")), (first,))
        while waiting:
            moment = waiting.popleft()
            for label, after in self._next(moment, clocks, grade):
                _note(found, waiting, after, (*found[moment], label, after.stage))
        return found

    def _next(
        self, moment: Moment, clocks: Mapping[str, Clock], grade: str | None
    ) -> Iterator[tuple[str, Moment]]:
        for act in self.pack.acts.values():
            if moment.stage not in act.from_ or (grade and act.grades and grade not in act.grades):
                continue
            ways = [edge for edge in self.edges if edge.start == moment.stage and edge.act is act]
            for edge in ways:
                yield edge.label, Moment(edge.to, _started(clocks, moment.running, edge.to, act.key))
            if not ways or act.attempts:
                here = Moment(moment.stage, _started(clocks, moment.running, "", act.key))
                if here != moment:
                    yield act.key, here

    def _edges(self) -> Iterator[Edge]:
        """An unmerge leads to where the matter was merged from, with the clocks that ran there: nowhere
        new, so it is no edge."""
        stages = self.pack.stages
        for act in self.pack.acts.values():
            for start in act.from_:
                for outcome, to in act.to.items():
                    if start in stages and to in stages and to != start and act.does != "unmerge":
                        yield Edge(start, act, outcome, to)

    def _shortest(self) -> dict[str, Way]:
        ways: dict[str, Way] = {first: (first,) for first in self.firsts}
        waiting = deque(self.firsts)
        while waiting:
            stage = waiting.popleft()
            for edge in self.edges:
                if edge.start == stage and edge.to not in ways:
                    ways[edge.to] = (*ways[stage], edge.label, edge.to)
                    waiting.append(edge.to)
        return ways


def _note(found: dict[Moment, Way], waiting: deque[Moment], moment: Moment, way: Way) -> None:
    if moment not in found:
        found[moment] = way
        waiting.append(moment)


def _started(clocks: Mapping[str, Clock], running: frozenset[str], stage: str, act: str) -> frozenset[str]:
    """Which clocks run after ``act`` has led to ``stage`` ("" where the matter stays)."""
    names = {stage, f"act:{act}"} - {""}
    going = {key for key in running if not names & set(clocks[key].stops)}
    return frozenset(going | {key for key, clock in clocks.items() if names & set(clock.starts)})
