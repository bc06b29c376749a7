"""What an act makes of a matter. Pure: ``decide`` answers a Decision or raises a Refusal, and touches nothing.

The order of asking is the order a clerk would ask in: is there such an act, is this the stage for it, may this person, is everything here
that the act needs; only then what follows. What follows stands in one small function for each thing an act *does*; the table at
the end of ``consequences`` is the whole list.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from linli.kernel.errors import Refusal
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.consequences import CONSEQUENCES
from linli.kernel.matters.moves import apart
from linli.kernel.matters.promises import Calendars, on_opening
from linli.kernel.matters.state import Ask, Decision, Held, Seek, State, Who
from linli.kernel.packspec.schema import Act, Pack

# Acts that a matter already ended may still have.
FOR_FOLLOWERS = frozenset({"supplement", "reopen"})  # what a reporter may, and whoever said "me too" as well
AFTER_THE_END = frozenset({"reopen", "unmerge", "link", "unlink", "note", "release_words", "supplement"})


def decide_opening(pack: Pack, state: State, calendars: Calendars) -> Decision:
    """The first decision: where a new matter stands, who is sought for it, which promises are made."""
    stage = pack.stages[state.stage]
    opened = replace(state, slots=on_opening(pack, state, state.opened_at, calendars))
    return Decision(
        state=opened,
        does="open",
        seek=Seek(stage.holder or "", else_up=ladder_roles(pack)),
        facts={"grade": state.grade},
        owed=("opened",),
    )


def decide(pack: Pack, state: State, ask: Ask, calendars: Calendars) -> Decision:
    """What ``ask`` makes of ``state``. Raises Refusal (codes ``act.*``) and then nothing has changed."""
    act = act_of(pack, ask.act)
    refuse_wrong_stage(pack, state, act)
    refuse_wrong_person(pack, state, act, ask.who)
    refuse_missing(pack, act, ask.inputs, state)
    decision = CONSEQUENCES[act.does](pack, state, act, ask, calendars)
    refuse_nobody(decision)
    return replace(decision, seek=apart(pack, decision.state, decision.seek))


def act_of(pack: Pack, key: str) -> Act:
    if key not in pack.acts:
        raise Refusal("act.unknown", kind="missing", act=key)
    return pack.acts[key]


def refuse_wrong_stage(pack: Pack, state: State, act: Act) -> None:
    """The act belongs to other stages, or the matter has ended, or it is paused and only resuming is open."""
    name = act.text.zh
    if state.ended and act.does not in AFTER_THE_END:
        raise Refusal("act.ended", kind="conflict", act=name)
    if not state.ended and act.does in ("reopen", "unmerge"):
        raise Refusal("act.still_open", kind="conflict", act=name)
    if "*" not in act.from_ and state.stage not in act.from_:
        raise Refusal(
            "act.not_now", kind="conflict", act=name, act_en=act.text.en, stage=pack.stages[state.stage].text.zh,
            stage_en=pack.stages[state.stage].text.en, first=_first_needed(pack, act), first_en=_first_needed(pack, act, "en"),
        )  # fmt: skip
    if act.grades and state.grade not in act.grades:
        grades = [pack.grades[g] for g in act.grades if g in pack.grades]
        raise Refusal(
            "act.other_grade", kind="conflict", act=name, act_en=act.text.en, grades="、".join(g.zh for g in grades),
            grades_en=", ".join(g.en for g in grades),
        )  # fmt: skip
    if state.paused_until is not None and act.does in ("move", "call_back", "check", "verify", "pause"):
        raise Refusal("act.paused", kind="conflict", act=name, act_en=act.text.en)
    if state.paused_until is None and act.does == "resume":
        raise Refusal("act.not_paused", kind="conflict")


def _first_needed(pack: Pack, act: Act, lang: str = "zh") -> str:
    """The stage in which this act may be done, for the sentence "到场之后才能按"."""
    for key in act.from_:
        if key in pack.stages:
            return pack.stages[key].text.say(lang)
    return ""


def may(act: Act, state: State, who: Who) -> bool:
    """Whether one of the act's ``by`` names this person here. Says nothing of stages or of handlers."""
    if who.kind in ("clock", "system"):
        return "clock" in act.by or who.kind == "system"
    if "reporter" in act.by and (who.is_reporter or (who.joined and act.does in FOR_FOLLOWERS)):
        return True
    if "resident" in act.by and who.kind in ("person", "link", "public"):
        return True
    if who.kind != "person":
        return False
    if "holder" in act.by and who.person_id is not None and who.person_id == state.holder.person_id:
        return True
    if "summoned" in act.by and who.units & (state.summoned | state.joined):
        return True
    return bool(who.roles & set(act.by))


def refuse_wrong_person(pack: Pack, state: State, act: Act, who: Who) -> None:
    """Law 1: call-back and check are never given by whoever handled it, whatever a pack says."""
    if not may(act, state, who):
        raise Refusal("act.not_yours", kind="forbidden", act=act.text.zh, act_en=act.text.en)
    others_only = act.not_by_handlers or act.does in ("call_back", "check")
    if others_only and who.person_id is not None and who.person_id in state.handlers:
        raise Refusal("act.by_another", kind="forbidden", act=act.text.zh, act_en=act.text.en)


_PRESENT = {
    "position": lambda i: i.position is not None,
    "photo": lambda i: bool(i.photos),
    "photo_before": lambda i: any(p.kind == "before" for p in i.photos),
    "photo_after": lambda i: any(p.kind == "after" for p in i.photos),
    "words": lambda i: bool(i.words.strip()),
    "reason": lambda i: bool(i.reason.strip()),
    "until": lambda i: i.until is not None,
    "grade": lambda i: bool(i.grade),
    "kind": lambda i: bool(i.kind),
    "condition": lambda i: bool(i.condition),
    "contacted": lambda i: i.contacted is not None,
    "solved": lambda i: i.contacted is False or i.solved is not None,
    "satisfied": lambda i: i.contacted is False or i.satisfied is not None,
    "unit": lambda i: bool(i.units) or i.person_id is not None,
    "units": lambda i: bool(i.units),
    "role": lambda i: bool(i.role) or i.person_id is not None,
    "person": lambda i: i.person_id is not None,
    "matter": lambda i: i.matter_id is not None,
    "limit": lambda i: bool(i.limit),
    "spot": lambda i: i.spot is not None,
    "parts": lambda i: bool(i.parts),
    "verified": lambda i: i.verified is not None,
    "in_scope": lambda i: i.verified is not None,
}


def refuse_missing(pack: Pack, act: Act, inputs: Inputs, state: State) -> None:
    """The first thing the act needs and lacks, named."""
    for need in act.needs:
        if not _PRESENT[need](inputs):
            raise Refusal(f"needs.{need}", field=need, act=act.text.zh, act_en=act.text.en)
    if inputs.grade and inputs.grade not in pack.grades:
        raise Refusal("needs.grade", field="grade", act=act.text.zh, act_en=act.text.en)
    if inputs.kind and inputs.kind not in pack.kinds:
        raise Refusal("report.kind_unknown", field="kind", given=inputs.kind)
    if inputs.condition:
        kind = pack.kinds[inputs.kind or state.kind]
        if inputs.condition not in {c.key for c in kind.conditions}:
            raise Refusal("report.condition_unknown", field="condition", given=inputs.condition)


def refuse_nobody(decision: Decision) -> None:
    """Law 2, seen from the clocks: an open matter has a running clock, or a pause with an end."""
    state = decision.state
    if state.ended or state.paused_until is not None:
        return
    if not any(slot.running.state == "running" for slot in state.slots):
        raise Refusal("act.no_clock", kind="conflict")


def ladder_roles(pack: Pack) -> tuple[str, ...]:
    """The roles of the pack's main ladder, lowest first: who answers when nobody nearer does."""
    ladder = pack.ladders.get("up") or next(iter(pack.ladders.values()), None)
    return () if ladder is None else tuple(rung.role for rung in ladder.rungs)


def new_state(
    pack: Pack,
    *,
    kind: str,
    condition: str,
    grade: str,
    found: bool,
    anonymous: bool,
    path: str,
    at: datetime,
) -> State:
    """A matter in the moment of its report, before anybody answers for it."""
    return State(
        stage=pack.first_found if found else pack.first, grade=grade, kind=kind, condition=condition, found=found, anonymous=anonymous,
        path=path, opened_at=at, stage_since=at, handled_at=None, ended=False, outcome="", holder=Held("", None, None), paused_at=None,
        paused_until=None, round=0, attempts=0, steps=0, slots=(),
    )  # fmt: skip
