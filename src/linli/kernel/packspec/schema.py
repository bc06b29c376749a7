"""What a pack may say, as frozen values. Pure: knows no store, no web, no clock.

A pack is one folder: ``pack.toml`` (these declarations), ``kinds.csv`` (what is reported and how grave it
is, by condition), ``words/zh-CN.toml`` and ``words/en.toml`` (every sentence), ``stories/`` and a README.
``load`` makes a :class:`Pack` of it, ``prove`` shows that its flow keeps the laws. A *library* pack
declares roles, ladders, profiles, calendars or shared acts for others and has no flow of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Grade = str  # ordinary | complex | major, or whatever grades the profile of a pack names


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in both languages."""

    zh: str
    en: str

    def say(self, lang: str) -> str:
        return self.en if lang.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Role:
    """A post that a person holds at a place. ``level`` is where it is usually held; ``sign_in`` is how
    strongly its holder must prove who they are; ``views`` are the doors it opens."""

    key: str
    text: Text
    level: str
    staff: bool = True
    second_factor: bool = True
    doors: tuple[str, ...] = ()
    unit: bool = False  # held for an organisation (a department, a property company), not for the grid itself
    keeps: tuple[
        str, ...
    ] = ()  # the roles that its holder gives, hands over and rosters at or below their place


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One question of the form. ``personal`` fields carry purpose and retention and never leave the sealed
    tables."""

    key: str
    type: Literal["kind", "spot", "text", "photo", "phone", "name", "choice", "yesno", "number", "date"]
    text: Text
    hint: Text | None = None
    optional: bool = False
    max: int | None = None  # characters of a text, count of photos
    choices: Mapping[str, Text] = field(default_factory=dict)
    when: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # asked only when another field has one of these values
    purpose: str | None = None
    keep_days: int | None = None  # after the end of the matter
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """How bad a kind of thing is; carries the grade. (The limit belongs to the condition, not to the
    class.)"""

    key: str
    text: Text
    grade: Grade
    advice: Text | None = None  # said at once to whoever chooses it: "leave the room, call 119"


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be reported: a tile on the resident's first page."""

    key: str
    text: Text
    group: str
    icon: str
    conditions: tuple[Condition, ...]  # at least one; the first is the usual one
    unit: str | None = None  # kind of unit usually responsible (heating, property …): suggested at dispatch
    area_only: bool = False  # drawn as an area, never a point (quarrels)

    @property
    def grade(self) -> Grade:
        return self.conditions[0].grade


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a matter stands and who answers for it there. ``ball`` 0–4 is how far it has come."""

    key: str
    text: Text
    ball: int
    holder: str | None = None  # role; None only where ``end`` is true
    end: bool = False
    public: Text | None = None  # the resident's word for it, when it differs


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a promise has: an amount of a unit. Units: s m h d natural (they run day and night, whatever
    the calendar of the clock); wh working hours and wd working days of the clock's calendar."""

    amount: int
    unit: Literal["s", "m", "h", "d", "wh", "wd"]
    source: str = ""  # "1341: solve.ordinary", for the explanation of a due time

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of an escalation ladder: the role told (and, unless ``notify_only``, made responsible) and
    after how long at breach."""

    role: str
    after: Limit | None = None  # since the rung before; None for the first: at once
    notify_only: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    key: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise. Starts when the matter enters a stage of ``starts`` (or at the act named there with
    ``act:``), is kept when it enters one of ``stops`` (or at the act named there) before the limit. One
    that runs already just runs on; one that was stopped goes on with the time used, unless it is ``fresh``:
    then each start is a new promise. ``limits`` by ``kind.condition``, else by grade, else by ``*`` (see
    :meth:`limit_for`); without any, the matter has no such clock. ``given`` limits come from the input
    ``until`` of the act that starts it, for every grade; such a clock that is started again without
    ``until`` (undone merge, reopening) keeps its date."""

    key: str
    text: Text
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    limits: Mapping[Grade, Limit]
    given: bool = False
    calendar: str = "always"
    warn: float | Limit = (
        0.7  # share of the limit used, or an absolute used time, at which the holder is warned
    )
    ladder: str = ""
    runs_while_paused: bool = False
    per_unit: bool = False  # one for each summoned unit (报到)
    promise: Text | None = None  # how it is put to the resident: "{time} 前到场"
    fresh: bool = (
        False  # started again, it has its whole limit again (a call-back); else it goes on with the time used
    )

    def limit_for(self, grade: Grade, kind: str = "", condition: str = "") -> Limit | None:
        """The limit that a matter of this grade and condition has; None where it has no such clock (or the
        limit is given)."""
        for name in (f"{kind}.{condition}", grade, "*"):
            if name in self.limits:
                return self.limits[name]
        return None

    def runs_for(self, grade: Grade, kind: str = "", condition: str = "") -> bool:
        """Whether a matter of this grade and condition has this clock at all."""
        return self.given or self.limit_for(grade, kind, condition) is not None


Does = Literal[
    "move",  # from stage to stage
    "call_back",  # 回访: contacted / solved / satisfied; ends, reopens or counts an attempt
    "check",  # 核查 on the spot by somebody else, for what staff found themselves
    "verify",  # 核实 before accepting
    "hand_up",  # to the next role up
    "hand_down",  # to a role or person below
    "dispatch",  # to a unit or another role-holder
    "summon",  # 吹哨: several units at once
    "acknowledge",  # 报到: a summoned unit says it is here
    "return",  # back with a reason; goes up, not round
    "pause",
    "resume",
    "extend",  # ask for a longer limit
    "approve",  # grant what was asked (extend, out_of_scope)
    "decline",
    "split",
    "merge",
    "unmerge",
    "link",
    "unlink",
    "reopen",
    "withdraw",
    "out_of_scope",  # propose; a review by somebody else ends it
    "close_without",  # end with a recorded reason why no call-back is owed (anonymous reporter)
    "regrade",
    "move_place",
    "note",
    "supplement",  # the reporter adds words or photos
    "me_too",
    "release_words",  # erase
]

Input = Literal[
    "position",
    "photo",
    "photo_before",
    "photo_after",
    "words",
    "reason",
    "until",
    "grade",
    "kind",
    "condition",
    "contacted",
    "solved",
    "satisfied",
    "unit",
    "units",
    "role",
    "person",
    "matter",
    "limit",
    "spot",
    "parts",
    "verified",
    "in_scope",
]


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person (or the clock) does. ``to`` maps an outcome to a stage; the key ``*`` is for every
    outcome not named; no way at all: it stays where it is. Outcomes by ``does``: call_back ``solved`` (and
    satisfied), ``not_satisfied`` (solved, but; else as ``not_solved``), ``not_solved``, ``unreached`` (the
    last of ``attempts`` was not answered; an earlier one stays); check and verify ``ok``, ``not_ok``;
    approve ``out_of_scope`` (an extension granted stays); move ``found`` (staff found it themselves, so a
    check is owed and no call-back), else ``*``. unmerge goes back by itself to where it was merged from.
    ``by`` are roles reaching the matter's place, or ``holder`` (whoever is responsible now), ``reporter``,
    ``summoned`` (a unit called to it), ``clock``."""

    key: str
    text: Text
    does: Does
    from_: tuple[str, ...]
    to: Mapping[str, str] = field(default_factory=dict)  # empty: stays where it is
    by: tuple[str, ...] = ()
    not_by_handlers: bool = False  # nobody who handled this matter
    needs: tuple[Input, ...] = ()
    may: tuple[Input, ...] = ()
    targets: tuple[
        str, ...
    ] = ()  # roles that a dispatch, summons or hand-down may name; clocks that an extension may lengthen
    primary: bool = False
    key_hint: str = ""  # desk shortcut
    icon: str = ""
    attempts: int = 0  # call_back: after so many unanswered attempts the matter ends as unreached
    done: Text | None = None  # past tense for the timeline: 到场, 用时 …
    grades: tuple[Grade, ...] = ()  # only for matters of these grades; empty: of every grade
    apart: Limit | None = None  # call_back: unanswered attempts count only this far from the one before


@dataclass(frozen=True, slots=True)
class Owed:
    """Words owed to somebody when something happens. ``on`` is ``act:KEY``, ``act:KEY:OUTCOME`` (see
    :class:`Act`; owed beside those of ``act:KEY``), ``clock:KEY:warned``, ``clock:KEY:broken``,
    ``clock:KEY:escalated`` (each rung), ``opened``, ``ended`` (any end stage); ``to`` is ``reporter``,
    ``holder``, ``followers``, ``summoned``, ``rung`` or a role; ``words`` is a key of the pack's words."""

    on: str
    to: str
    words: str
    urgent: bool = False  # breaks quiet hours


@dataclass(frozen=True, slots=True)
class RegisterField:
    key: str
    type: Literal["text", "number", "spot", "place", "choice", "time", "person", "flag", "list"]
    text: Text
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """Things that are kept, not processed. ``by`` are the roles that may change an item of a place they
    reach."""

    key: str
    text: Text
    fields: tuple[RegisterField, ...]
    by: tuple[str, ...]
    seen_by: tuple[str, ...] = ()
    public: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicView:
    """All that the public map may ever show of a matter."""

    shows: tuple[str, ...]
    where: Literal["point", "area", "none"] = "point"


@dataclass(frozen=True, slots=True)
class Span:
    """Working time of a day, minutes after midnight, local time; ``end`` may be 1440."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Working time: spans by weekday (0 = Monday), whether statutory holidays and make-up workdays apply.
    ``day_minutes`` is what one working day is worth."""

    key: str
    week: Mapping[int, tuple[Span, ...]]
    holidays: bool = True
    day_minutes: int = 480


@dataclass(frozen=True, slots=True)
class Duplicates:
    """When two reports look like one: near, recent, alike."""

    metres: int = 100
    days: int = 7


@dataclass(frozen=True, slots=True)
class Pack:
    """One public service as declared, with the libraries it uses already merged in."""

    key: str
    name: Text
    summary: Text
    icon: str
    uses: tuple[str, ...]
    library: bool
    profile: str
    form: tuple[FieldSpec, ...]
    kinds: Mapping[str, Kind]
    groups: Mapping[str, Text]
    stages: Mapping[str, Stage]
    first: str  # the stage a new matter enters when a resident reports
    first_found: str  # the same when staff found it themselves (may equal ``first``)
    acts: Mapping[str, Act]
    clocks: Mapping[str, Clock]
    ladders: Mapping[str, Ladder]
    roles: Mapping[str, Role]
    calendars: Mapping[str, CalendarSpec]
    notices: tuple[Owed, ...]
    registers: Mapping[str, Register]
    public: PublicView
    duplicates: Duplicates
    opened_by: tuple[str, ...]  # "resident" means anyone, with or without an account; else staff roles
    grades: Mapping[Grade, Text]
    words: Mapping[str, Text]
    digest: str  # SHA-256 over the exact bytes of the folder and of the libraries used: the edition
    handling: tuple[str, ...] = ()  # acts that make their doer a handler (who may not call back)
    sets: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # named groups of stages: "work", "open", "ends" …
    note: Text | None = None  # the profile's name, for the explanation of a due time
    lines: Mapping[str, tuple[str, int]] = field(
        default_factory=dict, compare=False, repr=False
    )  # "acts.arrive" → file, line

    def word(self, key: str, lang: str, **facts: object) -> str:
        """A sentence of the pack with its facts filled in. Raises KeyError for a key that ``prove`` would
        have refused."""
        return self.words[key].say(lang).format_map({k: str(v) for k, v in facts.items()})


NATURAL_SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def natural(limit: Limit) -> timedelta:
    """A limit in natural units as a duration. Raises ValueError for working units, which need a calendar."""
    if limit.unit not in NATURAL_SECONDS:
        raise ValueError(f"{limit} is counted in working time")
    return timedelta(seconds=limit.amount * NATURAL_SECONDS[limit.unit])
