"""How a matter moves between stages: the steps that every consequence is made of. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from linli.kernel.matters.promises import Calendars, on_entering, on_reopening
from linli.kernel.matters.state import Ask, Seek, State
from linli.kernel.packspec.schema import Act, Pack


def handled(pack: Pack, state: State, act: Act, ask: Ask) -> State:
    """Whoever does a handling act is from now on a handler, and may not give the call-back."""
    if act.key in pack.handling and ask.who.person_id is not None:
        return replace(state, handlers=state.handlers | {ask.who.person_id})
    return state


def enter(
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


def back(pack: Pack, state: State, stage_key: str, at: datetime, calendars: Calendars) -> State:
    """Back to handling for another round; the time used is kept."""
    moved = replace(
        state, stage=stage_key, stage_since=at, ended=False, outcome="", round=state.round + 1, attempts=0
    )
    return on_reopening(pack, moved, state.handled_at, at, calendars)


def seek_for(pack: Pack, state: State, stage_key: str) -> Seek | None:
    """A new stage may need another role; the same role keeps its person."""
    role = pack.stages[stage_key].holder
    if role is None or role == state.holder.role or role == "same":
        return None
    return Seek(role, else_up=up(pack))


def stays(pack: Pack, state: State, stage_key: str, ask: Ask) -> bool:
    """Whoever answers for it and goes on with it themself keeps it where they stand higher than the stage asks: what came up the ladder does not
    fall back to those it was taken from because its new holder sets to work."""
    roles, asked = up(pack), pack.stages[stage_key].holder
    mine = ask.who.person_id is not None and ask.who.person_id == state.holder.person_id
    if not mine or closing_acts(pack, stage_key) or state.holder.role not in roles:
        return False
    return asked not in roles or roles.index(state.holder.role) > roles.index(asked)


def closing_acts(pack: Pack, stage_key: str) -> tuple[Act, ...]:
    """The call-backs and checks that may be done in a stage: what makes it one that closes."""
    return tuple(a for a in pack.acts.values() if a.does in ("call_back", "check") and stage_key in a.from_)


def apart(pack: Pack, state: State, seek: Seek | None) -> Seek | None:
    """Who answers where the loop is closed must not have handled it: another holder of the role is sought, else the next of those who may
    close it, else the ladder. ``state`` is the one afterwards, still with its earlier holder."""
    closing = closing_acts(pack, state.stage)
    if state.ended or not closing or not state.handlers:
        return seek
    if seek is None and state.holder.person_id not in state.handlers:
        return None
    able = tuple(role for act in closing for role in act.by if role in pack.roles)
    role = seek.role if seek is not None and seek.role else pack.stages[state.stage].holder or ""
    return replace(
        seek or Seek(role), else_up=tuple(dict.fromkeys((*able, *up(pack)))), not_among=state.handlers
    )


def up(pack: Pack) -> tuple[str, ...]:
    ladder = pack.ladders.get("up") or next(iter(pack.ladders.values()), None)
    return () if ladder is None else tuple(rung.role for rung in ladder.rungs)


def owed(act: Act, state: State, outcome: str = "") -> tuple[str, ...]:
    """What happened, for the notices: the act, how it came out, and the end if it is one."""
    told = (f"act:{act.key}", f"act:{act.key}:{outcome}") if outcome else (f"act:{act.key}",)
    return (*told, "ended") if state.ended else told
