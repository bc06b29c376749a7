"""Each section of a pack.toml as values of the schema. One function a section; what is wrong goes into the
notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, get_args

from linli.kernel.packspec.limits import parse_share
from linli.kernel.packspec.schema import (
    Act,
    CalendarSpec,
    Clock,
    Does,
    FieldSpec,
    Grade,
    Input,
    Ladder,
    Limit,
    Owed,
    Register,
    RegisterField,
    Role,
    Rung,
    Span,
    Stage,
    Text,
)
from linli.kernel.packspec.tables import Notes, Table

FIELD_TYPES = ("kind", "spot", "text", "photo", "phone", "name", "choice", "yesno", "number", "date")
REGISTER_TYPES = ("text", "number", "spot", "place", "choice", "time", "person", "flag", "list")
LEVELS = ("district", "street", "community", "compound", "grid", "micro_grid", "building")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Tree = Mapping[str, Any]


def texts(notes: Notes, tree: Tree, section: str) -> dict[str, Text]:
    """A section of nothing but names: groups, grades."""
    found = {}
    for key, value in tree.get(section, {}).items():
        table = Table(notes, f"{section}.{key}", value)
        found[key] = table.text()
        table.done()
    return found


def fields(notes: Notes, tree: Tree) -> tuple[FieldSpec, ...]:
    return tuple(
        _field(Table(notes, f"form.{key}", value), key) for key, value in tree.get("form", {}).items()
    )


def _field(table: Table, key: str) -> FieldSpec:
    kind = table.string("type", "text", FIELD_TYPES)
    keep = table.limit("keep", "form")
    made = FieldSpec(
        key=key,
        type=kind,  # type: ignore[arg-type]
        text=table.text(),
        hint=table.maybe_text("hint"),
        optional=table.flag("optional"),
        max=table.number("max"),
        choices=_choices(table),
        when={
            name: Table(table.notes, f"{table.name}.when", table.table("when")).strings(name)
            for name in table.table("when")
        },
        purpose=table.string("purpose") or None,
        keep_days=keep.amount if keep and keep.unit == "d" else None,
        personal=table.flag("personal", kind in ("phone", "name")),
    )
    table.done()
    return made


def _choices(table: Table) -> dict[str, Text]:
    inner = Table(table.notes, f"{table.name}.choices", table.table("choices"))
    found = {key: inner.need_text(key) for key in table.table("choices")}
    inner.done()
    return found


def sets(notes: Notes, tree: Tree, stages: Mapping[str, Stage]) -> dict[str, tuple[str, ...]]:
    """Named groups of stages: those declared, and ``open``, ``ends`` and ``any``."""
    ends = tuple(key for key, stage in stages.items() if stage.end)
    named = {"open": tuple(key for key in stages if key not in ends), "ends": ends, "any": tuple(stages)}
    section = Table(notes, "sets", tree.get("sets", {}))
    for key in tree.get("sets", {}):
        named[key] = tuple(dict.fromkeys(_expanded(section.strings(key), named)))
    return named


def _expanded(names: tuple[str, ...], named: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [one for name in names for one in named.get(name, (name,))]


def teams(notes: Notes, tree: Tree) -> dict[str, tuple[str, ...]]:
    """Named groups of roles."""
    section, found = Table(notes, "teams", tree.get("teams", {})), dict[str, tuple[str, ...]]()
    for key in tree.get("teams", {}):
        found[key] = tuple(dict.fromkeys(_expanded(section.strings(key), found)))
    return found


def roles(notes: Notes, tree: Tree) -> dict[str, Role]:
    found = {}
    for key, value in tree.get("roles", {}).items():
        table = Table(notes, f"roles.{key}", value)
        staff = table.flag("staff", True)
        found[key] = Role(
            key,
            table.text(),
            table.string("level", "district", LEVELS),
            staff,
            table.flag("second_factor", staff),
            table.strings("doors"),
            table.flag("unit"),
            table.strings("keeps"),
        )
        table.done()
    return found


def stages(notes: Notes, tree: Tree) -> dict[str, Stage]:
    """Stages in the order of the ball, ends last, whichever file they were said in."""
    found = {}
    for key, value in tree.get("stages", {}).items():
        table = Table(notes, f"stages.{key}", value)
        end = table.flag("end")
        ball = table.number("ball", 4 if end else None)
        if ball is None or not 0 <= ball <= 4:
            table.missing("ball = 0 … 4")
        holder = table.string("holder") or None
        found[key] = Stage(key, table.text(), ball or 0, holder, end, table.maybe_text("public"))
        table.done()
    return dict(sorted(found.items(), key=lambda row: (row[1].end, row[1].ball)))


def ladders(notes: Notes, tree: Tree) -> dict[str, Ladder]:
    found = {}
    for key, value in tree.get("ladders", {}).items():
        items = value if isinstance(value, list) else []
        if not isinstance(value, list):
            notes.say("wrong_type", f"ladders.{key}", name=f"ladders.{key}", wanted="[ … ]")
        found[key] = Ladder(
            key, tuple(_rung(notes, f"ladders.{key}.{at}", item) for at, item in enumerate(items))
        )
    return found


def _rung(notes: Notes, name: str, item: object) -> Rung:
    if isinstance(item, str):
        return Rung(item)
    table = Table(notes, name, item)
    rung = Rung(table.string("role"), table.limit("after", "ladder"), table.flag("notify_only"))
    table.done()
    return rung


def calendars(notes: Notes, tree: Tree) -> dict[str, CalendarSpec]:
    found = {}
    for key, value in tree.get("calendars", {}).items():
        table = Table(notes, f"calendars.{key}", value)
        days = table.strings("days") or DAYS
        spans = tuple(span for text in table.strings("hours") if (span := _span(table, text)))
        week = {DAYS.index(day): spans for day in days if day in DAYS}
        for day in days:
            if day not in DAYS:
                notes.unknown("unknown_choice", f"{table.name}.days", day, DAYS, key="days")
        worth = sum(span.end - span.start for span in spans)
        if not worth:
            table.missing("hours")
        found[key] = CalendarSpec(key, week, table.flag("holidays", True), worth)
        table.done()
    return found


def _span(table: Table, text: str) -> Span | None:
    try:
        start, end = (
            int(hour) * 60 + int(minute) for hour, minute in (half.split(":") for half in text.split("-"))
        )
    except ValueError:
        start = end = 0
    if not 0 <= start < end <= 1440:
        table.notes.say("bad_hours", f"{table.name}.hours", value=text)
        return None
    return Span(start, end)


class Flow:
    """Reads what refers to stages and roles by name: acts and clocks. ``sets`` and ``teams`` are written
    out here."""

    def __init__(
        self,
        notes: Notes,
        sets: Mapping[str, tuple[str, ...]],
        teams: Mapping[str, tuple[str, ...]],
        limits: Mapping[str, Mapping[str, Limit]],
        profile: str | None,
        left_out: Collection[str] = (),
    ) -> None:
        self.notes, self.sets, self.teams, self.limits, self.profile = notes, sets, teams, limits, profile
        self._left_out = frozenset(left_out)

    def acts(self, tree: Tree) -> dict[str, Act]:
        return {
            key: self._act(key, Table(self.notes, f"acts.{key}", value))
            for key, value in tree.get("acts", {}).items()
        }

    def _act(self, key: str, table: Table) -> Act:
        made = Act(
            key=key,
            text=table.text(),
            does=table.string("does", key if key in get_args(Does) else "move", get_args(Does)),  # type: ignore[arg-type]
            from_=self._stages(table.strings("from")),
            to=self._ways(table),
            by=tuple(dict.fromkeys(_expanded(table.strings("by"), self.teams))),
            not_by_handlers=table.flag("not_by_handlers"),
            needs=self._inputs(table, "needs"),
            may=self._inputs(table, "may"),
            targets=tuple(dict.fromkeys(_expanded(table.strings("targets"), self.teams))),
            primary=table.flag("primary"),
            key_hint=table.string("key_hint"),
            icon=table.string("icon"),
            attempts=table.number("attempts", 0) or 0,
            done=table.maybe_text("done"),
            grades=table.strings("grades"),
            apart=table.limit("apart", f"act {key}"),
        )
        table.done()
        return made

    def _ways(self, table: Table) -> dict[str, str]:
        value = table.raw("to")
        if value is None:
            return {}
        if isinstance(value, str):
            return {"*": self._stage(value)}
        inner = Table(self.notes, f"{table.name}.to", value)
        ways = {
            ("*" if key == "else" else key): self._stage(inner.string(key))
            for key in (value if isinstance(value, dict) else ())
        }
        inner.done()
        return ways

    def _inputs(self, table: Table, key: str) -> tuple[Input, ...]:
        found = table.strings(key)
        for name in found:
            if name not in get_args(Input):
                self.notes.unknown("unknown_input", f"{table.name}.{key}", name, get_args(Input))
        return found  # type: ignore[return-value]

    def _stages(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in _expanded(names, self.sets) if one not in self._left_out))

    def _stage(self, name: str) -> str:
        """A stage, or the only one of a set: libraries say ``again`` where a service says which stage that
        is."""
        named = self.sets.get(name, ())
        return named[0] if len(named) == 1 else name

    def clocks(self, tree: Tree) -> dict[str, Clock]:
        return {
            key: self._clock(key, Table(self.notes, f"clocks.{key}", value))
            for key, value in tree.get("clocks", {}).items()
        }

    def _clock(self, key: str, table: Table) -> Clock:
        given = table.flag("given")
        made = Clock(
            key=key,
            text=table.text(),
            starts=self._stages(table.strings("from")),
            stops=self._stages(table.strings("until")),
            limits={} if given else self._limits(key, table),
            given=given,
            calendar=table.string("calendar", "always"),
            warn=self._warn(table),
            ladder=table.string("ladder", "up"),
            runs_while_paused=table.flag("runs_while_paused"),
            per_unit=table.flag("per_unit"),
            promise=table.maybe_text("promise"),
            fresh=table.flag("fresh"),
        )
        table.done()
        return made

    def _limits(self, key: str, table: Table) -> dict[Grade, Limit]:
        value = table.raw("limit")
        if value == "profile":
            if key not in self.limits and self.profile is not None:
                self.notes.unknown(
                    "no_profile_limit", f"{table.name}.limit", key, self.limits, profile=self.profile
                )
            return dict(self.limits.get(key, {}))
        if isinstance(value, dict):
            read = {
                grade: table.notes_limit(one, f"{table.name}.limit.{grade}", f"{key}.{grade}")
                for grade, one in value.items()
            }
            return {grade: limit for grade, limit in read.items() if limit}
        if value is None:
            table.missing("limit")
            return {}
        limit = table.notes_limit(value, f"{table.name}.limit", key)
        return {"*": limit} if limit else {}

    def _warn(self, table: Table) -> float | Limit:
        value = table.raw("warn")
        if value is None:
            return 0.7
        return parse_share(value) or table.notes_limit(value, f"{table.name}.warn", "warn") or 0.7


def notices(notes: Notes, tree: Tree, clocks: Mapping[str, Clock], gone: set[str]) -> tuple[Owed, ...]:
    """``"on" = { to = "words" }`` in lines; ``clock:*:broken`` is written out for every clock. Those of a
    library about an act or clock that the pack does not have (``gone``) are owed to nobody."""
    found = []
    for on, value in tree.get("notices", {}).items():
        if on in gone:
            continue
        table = Table(notes, f"notices.{on}", value)
        names = [on.replace("*", key) for key in clocks] if on.startswith("clock:*:") else [on]
        for to in value if isinstance(value, dict) else ():
            words, urgent = _owed(table, to)
            found += [Owed(name, to, words, urgent) for name in names if words]
    return tuple(found)


def _owed(table: Table, to: str) -> tuple[str, bool]:
    value = table.raw(to)
    if isinstance(value, str):
        return value, False
    inner = Table(table.notes, f"{table.name}.{to}", value)
    words, urgent = inner.string("words"), inner.flag("urgent")
    inner.done()
    return words, urgent


def registers(notes: Notes, tree: Tree, teams: Mapping[str, tuple[str, ...]]) -> dict[str, Register]:
    found = {}
    for key, value in tree.get("registers", {}).items():
        table = Table(notes, f"registers.{key}", value)
        columns = tuple(
            _column(name, Table(notes, f"{table.name}.fields.{name}", one))
            for name, one in table.table("fields").items()
        )
        by, seen = (tuple(dict.fromkeys(_expanded(table.strings(name), teams))) for name in ("by", "seen_by"))
        found[key] = Register(key, table.text(), columns, by, seen, table.strings("public"))
        table.done()
    return found


def _column(key: str, table: Table) -> RegisterField:
    kind: Any = table.string("type", "text", REGISTER_TYPES)
    made = RegisterField(key, kind, table.text(), table.flag("optional"))
    table.done()
    return made
