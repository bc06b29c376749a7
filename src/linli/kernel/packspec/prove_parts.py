"""What the laws ask of the single parts of a pack: acts, clocks, ladders, fields, words, views. Pure;
``prove`` calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from linli.kernel.packspec.faults import Fault, Where, fault
from linli.kernel.packspec.prove_acts import acts
from linli.kernel.packspec.schema import Clock, FieldSpec, Ladder, Limit, Pack
from linli.kernel.packspec.tables import nearest
from linli.kernel.packspec.words import placeholders

LEVELS = ("building", "micro_grid", "grid", "compound", "community", "street", "district")
SHOWN = frozenset(
    "number stage kind condition grade clocks opened ended me_too pack holder.role place.micro_grid place.grid "
    "place.compound place.community place.street place.district".split()
)
OWED_TO = frozenset("reporter holder followers summoned rung".split())
SHOWABLE = ("kind", "choice", "yesno", "number", "date")


def parts(pack: Pack, where: Where) -> Iterator[Fault]:
    """Every fault that can be seen without following the flow."""

    def say(code: str, at: str, /, **facts: object) -> Fault:
        return fault(code, where(at), **facts)

    for key, role in pack.roles.items():
        yield from unknown_roles(pack, say, f"roles.{key}.keeps", role.keeps)
    yield from _ladders(pack, say)
    yield from _registers(pack, say)
    if pack.library:
        return
    yield from _roles(pack, say)
    yield from acts(pack, say)
    yield from _clocks(pack, say)
    yield from _form(pack, say)
    yield from _notices(pack, say)
    yield from _public(pack, say)
    if not pack.kinds:
        yield say("no_kinds", "")


Say = Callable[..., Fault]


def unknown_roles(
    pack: Pack, say: Say, at: str, names: Iterable[str], also: Iterable[str] = ()
) -> Iterator[Fault]:
    """A fault for each name that is neither a role nor one of ``also``."""
    known = {*pack.roles, *also}
    for name in names:
        if name not in known:
            yield say("unknown_role", at, name=name, at=at, hint=nearest(name, known))


def _roles(pack: Pack, say: Say) -> Iterator[Fault]:
    for key, stage in pack.stages.items():
        yield from unknown_roles(pack, say, f"stages.{key}.holder", [stage.holder] if stage.holder else [])
        role = pack.roles.get(stage.holder or "")
        if role is not None and not role.staff:
            yield say("holder_not_staff", f"stages.{key}.holder", stage=key, role=role.key)
    yield from unknown_roles(pack, say, "opened_by", pack.opened_by)
    if not pack.opened_by:
        yield say("missing_key", "opened_by", name=f"{pack.key}/pack.toml", key="opened_by")


def _ladders(pack: Pack, say: Say) -> Iterator[Fault]:
    for ladder in pack.ladders.values():
        yield from _ladder(pack, say, ladder)


def _ladder(pack: Pack, say: Say, ladder: Ladder) -> Iterator[Fault]:
    at = f"ladders.{ladder.key}"
    names = [rung.role for rung in ladder.rungs]
    yield from unknown_roles(pack, say, at, names)
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield fault_with_path(say("ladder_in_a_circle", at, ladder=ladder.key, role=name), names)
    if not names:
        yield say("ladder_without_rungs", at, ladder=ladder.key)
        return
    if ladder.rungs[-1].notify_only:
        yield say("ladder_ends_nowhere", at, ladder=ladder.key, role=names[-1])
    heights = [LEVELS.index(pack.roles[name].level) for name in names if name in pack.roles]
    if any(above < below for below, above in pairwise(heights)):
        yield fault_with_path(say("ladder_goes_down", at, ladder=ladder.key), names)
    for rung in ladder.rungs[1:]:
        if rung.after is None:
            yield say("rung_without_wait", at, ladder=ladder.key, role=rung.role)


def fault_with_path(one: Fault, path: Iterable[str]) -> Fault:
    return Fault(one.code, one.file, one.line, one.sentence, tuple(path))


def _clocks(pack: Pack, say: Say) -> Iterator[Fault]:
    for key, clock in pack.clocks.items():
        at = f"clocks.{key}"
        for part, names in (("from", clock.starts), ("until", clock.stops)):
            if not names:
                yield say("missing_key", at, name=at, key=part)
            yield from _events(pack, say, f"{at}.{part}", names)
        for both in sorted(set(clock.starts) & set(clock.stops)):
            yield say("clock_starts_and_stops", at, clock=key, stage=both)
        if clock.ladder not in pack.ladders:
            yield say("unknown_ladder", at, name=clock.ladder, hint=nearest(clock.ladder, pack.ladders))
        yield from _times(pack, say, clock)
        yield from _given(pack, say, clock)


def _events(pack: Pack, say: Say, at: str, names: Iterable[str]) -> Iterator[Fault]:
    for name in names:
        act = name.removeprefix("act:")
        if act != name and act not in pack.acts:
            yield say("unknown_act", at, name=act, at=at, hint=nearest(act, pack.acts))
        elif act == name and name not in pack.stages:
            yield say("unknown_stage", at, name=name, at=at, hint=nearest(name, [*pack.stages, *pack.sets]))


def _times(pack: Pack, say: Say, clock: Clock) -> Iterator[Fault]:
    at = f"clocks.{clock.key}"
    calendar = pack.calendars.get(clock.calendar)
    if calendar is None:
        yield say("unknown_calendar", at, name=clock.calendar, hint=nearest(clock.calendar, pack.calendars))
    limits: list[Limit] = [*clock.limits.values()]
    if isinstance(clock.warn, Limit):
        limits.append(clock.warn)
    working = next((limit for limit in limits if limit.unit in ("wh", "wd")), None)
    if working and calendar and calendar.day_minutes == 1440:
        yield say("working_time_without_calendar", at, clock=clock.key, limit=working, calendar=calendar.key)
    for name in clock.limits:
        if "." in name:
            kind, _, condition = name.partition(".")
            if kind not in pack.kinds or condition not in {one.key for one in pack.kinds[kind].conditions}:
                conditions = [f"{one.key}.{two.key}" for one in pack.kinds.values() for two in one.conditions]
                yield say(
                    "unknown_condition",
                    f"profile.limits.{clock.key}.{name}",
                    name=name,
                    hint=nearest(name, conditions),
                )
        elif name != "*" and name not in pack.grades:
            yield say("unknown_grade", at, name=name, hint=nearest(name, pack.grades))
    if clock.promise is not None:
        for name in sorted((placeholders(clock.promise.zh) | placeholders(clock.promise.en)) - {"time"}):
            yield say("unknown_fact", f"{at}.promise", key=f"{at}.promise", fact=name, known="time")


def _given(pack: Pack, say: Say, clock: Clock) -> Iterator[Fault]:
    """A clock whose date is given starts by acts that ask for the date."""
    if not clock.given:
        return
    for act in pack.acts.values():
        enters = set(act.to.values()) & set(clock.starts) or f"act:{act.key}" in clock.starts
        if (
            enters
            and "until" not in act.needs
            and act.does not in ("reopen", "unmerge", "call_back", "check")
        ):
            yield say("given_without_until", f"acts.{act.key}", act=act.key, clock=clock.key)


def _form(pack: Pack, say: Say) -> Iterator[Fault]:
    types = [field.type for field in pack.form]
    for needed in ("kind", "spot"):
        if types.count(needed) != 1:
            yield say("form_asks_once", "form", type=needed)
    keys = {field.key for field in pack.form}
    for field in pack.form:
        yield from _field(say, field, keys)


def _field(say: Say, field: FieldSpec, keys: set[str]) -> Iterator[Fault]:
    at = f"form.{field.key}"
    if field.type in ("phone", "name") and not field.personal:
        yield say("personal_not_said", at, field=field.key)
    if field.personal and not field.purpose:
        yield say("personal_without_purpose", at, field=field.key)
    if field.personal and not field.keep_days:
        yield say("personal_without_end", at, field=field.key)
    if field.type == "choice" and not field.choices:
        yield say("missing_key", at, name=at, key="choices")
    for name in field.when:
        if name not in keys:
            yield say("unknown_field", at, name=name, hint=nearest(name, keys))


def _notices(pack: Pack, say: Say) -> Iterator[Fault]:
    for owed in pack.notices:
        at = f"notices.{owed.on}"
        parts_ = owed.on.split(":")
        if parts_[0] == "act" and len(parts_) > 1:
            if parts_[1] not in pack.acts:
                yield say("unknown_act", at, name=parts_[1], at=at, hint=nearest(parts_[1], pack.acts))
        elif parts_[0] == "clock" and len(parts_) == 3 and parts_[2] in ("warned", "broken", "escalated"):
            if parts_[1] not in pack.clocks:
                yield say("unknown_clock", at, name=parts_[1], hint=nearest(parts_[1], pack.clocks))
        elif owed.on not in ("opened", "ended"):
            yield say("unknown_event", at, name=owed.on)
        yield from unknown_roles(pack, say, at, [owed.to], OWED_TO)
        if owed.words not in pack.words:
            yield say("no_words", at, name=at, key=owed.words)


def _public(pack: Pack, say: Say) -> Iterator[Fault]:
    fields = {f"form.{field.key}": field for field in pack.form}
    for name in pack.public.shows:
        field = fields.get(name)
        if field is not None and (field.personal or field.type not in SHOWABLE):
            yield say("public_shows_personal", "public", name=name)
        elif field is None and name not in SHOWN:
            yield say("public_shows_unknown", "public", name=name, hint=nearest(name, [*SHOWN, *fields]))
    if not pack.public.shows:
        yield say("missing_key", "public", name="public", key="shows")


def _registers(pack: Pack, say: Say) -> Iterator[Fault]:
    for key, register in pack.registers.items():
        at = f"registers.{key}"
        yield from unknown_roles(pack, say, at, (*register.by, *register.seen_by))
        columns = {column.key: column for column in register.fields}
        if not columns or not register.by:
            yield say("missing_key", at, name=at, key="by" if columns else "fields")
        for name in register.public:
            if name not in columns:
                yield say("unknown_field", at, name=name, hint=nearest(name, columns))
            elif columns[name].type == "person":
                yield say("public_shows_personal", at, name=name)
