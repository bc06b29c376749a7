"""What each thing an act *does* makes of a matter. Pure; ``workflow`` has already asked whether it may be done at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from linli.kernel.errors import Refusal
from linli.kernel.matters import closing
from linli.kernel.matters.clocks_rows import limit_of
from linli.kernel.matters.closing import Consequence
from linli.kernel.matters.moves import enter, handled, owed, seek_for, stays, up
from linli.kernel.matters.promises import (
    Calendars,
    on_acknowledge,
    on_extension,
    on_pause,
    on_regrade,
    on_resume,
    on_summons,
)
from linli.kernel.matters.state import Ask, Decision, Pending, Seek, State
from linli.kernel.packspec.schema import Act, Limit, Pack

LONGEST_PAUSE = timedelta(days=180)


def _move(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    state = handled(pack, state, act, ask)
    to = act.to.get("found" if state.found else "*") or act.to.get("*", state.stage)
    moved = enter(pack, state, to, ask.at, calendars, until=ask.inputs.until) if to != state.stage else state
    facts = {"until": ask.inputs.until.isoformat()} if ask.inputs.until else {}
    return Decision(
        moved,
        act.does,
        None if to == state.stage or stays(pack, state, to, ask) else seek_for(pack, state, to),
        facts,
        owed=owed(act, moved),
    )


def _above(pack: Pack, role: str) -> str:
    """The next role up the ladder from ``role``. Raises Refusal ``act.top`` at its end."""
    roles = up(pack)
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
    return Decision(state, act.does, Seek(role, else_up=up(pack)), {"to_role": role}, owed=owed(act, state))


def _hand_down(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    role = ask.inputs.role or pack.stages[state.stage].holder or ""
    if act.targets and role not in act.targets:
        raise Refusal("act.not_a_target", field="role")
    seek = Seek(role, person_id=ask.inputs.person_id, else_up=up(pack))
    return Decision(state, act.does, seek, {"to_role": role}, owed=owed(act, state))


def _dispatch(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """To a unit or to another role-holder; whoever dispatched is remembered, a return goes above them."""
    if len(ask.inputs.units) > 1:
        raise Refusal("act.one_unit", field="units")
    unit = ask.inputs.units[0] if ask.inputs.units else None
    role = ask.inputs.role
    if unit is None and role and act.targets and role not in act.targets:
        raise Refusal("act.not_a_target", field="role")
    to = act.to.get("*", state.stage)
    moved = enter(pack, state, to, ask.at, calendars, until=ask.inputs.until) if to != state.stage else state
    moved = replace(moved, lifted=state.holder.role)
    seek = Seek(role, person_id=ask.inputs.person_id, unit_id=unit, else_up=up(pack), among=act.targets)
    facts = {"unit": None if unit is None else str(unit), "to_role": role, "lifted": state.holder.role}
    return Decision(moved, act.does, seek, facts, owed=owed(act, moved))


def _return(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """A return goes up, not round: to the role above whoever dispatched it, who decides."""
    roles = up(pack)
    below = state.lifted or state.holder.role
    role = roles[-1] if below == roles[-1] else _above(pack, below)
    to = act.to.get("*", state.stage)
    moved = enter(pack, state, to, ask.at, calendars) if to != state.stage else state
    return Decision(
        replace(moved, lifted=""),
        act.does,
        Seek(role, else_up=roles),
        {"to_role": role},
        owed=owed(act, moved),
    )


def _summon(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """吹哨: several units at once, each with a clock of its own until it reports in."""
    fresh = tuple(u for u in dict.fromkeys(ask.inputs.units) if u not in state.summoned)
    if not fresh:
        raise Refusal("act.already_summoned", kind="conflict", field="units")
    called = replace(state, summoned=state.summoned | set(fresh), joined=state.joined - set(fresh))
    called = on_summons(pack, called, fresh, ask.at, calendars)
    return Decision(
        called, act.does, None, {"units": [str(u) for u in fresh]}, summon=fresh, owed=owed(act, called)
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
        owed=owed(act, here),
    )


def _pause(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    until = ask.inputs.until
    if until is None or until <= ask.at:
        raise Refusal("act.pause_past", field="until")
    if until - ask.at > LONGEST_PAUSE:
        raise Refusal("act.pause_long", field="until", days=LONGEST_PAUSE.days)
    held = on_pause(pack, replace(state, paused_at=ask.at, paused_until=until), ask.at)
    return Decision(held, act.does, None, {"until": until.isoformat()}, owed=owed(act, held))


def _resume(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    go = on_resume(replace(state, paused_at=None, paused_until=None), ask.at)
    return Decision(go, act.does, None, {}, owed=owed(act, go))


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
        state, act.does, None, {"clock": key, "limit": ask.inputs.limit}, ask=pending, owed=owed(act, state)
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
        state, act.does, None, {}, ask=Pending(0, "out_of_scope", ask.who.person_id), owed=owed(act, state)
    )


def _approve(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """Another's yes. Nobody grants their own wish."""
    pending = _pending(state)
    if pending.by_id is not None and pending.by_id == ask.who.person_id:
        raise Refusal("act.own_wish", kind="forbidden")
    left = replace(state, pending=tuple(p for p in state.pending if p.id != pending.id))
    facts: dict[str, object] = {"what": pending.what}
    if pending.what == "out_of_scope":
        left = enter(pack, left, act.to["out_of_scope"], ask.at, calendars, outcome="out_of_scope")
    else:
        left = on_extension(left, pending.clock, _readable(pending.limit), ask.at)
        facts |= {"clock": pending.clock, "limit": pending.limit}
    return Decision(left, act.does, None, facts, settle=(pending.id, True), owed=owed(act, left))


def _decline(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    pending = _pending(state)
    left = replace(state, pending=tuple(p for p in state.pending if p.id != pending.id))
    return Decision(
        left, act.does, None, {"what": pending.what}, settle=(pending.id, False), owed=owed(act, left)
    )


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
    return Decision(changed, act.does, None, facts, owed=owed(act, changed))


def _stay(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """Something is added; nothing moves."""
    return Decision(handled(pack, state, act, ask), act.does, None, {}, owed=owed(act, state))


def _move_place(pack: Pack, state: State, act: Act, ask: Ask, calendars: Calendars) -> Decision:
    """It is elsewhere: same matter, same clocks, the ground there answers."""
    role = pack.stages[state.stage].holder or state.holder.role
    return Decision(state, act.does, Seek(role, else_up=up(pack)), {}, owed=owed(act, state))


CONSEQUENCES: dict[str, Consequence] = {
    "move": _move, "call_back": closing.call_back, "check": closing.check, "verify": closing.verify, "hand_up": _hand_up, "hand_down": _hand_down,
    "dispatch": _dispatch, "summon": _summon, "acknowledge": _acknowledge, "return": _return, "pause": _pause, "resume": _resume,
    "extend": _extend, "approve": _approve, "decline": _decline, "split": _stay, "merge": closing.merge, "unmerge": closing.unmerge, "link": _stay,
    "unlink": _stay, "reopen": closing.reopen, "withdraw": closing.end_as("withdrawn"), "out_of_scope": _out_of_scope,
    "close_without": closing.end_as("no_contact"),
    "regrade": _regrade, "move_place": _move_place, "note": _stay, "supplement": _stay, "me_too": _stay, "release_words": _stay,
}  # fmt: skip
