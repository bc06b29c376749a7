"""Does this pack keep the laws? Pure. ``prove`` answers every fault at once, each with its line and the
shortest way that shows it.

What is proved of the flow: every stage can be reached; from everywhere an end can be reached; no end is
reached but through a call-back or check by another, or for a recorded reason; every open stage has one
responsible role and, for every grade and condition, a running clock; every clock that starts is stopped on
every way, and from everywhere it runs its stop can be reached; every ladder ends at a post that exists.
``prove_parts`` proves what is said of single acts, fields, words and views.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from linli.kernel.packspec.faults import Fault, Where, fault
from linli.kernel.packspec.flow import Edge, Flow, Moment, Way
from linli.kernel.packspec.prove_parts import parts
from linli.kernel.packspec.schema import Clock, Pack

__all__ = ["Fault", "prove"]

NEEDS_REASON = ("withdraw", "close_without")


def prove(pack: Pack) -> list[Fault]:
    """Every fault of the pack, in the order of its files; empty where it may run."""
    where = Where(pack.lines, f"{pack.key}/pack.toml")
    faults = list(parts(pack, where))
    if not pack.library:
        faults += _Proof(pack, where).faults()
    return sorted(dict.fromkeys(faults), key=lambda one: (one.file, one.line, one.code))


class _Proof:
    def __init__(self, pack: Pack, where: Where) -> None:
        self.pack, self.where, self.flow = pack, where, Flow(pack)

    def faults(self) -> Iterator[Fault]:
        yield from self._beginnings()
        yield from self._stages()
        yield from self._ends()
        yield from self._clocks()

    def _say(self, code: str, at: str, path: Way = (), /, **facts: object) -> Fault:
        return fault(code, self.where(at), path, **facts)

    def _stage(self, key: str) -> str:
        return f"{self.pack.stages[key].text.zh} ({key})" if key in self.pack.stages else key

    def _beginnings(self) -> Iterator[Fault]:
        for at, name in (("first", self.pack.first), ("first_found", self.pack.first_found)):
            if name not in self.pack.stages:
                yield self._say("unknown_stage", at, name=name, at=at, hint=" ".join(self.pack.stages))
            elif self.pack.stages[name].end:
                yield self._say("born_ended", at, (name,), stage=name)

    def _stages(self) -> Iterator[Fault]:
        ends = {key for key, stage in self.pack.stages.items() if stage.end}
        for key, stage in self.pack.stages.items():
            way = self.flow.way(key)
            if not way:
                yield self._say("unreachable_stage", f"stages.{key}", stage=key)
            elif not stage.end and not self.flow.reachable(key) & ends:
                yield self._say("dead_end", f"stages.{key}", way, stage=key)
            if not stage.end and not stage.holder:
                yield self._say("no_holder", f"stages.{key}", way, stage=key)
            if stage.end and stage.holder:
                yield self._say("end_with_holder", f"stages.{key}", way, stage=key, role=stage.holder)

    def _ends(self) -> Iterator[Fault]:
        for edge in self.flow.edges:
            if self.pack.stages[edge.to].end and self.flow.way(edge.start):
                yield from self._end(edge, (*self.flow.way(edge.start), edge.label, edge.to))

    def _end(self, edge: Edge, way: Way) -> Iterator[Fault]:
        act, at = edge.act, f"acts.{edge.act.key}"
        if act.does == "call_back":
            if edge.outcome in ("not_solved", "not_satisfied", "*"):
                yield self._say(
                    "unsolved_ends", f"{at}.to", way, act=act.key, outcome=edge.outcome, stage=edge.to
                )
        elif act.does == "check":
            if edge.outcome != "ok":
                yield self._say(
                    "unsolved_ends", f"{at}.to", way, act=act.key, outcome=edge.outcome, stage=edge.to
                )
        elif act.does in NEEDS_REASON:
            if "reason" not in act.needs:
                yield self._say("end_without_reason", at, way, act=act.key, stage=edge.to)
        elif act.does == "approve" and edge.outcome == "out_of_scope":
            yield from self._reviewed(edge, way)
        elif act.does != "merge":
            yield self._say("end_without_call_back", at, way, act=act.key, stage=edge.to)

    def _reviewed(self, edge: Edge, way: Way) -> Iterator[Fault]:
        asking = [act for act in self.pack.acts.values() if act.does == "out_of_scope"]
        if not any(edge.start in act.from_ for act in asking):
            yield self._say("nothing_to_review", f"acts.{edge.act.key}", way, act=edge.act.key, stage=edge.to)
        alone = {"holder", "reporter", "resident"} & set(edge.act.by)
        if alone:
            yield self._say(
                "review_by_self", f"acts.{edge.act.key}.by", way, act=edge.act.key, who=min(alone)
            )

    # Clocks

    def _clocks(self) -> Iterator[Fault]:
        lacking: dict[str, tuple[Way, list[str]]] = {}
        seen: set[tuple[str, str]] = set()
        for grade, clocks, names in self._walks():
            for moment, way in self.flow.moments(clocks, grade).items():
                yield from self._left(moment, way, clocks, seen)
                if self._nothing_runs(moment, clocks):
                    lacking.setdefault(moment.stage, (way, []))[1].extend(names)
        for stage, (way, names) in lacking.items():
            shown = ", ".join(dict.fromkeys(names))
            yield self._say("stage_without_clock", f"stages.{stage}", way, stage=stage, grades=shown)

    def _walks(self) -> list[tuple[str | None, dict[str, Clock], list[str]]]:
        """One walk for each set of clocks that some matter has: by its grade or, where the limits differ,
        by its condition."""
        regrades = any(act.does == "regrade" for act in self.pack.acts.values())
        walks: dict[tuple[str | None, frozenset[str]], list[str]] = {}
        for grade, kind, condition in self._cases():
            running = frozenset(
                key for key, clock in self.pack.clocks.items() if clock.runs_for(grade, kind, condition)
            )
            walks.setdefault((None if regrades else grade, running), []).append(grade)
        return [
            (grade, {key: self.pack.clocks[key] for key in self.pack.clocks if key in running}, names)
            for (grade, running), names in walks.items()
        ]

    def _cases(self) -> list[tuple[str, str, str]]:
        cases = [(grade, "", "") for grade in self.pack.grades]
        for kind in self.pack.kinds.values():
            cases += [(condition.grade, kind.key, condition.key) for condition in kind.conditions]
        return cases

    def _nothing_runs(self, moment: Moment, clocks: Mapping[str, Clock]) -> bool:
        if self.pack.stages[moment.stage].end:
            return False
        return not any(not clocks[key].per_unit for key in moment.running)

    def _left(
        self, moment: Moment, way: Way, clocks: Mapping[str, Clock], seen: set[tuple[str, str]]
    ) -> Iterator[Fault]:
        """A clock that still runs at an end, or runs where nothing that comes later can stop it."""
        end = self.pack.stages[moment.stage].end
        for key in sorted(moment.running):
            code = "clock_left_running" if end else "clock_never_stops"
            if (code, key) in seen or not (end or not self._can_stop(clocks[key], moment.stage)):
                continue
            seen.add((code, key))
            yield self._say(code, f"clocks.{key}", way, clock=key, stage=moment.stage)

    def _can_stop(self, clock: Clock, stage: str) -> bool:
        ahead = self.flow.reachable(stage) - {stage}
        if ahead & set(clock.stops):
            return True
        acts = {f"act:{act.key}" for act in self.pack.acts.values() if set(act.from_) & (ahead | {stage})}
        return bool(acts & set(clock.stops))
