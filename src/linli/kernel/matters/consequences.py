"""What each thing an act *does* makes of a matter. Pure; ``workflow`` has already asked whether it may be done at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from linli.kernel.errors import Refusal
from linli.kernel.matters.clocks_rows import limit_of
from linli.kernel.matters.promises import (
    Calendars,
    on_acknowledge,
    on_entering,
    on_extension,
    on_pause,
    on_regrade,
    on_reopening,
    on_resume,
    on_summons,
)
from linli.kernel.matters.state import Ask, Decision, Pending, Seek, State
from linli.kernel.packspec.schema import Act, Limit, Pack, natural

LONGEST_PAUSE = timedelta(days=180)
Consequence = Callable[[Pack, State, Act, Ask, Calendars], Decision]


def _handled(pack: Pack, state: State, act: Act, ask: Ask) -> State:
    """Whoever does a handling act is from now on a handler, and may not give the call-back."""
    if act.key in pack.handling and ask.who.person_id is not None:
        return replace(state, handlers=state.handlers | {ask.who.person_id})
    return state


def _enter(
    pack: Pack,
    state: State,
    stage_key: str,
    at: datetime,
    calendars: Calendars,
    *,
    outcome: str = "",
    until: datetime | None = None,
) -> State:
    """Move on to a stage; keep, start or end what it keeps, starts or ends."""
    before, stage = pack.stages[state.stage], pack.stages[stage_key]
    left_handling = stage.ball >= 3 > before.ball
    moved = replace(
        state, stage=stage_key, stage_since=at, ended=stage.end, outcome=outcome if stage.end else state.outcome,
        handled_at=at if left_handling else state.handled_at, paused_at=None if stage.end else state.paused_at,
        paused_until=None if stage.end else state.paused_until,
    )  # fmt: skip
    return on_entering(pack, moved, at, calendars, until)


def _back(pack: Pack, state: State, stage_key: str, at: datetime, calendars: Calendars) -> State:
    """Back to handling for another round; the time used is kept."""
    moved = replace(
        state, stage=stage_key, stage_since=at, ended=False, outcome="", round=state.round + 1, attempts=0
    )
    return on_reopening(pack, moved, state.handled_at, at, calendars)


def _seek_for(pack: Pack, state: State, stage_key: str) -> Seek | None:
    """A new stage may need another role; the same role keeps its person."""
    role = pack.stages[stage_key].holder
    if role is None or role == state.holder.role or role == "same":
        return None
    return Seek(role, else_up=_up(pack))


def _up(pack: Pack) -> tuple[str, ...]:
    ladder = pack.ladders.get("up") or next(iter(pack.ladders.values()), None)
    return () if ladder is None else tuple(rung.role for rung in ladder.rungs)


def _owed(act: Act, state: State) -> tuple[str, ...]:
    return (f"act:{act.key}", "ended") if state.ended else (f"act:{act.key}",)


def _move(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    state = _handled(pack, state, act, ask)
    to = act.to.get("found" if state.found else "*") or act.to.get("*", state.stage)
    moved = _enter(pack, state, to, ask.at, calendars, until=ask.inputs.until) if to != state.stage else state
    facts = {"until": ask.inputs.until.isoformat()} if ask.inputs.until else {}
    return Decision(
        moved,
        act.does,
        _seek_for(pack, state, to) if to != state.stage else None,
        facts,
        owed=_owed(act, moved),
    )


def _call_back(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """回访: three separate answers. Unreached counts an attempt; not solved or not satisfied goes back to handling."""
    given = ask.inputs
    contacted = True if ask.who.is_reporter else bool(given.contacted)
    facts = {
        "contacted": contacted,
        "solved": given.solved,
        "satisfied": given.satisfied,
        "attempt": state.attempts + 1,
    }
    if not contacted:
        return _unreached(pack, state, act, ask, calendars, facts | {"solved": None, "satisfied": None})
    answer = "not_solved" if not given.solved else ("solved" if given.satisfied else "not_satisfied")
    to = act.to.get(answer) or act.to.get("not_solved" if answer == "not_satisfied" else "*") or act.to["*"]
    if pack.stages[to].end:
        ended = _enter(pack, state, to, ask.at, calendars, outcome="solved" if given.solved else "unsolved")
        return Decision(ended, act.does, None, facts | {"answer": answer}, owed=_owed(act, ended))
    back = _back(pack, state, to, ask.at, calendars)
    return Decision(
        back,
        act.does,
        _seek_for(pack, state, to),
        facts | {"answer": answer},
        owed=(f"act:{act.key}:{answer}",),
    )


def _unreached(
    pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars, facts: dict[str, object]
) -> Decision:
    if (
        act.apart is not None
        and state.last_attempt is not None
        and ask.at - state.last_attempt < natural(act.apart)
    ):
        # tried again within the hour is the same try: three attempts are three different hours
        return Decision(state, act.does, None, facts | {"answer": "unreached", "counted": False}, owed=())
    tried = state.attempts + 1
    if act.attempts and tried >= act.attempts and "unreached" in act.to:
        ended = _enter(
            pack, replace(state, attempts=tried), act.to["unreached"], ask.at, calendars, outcome="unreached"
        )
        return Decision(ended, act.does, None, facts | {"answer": "unreached"}, owed=_owed(act, ended))
    return Decision(
        replace(state, attempts=tried),
        act.does,
        None,
        facts | {"answer": "unreached"},
        owed=(f"act:{act.key}:unreached",),
    )


def _check(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """核查: somebody else looks on the spot at what staff found themselves."""
    facts = {"verified": ask.inputs.verified}
    if ask.inputs.verified:
        ended = _enter(pack, state, act.to["ok"], ask.at, calendars, outcome="checked")
        return Decision(ended, act.does, None, facts, owed=_owed(act, ended))
    back = _back(pack, state, act.to["not_ok"], ask.at, calendars)
    return Decision(
        back, act.does, _seek_for(pack, state, act.to["not_ok"]), facts, owed=(f"act:{act.key}:not_ok",)
    )


def _verify(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """核实: before accepting, is it so?"""
    to = act.to.get("ok" if ask.inputs.verified else "not_ok", state.stage)
    moved = (
        _enter(pack, _handled(pack, state, act, ask), to, ask.at, calendars) if to != state.stage else state
    )
    return Decision(
        moved, act.does, _seek_for(pack, state, to), {"verified": ask.inputs.verified}, owed=_owed(act, moved)
    )


def _above(pack: Pack, role: str) -> str:
    """The next role up the ladder from ``role``. Raises Refusal ``act.top`` at its end."""
    roles = _up(pack)
    if role not in roles:
        return (
            roles[0]
            if role in ("grid_worker", "cluster_leader", "volunteer", "property_company")
            else roles[min(1, len(roles) - 1)]
        )
    at = roles.index(role)
    if at + 1 >= len(roles):
        raise Refusal("act.top", kind="conflict")
    return roles[at + 1]


def _hand_up(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """小事一格解决、大事全网联动: one place up the ladder."""
    role = _above(pack, state.holder.role)
    return Decision(state, act.does, Seek(role, else_up=_up(pack)), {"to_role": role}, owed=_owed(act, state))


def _hand_down(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    role = ask.inputs.role or pack.stages[state.stage].holder or ""
    if act.targets and role not in act.targets:
        raise Refusal("act.not_a_target", field="role")
    seek = Seek(role, person_id=ask.inputs.person_id, else_up=_up(pack))
    return Decision(state, act.does, seek, {"to_role": role}, owed=_owed(act, state))


def _dispatch(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """To a unit or to another role-holder; whoever dispatched is remembered, a return goes above them."""
    if len(ask.inputs.units) > 1:
        raise Refusal("act.one_unit", field="units")
    unit = ask.inputs.units[0] if ask.inputs.units else None
    role = ask.inputs.role or ("department_handler" if unit else "")
    to = act.to.get("*", state.stage)
    moved = _enter(pack, state, to, ask.at, calendars, until=ask.inputs.until) if to != state.stage else state
    moved = replace(moved, lifted=state.holder.role)
    seek = Seek(role, person_id=ask.inputs.person_id, unit_id=unit, else_up=_up(pack))
    facts = {"unit": None if unit is None else str(unit), "to_role": role, "lifted": state.holder.role}
    return Decision(moved, act.does, seek, facts, owed=_owed(act, moved))


def _return(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """A return goes up, not round: to the role above whoever dispatched it, who decides."""
    roles = _up(pack)
    below = state.lifted if state.lifted in roles else state.holder.role
    role = (
        roles[min(roles.index(below) + 1, len(roles) - 1)]
        if below in roles
        else roles[min(1, len(roles) - 1)]
    )
    to = act.to.get("*", state.stage)
    moved = _enter(pack, state, to, ask.at, calendars) if to != state.stage else state
    return Decision(
        replace(moved, lifted=""),
        act.does,
        Seek(role, else_up=roles),
        {"to_role": role},
        owed=_owed(act, moved),
    )


def _summon(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """吹哨: several units at once, each with a clock of its own until it reports in."""
    fresh = tuple(u for u in dict.fromkeys(ask.inputs.units) if u not in state.summoned)
    if not fresh:
        raise Refusal("act.already_summoned", kind="conflict", field="units")
    called = replace(state, summoned=state.summoned | set(fresh), joined=state.joined - set(fresh))
    called = on_summons(pack, called, fresh, ask.at, calendars)
    return Decision(
        called, act.does, None, {"units": [str(u) for u in fresh]}, summon=fresh, owed=_owed(act, called)
    )


def _acknowledge(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    units = ask.who.units & state.summoned
    if ask.inputs.units:
        units = units & set(ask.inputs.units)
    if not units:
        raise Refusal("act.not_summoned", kind="conflict")
    here = replace(state, summoned=state.summoned - units, joined=state.joined | units)
    here = on_acknowledge(pack, here, frozenset(units), ask.at)
    if ask.who.person_id is not None:
        here = replace(here, handlers=here.handlers | {ask.who.person_id})
    return Decision(
        here,
        act.does,
        None,
        {"units": [str(u) for u in sorted(units)]},
        acknowledge=tuple(sorted(units)),
        owed=_owed(act, here),
    )


def _pause(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    until = ask.inputs.until
    if until is None or until <= ask.at:
        raise Refusal("act.pause_past", field="until")
    if until - ask.at > LONGEST_PAUSE:
        raise Refusal("act.pause_long", field="until", days=LONGEST_PAUSE.days)
    held = on_pause(pack, replace(state, paused_at=ask.at, paused_until=until), ask.at)
    return Decision(held, act.does, None, {"until": until.isoformat()}, owed=_owed(act, held))


def _resume(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    go = on_resume(replace(state, paused_at=None, paused_until=None), ask.at)
    return Decision(go, act.does, None, {}, owed=_owed(act, go))


def _pending(state: State, what: str | None = None) -> Pending:
    for pending in reversed(state.pending):
        if what is None or pending.what == what:
            return pending
    raise Refusal("act.nothing_asked", kind="conflict")


def _extend(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    if any(p.what == "extend" for p in state.pending):
        raise Refusal("act.asked_already", kind="conflict")
    live = [slot.key for slot in state.slots if slot.live and slot.unit_id is None]
    key = ask.inputs.clock or next((k for k in live if k != "arrive"), live[0] if live else "")
    if key not in live:
        raise Refusal("act.no_such_clock", field="clock")
    _readable(ask.inputs.limit)
    pending = Pending(0, "extend", ask.who.person_id, key, ask.inputs.limit)
    return Decision(
        state, act.does, None, {"clock": key, "limit": ask.inputs.limit}, ask=pending, owed=_owed(act, state)
    )


def _readable(limit: str) -> Limit:
    """A limit as a person types it. Raises Refusal ``clocks.limit_unreadable``."""
    try:
        return limit_of(limit.strip())
    except ValueError as wrong:
        raise Refusal("clocks.limit_unreadable", field="limit", given=limit) from wrong


def _out_of_scope(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    if any(p.what == "out_of_scope" for p in state.pending):
        raise Refusal("act.asked_already", kind="conflict")
    return Decision(
        state, act.does, None, {}, ask=Pending(0, "out_of_scope", ask.who.person_id), owed=_owed(act, state)
    )


def _approve(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """Another's yes. Nobody grants their own wish."""
    pending = _pending(state)
    if pending.by_id is not None and pending.by_id == ask.who.person_id:
        raise Refusal("act.own_wish", kind="forbidden")
    left = replace(state, pending=tuple(p for p in state.pending if p.id != pending.id))
    facts: dict[str, object] = {"what": pending.what}
    if pending.what == "out_of_scope":
        left = _enter(pack, left, act.to["out_of_scope"], ask.at, calendars, outcome="out_of_scope")
    else:
        left = on_extension(left, pending.clock, _readable(pending.limit), ask.at)
        facts |= {"clock": pending.clock, "limit": pending.limit}
    return Decision(left, act.does, None, facts, settle=(pending.id, True), owed=_owed(act, left))


def _decline(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    pending = _pending(state)
    left = replace(state, pending=tuple(p for p in state.pending if p.id != pending.id))
    return Decision(
        left, act.does, None, {"what": pending.what}, settle=(pending.id, False), owed=_owed(act, left)
    )


def _merge(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    ended = _enter(pack, state, act.to["*"], ask.at, calendars, outcome="merged")
    return Decision(
        replace(ended, merged_from_stage=state.stage),
        act.does,
        None,
        {"into": str(ask.inputs.matter_id)},
        owed=_owed(act, ended),
    )


def _unmerge(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    if state.outcome != "merged" or not state.merged_from_stage:
        raise Refusal("act.not_merged", kind="conflict")
    stage = pack.stages[state.merged_from_stage]
    moved = replace(state, stage=stage.key, stage_since=ask.at, ended=False, outcome="", merged_from_stage="")
    back = on_reopening(pack, moved, state.stage_since, ask.at, calendars)
    return Decision(
        back,
        act.does,
        Seek(stage.holder or "", else_up=_up(pack)),
        {"stage": stage.key},
        owed=_owed(act, back),
    )


def _reopen(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    if state.outcome == "merged":
        raise Refusal("act.merged_instead", kind="conflict")
    to = act.to["*"]
    back = _back(pack, state, to, ask.at, calendars)
    role = pack.stages[to].holder or ""
    return Decision(back, act.does, Seek(role, else_up=_up(pack)), {}, owed=_owed(act, back))


def _end_as(outcome: str) -> Consequence:
    def end(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
        if outcome == "no_contact" and not state.anonymous:
            raise Refusal("act.call_back_owed", kind="conflict")
        ended = _enter(pack, state, act.to["*"], ask.at, calendars, outcome=outcome)
        return Decision(ended, act.does, None, {"outcome": outcome}, owed=_owed(act, ended))

    return end


def _regrade(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    kind = ask.inputs.kind or state.kind
    conditions = pack.kinds[kind].conditions
    named = ask.inputs.condition or (state.condition if kind == state.kind else conditions[0].key)
    condition = next((c for c in conditions if c.key == named), conditions[0])
    changed_kind = kind != state.kind or condition.key != state.condition
    grade = ask.inputs.grade or (condition.grade if changed_kind else state.grade)
    if (grade, kind, condition.key) == (state.grade, state.kind, state.condition):
        raise Refusal("act.same_grade", kind="conflict")
    was = state.grade
    changed = on_regrade(
        pack, replace(state, grade=grade, kind=kind, condition=condition.key), ask.at, calendars
    )
    facts = {"grade": grade, "was": was, "kind": kind, "condition": condition.key}
    return Decision(changed, act.does, None, facts, owed=_owed(act, changed))


def _stay(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """Something is added; nothing moves."""
    return Decision(_handled(pack, state, act, ask), act.does, None, {}, owed=_owed(act, state))


def _move_place(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """It is elsewhere: same matter, same clocks, the ground there answers."""
    role = pack.stages[state.stage].holder or state.holder.role
    return Decision(state, act.does, Seek(role, else_up=_up(pack)), {}, owed=_owed(act, state))


CONSEQUENCES: dict[str, Consequence] = {
    "move": _move, "call_back": _call_back, "check": _check, "verify": _verify, "hand_up": _hand_up, "hand_down": _hand_down,
    "dispatch": _dispatch, "summon": _summon, "acknowledge": _acknowledge, "return": _return, "pause": _pause, "resume": _resume,
    "extend": _extend, "approve": _approve, "decline": _decline, "split": _stay, "merge": _merge, "unmerge": _unmerge, "link": _stay,
    "unlink": _stay, "reopen": _reopen, "withdraw": _end_as("withdrawn"), "out_of_scope": _out_of_scope, "close_without": _end_as("no_contact"),
    "regrade": _regrade, "move_place": _move_place, "note": _stay, "supplement": _stay, "me_too": _stay, "release_words": _stay,
}  # fmt: skip
