"""What would be promised if this were reported now: worked out by the rules that will judge it, never written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from linli.doors.portal.kinds import Chosen
from linli.doors.portal.spots import Spot
from linli.kernel import moment
from linli.kernel.matters import acts, clocks, workflow
from linli.kernel.matters.rows import calendars_for
from linli.kernel.matters.said import duration, local_time
from linli.kernel.matters.state import State
from linli.kernel.packspec.schema import Act, Pack
from linli.kernel.people.duty import Holding


@dataclass(frozen=True, slots=True)
class Vow:
    """One promise: ``10`` ``分钟`` · 到场."""

    figure: str
    unit: str
    what: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Vows:
    """All promises, and who answers."""

    holder: Holding
    role: str
    lines: tuple[Vow, ...]

    @property
    def sentence(self) -> str:
        """The first promise as it is said: 李秀兰 14:32 前到场."""
        return next((line.sentence for line in self.lines if line.sentence), "")


def of(chosen: Chosen, spot: Spot, lang: str, found: bool = False) -> Vows:
    """The promises of this kind at this place. Raises Refusal where nobody would answer."""
    pack, at = chosen.pack, moment.now()
    state = workflow.new_state(
        pack, kind=chosen.kind.key, condition=chosen.condition.key, grade=chosen.condition.grade, found=found, anonymous=False,
        path=spot.path, at=at,
    )  # fmt: skip
    decision = workflow.decide_opening(pack, state, calendars_for(pack))
    holder = acts.find(decision.seek, spot.path, at)
    role = pack.roles[holder.role].text.say(lang) if holder.role in pack.roles else holder.role
    lines = [*_running(pack, decision.state, holder, lang), *_call_back(pack, state, lang)]
    return Vows(holder, role, tuple(lines))


def _running(pack: Pack, state: State, holder: Holding, lang: str) -> Iterator[Vow]:
    """The promises that start with the report, soonest first."""
    live = [
        (clocks.due_at(slot.running), slot) for slot in state.slots if slot.live and slot.key in pack.clocks
    ]
    for n, (due, slot) in enumerate(
        sorted((pair for pair in live if pair[0]), key=lambda pair: str(pair[0]))
    ):
        spec = pack.clocks[slot.key]
        figure, _, unit = duration(slot.running.limit, 0, lang).partition(" ")
        what = spec.text.say(lang)
        if n == 0 and lang == "zh":
            what = f"{holder.name}{what}"
        sentence = ""
        if n == 0 and due is not None:
            hour = local_time(due, lang)
            sentence = (
                f"{holder.name} {hour} 前{spec.text.zh}"
                if lang == "zh"
                else f"{holder.name}: {spec.text.en.lower()} by {hour}"
            )
        yield Vow(figure, unit, what, sentence)


def _call_back(pack: Pack, state: State, lang: str) -> Iterator[Vow]:
    """The call-back, whose clock starts only when the work is done."""
    act = next(
        (act for act in pack.acts.values() if act.does == "call_back" and "reporter" not in act.by), None
    )
    spec = _clock_of(pack, act) if act else None
    limit = pack.clocks[spec].limit_for(state.grade, state.kind, state.condition) if spec else None
    if spec and limit:
        figure, _, unit = duration(limit, 0, lang).partition(" ")
        yield Vow(figure, unit, pack.clocks[spec].text.say(lang))


def _clock_of(pack: Pack, act: Act) -> str | None:
    starts = set(act.from_)
    return next(
        (clock.key for clock in pack.clocks.values() if starts & set(clock.starts) and not clock.per_unit),
        None,
    )
