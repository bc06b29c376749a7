"""What each thing that an act may do has to ask for, and of whom. One row of the table for each; the rest
are rules between acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from linli.kernel.packspec.faults import Fault
from linli.kernel.packspec.schema import Act, Pack
from linli.kernel.packspec.tables import nearest

Say = Callable[..., Fault]

BY = ("holder", "reporter", "summoned", "clock")  # besides roles
AFTER_THE_END = ("reopen", "unmerge", "link", "unlink", "note", "release_words", "supplement")

# What the act cannot do without; of a tuple, any one.
NEEDS: dict[str, tuple[str | tuple[str, ...], ...]] = {
    "call_back": ("solved", "satisfied"),
    "check": ("verified",),
    "verify": ("verified",),
    "hand_up": ("reason",),
    "hand_down": (("role", "person"),),
    "dispatch": (("unit", "role", "person"),),
    "summon": ("units",),
    "return": ("reason",),
    "pause": ("reason", "until"),
    "extend": ("reason", ("limit", "until")),
    "decline": ("reason",),
    "split": ("parts",),
    "merge": ("matter",),
    "unmerge": ("reason",),
    "link": ("matter",),
    "reopen": ("reason",),
    "out_of_scope": ("reason",),
    "regrade": ("reason", ("grade", "condition", "kind")),
    "move_place": ("spot",),
    "note": ("words",),
}
OUTCOMES: dict[str, tuple[str, ...]] = {
    "call_back": ("solved", "not_satisfied", "not_solved", "unreached"),
    "check": ("ok", "not_ok"),
    "verify": ("ok", "not_ok"),
    "approve": ("out_of_scope",),
    "move": ("found",),
}
MUST_LEAD = {"call_back": ("solved", "not_solved"), "check": ("ok", "not_ok"), "verify": ("ok",)}
MOVES = ("move", "merge", "withdraw", "close_without", "reopen")
BY_ANOTHER = ("call_back", "check", "close_without")
UPWARD = ("hand_up", "return")
# An act without which another is a promise nobody can keep.
PAIRS = {
    "pause": "resume", "extend": "approve", "approve": "decline", "merge": "unmerge", "link": "unlink",
    "summon": "acknowledge", "out_of_scope": "approve",
}  # fmt: skip


def acts(pack: Pack, say: Say) -> Iterator[Fault]:
    """Every fault of the acts of a pack."""
    for act in pack.acts.values():
        yield from _names(pack, say, act)
        yield from _asks(pack, say, act)
        yield from _goes(pack, say, act)
    yield from _together(pack, say)
    for key in pack.handling:
        if key not in pack.acts:
            yield say("unknown_act", "handlers", name=key, at="handlers", hint=nearest(key, pack.acts))


def _names(pack: Pack, say: Say, act: Act) -> Iterator[Fault]:
    at = f"acts.{act.key}"
    known = {*pack.roles, *BY}
    for name in act.by:
        if name not in known:
            yield say("unknown_role", f"{at}.by", name=name, at=f"{at}.by", hint=nearest(name, known))
    if not act.by:
        yield say("nobody_may", at, act=act.key)
    if not act.from_:
        yield say("missing_key", at, name=at, key="from")
    for part, names in (("from", act.from_), ("to", tuple(act.to.values()))):
        for name in names:
            if name not in pack.stages:
                hint = nearest(name, [*pack.stages, *pack.sets])
                yield say("unknown_stage", f"{at}.{part}", name=name, at=f"{at}.{part}", hint=hint)
    known = {*pack.clocks} if act.does == "extend" else {*pack.roles}
    code = "unknown_clock" if act.does == "extend" else "unknown_role"
    for name in act.targets:
        if name not in known:
            yield say(code, f"{at}.targets", name=name, at=f"{at}.targets", hint=nearest(name, known))
    for name in act.grades:
        if name not in pack.grades:
            yield say("unknown_grade", at, name=name, hint=nearest(name, pack.grades))


def _asks(pack: Pack, say: Say, act: Act) -> Iterator[Fault]:
    at = f"acts.{act.key}"
    for need in NEEDS.get(act.does, ()):
        either = need if isinstance(need, tuple) else (need,)
        if not set(either) & set(act.needs):
            yield say("act_must_ask", at, act=act.key, need=" / ".join(either))
    if act.does == "call_back" and act.by != ("reporter",) and "contacted" not in act.needs:
        yield say("act_must_ask", at, act=act.key, need="contacted")
    if act.does in BY_ANOTHER and not act.not_by_handlers:
        yield say("by_the_handler", at, act=act.key)
    if act.does in UPWARD and act.targets:
        yield say("return_goes_round", f"{at}.targets", act=act.key, targets=", ".join(act.targets))
    for both in sorted(set(act.needs) & set(act.may)):
        yield say("needed_and_optional", at, act=act.key, input=both)


def _goes(pack: Pack, say: Say, act: Act) -> Iterator[Fault]:
    at = f"acts.{act.key}"
    known = OUTCOMES.get(act.does, ())
    for outcome in act.to:
        if outcome != "*" and outcome not in known:
            yield say(
                "unknown_outcome", f"{at}.to", act=act.key, name=outcome, known=", ".join((*known, "else"))
            )
    for outcome in MUST_LEAD.get(act.does, ()):
        if outcome not in act.to and "*" not in act.to:
            yield say("outcome_leads_nowhere", at, act=act.key, outcome=outcome)
    if act.does in MOVES and "*" not in act.to:
        yield say("act_leads_nowhere", at, act=act.key)
    if act.does == "call_back" and "unreached" in act.to and not act.attempts:
        yield say("unreached_without_attempts", at, act=act.key)
    ends = {key for key, stage in pack.stages.items() if stage.end}
    if act.does not in AFTER_THE_END and ends & set(act.from_):
        yield say("act_after_the_end", f"{at}.from", act=act.key, stage=min(ends & set(act.from_)))
    if act.does in ("reopen", "unmerge") and set(act.from_) - ends:
        yield say("reopens_what_is_open", f"{at}.from", act=act.key, stage=min(set(act.from_) - ends))


def _together(pack: Pack, say: Say) -> Iterator[Fault]:
    does = {act.does: act for act in reversed(list(pack.acts.values()))}
    for one, other in PAIRS.items():
        if one in does and other not in does:
            yield say("act_needs_another", f"acts.{does[one].key}", act=does[one].key, other=other)
    if "call_back" not in does and "check" not in does:
        yield say("no_call_back", "acts", pack=pack.key)
    if "out_of_scope" in does and "approve" in does and "out_of_scope" not in does["approve"].to:
        yield say("scope_never_decided", f"acts.{does['approve'].key}", act=does["approve"].key)
    for act in pack.acts.values():
        per_unit = [
            clock for clock in pack.clocks.values() if clock.per_unit and f"act:{act.key}" in clock.starts
        ]
        if act.does == "summon" and not per_unit:
            yield say("summons_without_clock", f"acts.{act.key}", act=act.key)
