"""Stories: what happens to one matter, told step by step, so that officials can sign it and a test can play
it. Pure.

A story is ``stories/NAME.toml`` of a pack; docs/howto/write-a-pack.md describes the form. Reading one
checks every name in it against the pack; playing it is for the tests of matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

from linli.kernel.moment import SHANGHAI
from linli.kernel.packspec.faults import Fault, Where
from linli.kernel.packspec.files import read_toml
from linli.kernel.packspec.lines import key_lines
from linli.kernel.packspec.schema import Act, Input, Limit, Pack, Text, natural
from linli.kernel.packspec.tables import Notes, Table

PEOPLE = ("resident", "anonymous", "reporter", "holder")  # besides roles


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be so after a step; what is empty is not asked. ``due`` is by clock; ``refused`` is the
    code of the refusal, and then nothing has changed."""

    stage: str = ""
    holder: str = ""  # the role that answers now
    grade: str = ""
    due: Mapping[str, datetime] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    ended: bool | None = None
    paused: bool | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How the matter is opened. ``by`` is ``resident`` (leaves a number), ``anonymous`` or a staff role;
    ``found``: seen by staff themselves."""

    by: str
    kind: str
    condition: str
    words: str
    found: bool
    expect: Expected


@dataclass(frozen=True, slots=True)
class Step:
    """One act; without ``act`` only time passes. ``by`` is ``reporter``, ``holder`` (whoever answers now)
    or a role; ``number`` tells apart several people of one role, 1 being whoever holds it where the matter
    stands. ``give`` has the inputs as written."""

    at: datetime
    by: str
    number: int
    act: str
    give: Mapping[str, Any]
    expect: Expected


@dataclass(frozen=True, slots=True)
class Story:
    """One story of one pack. All times are aware and local (Asia/Shanghai)."""

    key: str
    pack: str
    title: Text
    starts: datetime
    report: Report
    steps: tuple[Step, ...]


def stories(files: Mapping[str, bytes], pack: Pack) -> tuple[list[Story], list[Fault]]:
    """Every story of a pack from the files of its edition, and every problem in them."""
    told, faults = [], []
    prefix = f"{pack.key}/stories/"
    for name in sorted(name for name in files if name.startswith(prefix) and name.endswith(".toml")):
        tree, problems = read_toml(files, name)
        if not problems:
            reading = _Reading(name, tree, pack, key_lines(files[name].decode("utf-8")))
            told.append(reading.story(name.removeprefix(prefix).removesuffix(".toml")))
            problems = reading.notes.faults
        faults += problems
    return told, faults


class _Reading:
    def __init__(self, file: str, tree: Mapping[str, Any], pack: Pack, lines: Mapping[str, int]) -> None:
        self.notes = Notes(Where({at: (file, line) for at, line in lines.items()}, file))
        self.top = Table(self.notes, "", dict(tree))
        self.pack = pack
        self.now = datetime(2026, 1, 1, tzinfo=SHANGHAI)

    def story(self, key: str) -> Story:
        title = self.top.need_text("title")
        starts = self._moment("starts", self.top.string("starts")) or self.now
        self.now = starts
        report = self._report(Table(self.notes, "report", self.top.table("report")))
        steps = self.top.raw("steps")
        found = tuple(self._step(Table(self.notes, f"steps.{n}", step)) for n, step in enumerate(steps or ()))
        self.top.done()
        return Story(key, self.pack.key, title, starts, report, found)

    def _report(self, table: Table) -> Report:
        by = table.string("by", "resident")
        self._known_person(table, by)
        kind, condition = table.string("kind"), table.string("condition")
        if kind not in self.pack.kinds:
            self.notes.unknown("unknown_choice", f"{table.name}.kind", kind, self.pack.kinds, key="kind")
        elif condition and condition not in {one.key for one in self.pack.kinds[kind].conditions}:
            known = [one.key for one in self.pack.kinds[kind].conditions]
            self.notes.unknown("unknown_choice", f"{table.name}.condition", condition, known, key="condition")
        made = Report(by, kind, condition, table.string("words"), table.flag("found"), self._expect(table))
        table.done()
        return made

    def _step(self, table: Table) -> Step:
        self.now = self._when(table)
        by, _, number = table.string("by").partition(" ")
        act = table.string("act")
        give = table.table("give")
        for name in give:
            if name not in get_args(Input) and name != "clock":
                self.notes.unknown("unknown_input", f"{table.name}.give", name, get_args(Input))
        expect = self._expect(table)
        if act:
            self._known_person(table, by)
            self._act(table, act, by, give, expect)
        made = Step(self.now, by, int(number) if number.isdigit() else 1, act, give, expect)
        table.done()
        return made

    def _act(self, table: Table, key: str, by: str, give: Mapping[str, Any], expect: Expected) -> None:
        act = self.pack.acts.get(key)
        if act is None:
            self.notes.unknown("unknown_act", f"{table.name}.act", key, self.pack.acts, at=table.name)
        elif not expect.refused:
            for need in _lacking(act, give):
                self.notes.say("act_must_ask", f"{table.name}.give", act=key, need=need)
            if by not in (*act.by, "holder", "reporter") and not ("summoned" in act.by or "holder" in act.by):
                self.notes.unknown("unknown_role", f"{table.name}.by", by, act.by, at=f"{table.name}.by")

    def _known_person(self, table: Table, by: str) -> None:
        if by not in self.pack.roles and by not in PEOPLE:
            known = [*self.pack.roles, *PEOPLE]
            self.notes.unknown("unknown_role", f"{table.name}.by", by, known, at=f"{table.name}.by")

    def _when(self, table: Table) -> datetime:
        if "at" in table:
            return self._moment(f"{table.name}.at", table.string("at")) or self.now
        after = table.limit("after", "story") or Limit(1, "m")
        return self.now + (natural(after) if after.unit in "smhd" else timedelta())

    def _moment(self, at: str, text: str) -> datetime | None:
        """``2026-03-04 09:34``; or ``09:34``, on the day where the story stands."""
        full = text if " " in text else f"{self.now:%Y-%m-%d} {text}"
        try:
            return datetime.strptime(full, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
        except ValueError:
            self.notes.say("bad_hours", at, value=text)
            return None

    def _expect(self, table: Table) -> Expected:
        inner = Table(self.notes, f"{table.name}.expect", table.table("expect"))
        due = {
            key: when
            for key, text in inner.table("due").items()
            if (when := self._moment(f"{inner.name}.due", str(text))) is not None
        }
        flags = {key: inner.flag(key) if key in inner else None for key in ("ended", "paused")}
        made = Expected(
            stage=inner.string("stage", "", self.pack.stages),
            holder=inner.string("holder", "", self.pack.roles),
            grade=inner.string("grade", "", self.pack.grades),
            due=due,
            **{key: inner.strings(key) for key in ("kept", "broken", "warned", "running")},
            ended=flags["ended"],
            paused=flags["paused"],
            refused=inner.string("refused"),
        )
        for key in (*made.due, *made.kept, *made.broken, *made.warned, *made.running):
            if key not in self.pack.clocks:
                self.notes.unknown("unknown_clock", inner.name, key, self.pack.clocks)
        inner.done()
        return made


def _lacking(act: Act, give: Mapping[str, Any]) -> Iterator[str]:
    """What the act asks and the story does not give."""
    for need in act.needs:
        answered = need in give or (need in ("solved", "satisfied") and give.get("contacted") is False)
        if not answered and not (need == "unit" and "units" in give):
            yield need


def told(files: Mapping[str, bytes], pack: Pack) -> list[Story]:
    """The stories of a pack. Raises ValueError, with every problem, for stories that ``linli check`` would
    refuse."""
    found, faults = stories(files, pack)
    if faults:
        raise ValueError("; ".join(str(one) for one in faults))
    return found


__all__ = ["Expected", "Report", "Step", "Story", "stories", "told"]
