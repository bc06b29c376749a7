"""Acts that end a matter, or send it back: call-back, check, verification, merging, reopening, ends with a recorded reason. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from linli.kernel.errors import Refusal
from linli.kernel.matters.moves import back, enter, handled, owed, seek_for, up
from linli.kernel.matters.promises import Calendars, on_reopening
from linli.kernel.matters.state import Ask, Decision, Seek, State
from linli.kernel.packspec.schema import Act, Pack, natural

Consequence = Callable[[Pack, State, Act, Ask, Calendars], Decision]


def call_back(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """回访: three separate answers. Unreached counts an attempt; not solved or not satisfied goes back to handling."""
    given = ask.inputs
    contacted = True if act.by == ("reporter",) or ask.who.kind == "link" else bool(given.contacted)
    facts = {
        "contacted": contacted,
        "solved": given.solved,
        "satisfied": given.satisfied,
        "attempt": state.attempts + 1,
    }
    if not contacted:
        return unreached(pack, state, act, ask, calendars, {**facts, "solved": None, "satisfied": None})
    answer = "not_solved" if not given.solved else ("solved" if given.satisfied else "not_satisfied")
    to = act.to.get(answer) or act.to.get("not_solved" if answer == "not_satisfied" else "*") or act.to["*"]
    if pack.stages[to].end:
        ended = enter(pack, state, to, ask.at, calendars, outcome="solved" if given.solved else "unsolved")
        return Decision(ended, act.does, None, {**facts, "answer": answer}, owed=owed(act, ended, answer))
    again = back(pack, state, to, ask.at, calendars)
    return Decision(
        again,
        act.does,
        seek_for(pack, state, to),
        {**facts, "answer": answer},
        owed=(f"act:{act.key}:{answer}",),
    )


def unreached(
    pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars, facts: Mapping[str, object]
) -> Decision:
    if (
        act.apart is not None
        and state.last_attempt is not None
        and ask.at - state.last_attempt < natural(act.apart)
    ):
        # tried again within the hour is the same try: three attempts are three different hours
        return Decision(state, act.does, None, {**facts, "answer": "unreached", "counted": False}, owed=())
    tried = state.attempts + 1
    if act.attempts and tried >= act.attempts and "unreached" in act.to:
        ended = enter(
            pack, replace(state, attempts=tried), act.to["unreached"], ask.at, calendars, outcome="unreached"
        )
        return Decision(
            ended, act.does, None, {**facts, "answer": "unreached"}, owed=owed(act, ended, "unreached")
        )
    return Decision(
        replace(state, attempts=tried),
        act.does,
        None,
        {**facts, "answer": "unreached"},
        owed=(f"act:{act.key}:unreached",),
    )


def check(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """核查: somebody else looks on the spot at what staff found themselves."""
    facts = {"verified": ask.inputs.verified}
    if ask.inputs.verified:
        ended = enter(pack, state, act.to["ok"], ask.at, calendars, outcome="checked")
        return Decision(ended, act.does, None, facts, owed=owed(act, ended, "ok"))
    again = back(pack, state, act.to["not_ok"], ask.at, calendars)
    return Decision(
        again, act.does, seek_for(pack, state, act.to["not_ok"]), facts, owed=(f"act:{act.key}:not_ok",)
    )


def verify(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """核实: before accepting, is it so?"""
    to = act.to.get("ok" if ask.inputs.verified else "not_ok", state.stage)
    seen = handled(pack, state, act, ask)
    moved = enter(pack, seen, to, ask.at, calendars) if to != state.stage else seen
    outcome = "ok" if ask.inputs.verified else "not_ok"
    return Decision(
        moved,
        act.does,
        seek_for(pack, state, to),
        {"verified": ask.inputs.verified},
        owed=owed(act, moved, outcome),
    )


def merge(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    ended = enter(pack, state, act.to["*"], ask.at, calendars, outcome="merged")
    return Decision(
        replace(ended, merged_from_stage=state.stage),
        act.does,
        None,
        {"into": str(ask.inputs.matter_id)},
        owed=owed(act, ended),
    )


def unmerge(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    if state.outcome != "merged" or not state.merged_from_stage:
        raise Refusal("act.not_merged", kind="conflict")
    stage = pack.stages[state.merged_from_stage]
    moved = replace(state, stage=stage.key, stage_since=ask.at, ended=False, outcome="", merged_from_stage="")
    again = on_reopening(pack, moved, state.stage_since, ask.at, calendars, ran_meanwhile=True)
    return Decision(
        again,
        act.does,
        Seek(stage.holder or "", else_up=up(pack)),
        {"stage": stage.key},
        owed=owed(act, again),
    )


def reopen(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    if state.outcome == "merged":
        raise Refusal("act.merged_instead", kind="conflict")
    to = act.to["*"]
    again = back(pack, state, to, ask.at, calendars)
    role = pack.stages[to].holder or ""
    return Decision(again, act.does, Seek(role, else_up=up(pack)), {}, owed=owed(act, again))


def end_as(outcome: str) -> Consequence:
    def end(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
        if outcome == "no_contact" and not state.anonymous:
            raise Refusal("act.call_back_owed", kind="conflict")
        ended = enter(pack, state, act.to["*"], ask.at, calendars, outcome=outcome)
        return Decision(ended, act.does, None, {"outcome": outcome}, owed=owed(act, ended))

    return end
