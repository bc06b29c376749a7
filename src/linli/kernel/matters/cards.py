"""What a read of matters answers: frozen values that doors show and never change. All names are already in the reader's language.

``reads`` makes them. Nothing here is a row; nothing here can be saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One promise as shown. ``state``: plenty soon breach pause kept stopped. Seconds are of the clock's own calendar, so a door shows ``due_at``
    and counts down only where ``counts`` is true (natural time, running)."""

    key: str
    name: str
    state: str
    due_at: datetime | None
    started_at: datetime
    ended_at: datetime | None
    left_seconds: int  # negative when past
    total_seconds: int
    used_seconds: int
    limit: str  # "10 分钟" in the reader's words
    counts: bool
    unit_id: int | None = None
    unit_name: str = ""
    promise: str = ""  # "李秀兰最晚 09:44 到场"
    next_rung: str = ""  # who takes over at breach: "网格长 周建国"


@dataclass(frozen=True, slots=True)
class Card:
    """A matter in a list."""

    id: str  # ids.text
    number: str
    title: str
    snippet: str  # first words, staff only
    pack: str
    pack_name: str
    kind: str
    icon: str
    grade: str
    grade_name: str
    stage: str
    stage_name: str
    ball: int
    place: str  # 柳荫社区·和平苑·柳荫 05
    place_short: str  # 柳荫 05
    address: str
    lon: float | None
    lat: float | None
    area_only: bool
    clock: ClockLine | None  # the one that runs out first
    holder: str  # name
    holder_role: str  # in words
    holder_id: int | None
    opened_at: datetime
    ended_at: datetime | None
    outcome: str
    outcome_name: str
    broken: bool
    paused: bool
    source: str
    found: bool
    me_too: int
    round: int
    path: str
    summons_open: int = 0


@dataclass(frozen=True, slots=True)
class PhotoLine:
    id: str
    kind: str
    url: str
    thumb: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line of the timeline."""

    seq: int
    at: datetime
    recorded_at: datetime
    act: str
    name: str  # 到场 / Arrived
    who: str  # 李秀兰 (or 居民, 时钟)
    role: str
    sentence: str  # 到场，用时 7 分 38 秒
    words: str  # what they wrote; empty where erased or not for this reader
    erased: bool
    photos: tuple[PhotoLine, ...]
    stage: str
    ball: int
    minor: bool  # notes, warnings: may be folded
    entry: str  # id of its ledger entry
    idx: int | None  # place in the log once sequenced
    hash: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An act this reader may do on this matter now, or may not yet and why."""

    key: str
    name: str
    does: str
    needs: tuple[str, ...]
    may: tuple[str, ...]
    primary: bool
    key_hint: str
    icon: str
    allowed: bool
    why_not: str = ""
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    name: str
    role: str
    unit: str
    since: datetime
    until: datetime | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class SummonsLine:
    id: str
    unit: str
    person: str
    called_at: datetime
    acknowledged_at: datetime | None
    clock: ClockLine | None


@dataclass(frozen=True, slots=True)
class LinkLine:
    kind: str  # merge split link
    id: str
    number: str
    title: str
    direction: str  # out in
    undone: bool


@dataclass(frozen=True, slots=True)
class AskLine:
    id: str
    what: str
    clock: str
    limit: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One matter on one page, for staff."""

    card: Card
    words: str
    photos: tuple[PhotoLine, ...]
    answers: tuple[tuple[str, str], ...]
    timeline: tuple[StepLine, ...]
    clocks: tuple[ClockLine, ...]
    offers: tuple[Offer, ...]
    holders: tuple[Holder, ...]  # newest first
    summonses: tuple[SummonsLine, ...]
    links: tuple[LinkLine, ...]
    asks: tuple[AskLine, ...]
    ladder: tuple[tuple[datetime, str, str], ...]  # when, which clock, who takes over
    reporter_name_masked: str  # 赵**
    reporter_phone_masked: str  # 138****2716
    has_contact: bool
    me_too: int
    profile: str  # "1341"
    edition: str  # first 8 of the digest
    paused_until: datetime | None
    pause_reason: str
    version: int  # number of steps: sent back with an act, so that two people do not act on different states
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Follow:
    """The same matter for its reporter, by secret link."""

    card: Card
    words: str
    photos: tuple[PhotoLine, ...]
    timeline: tuple[StepLine, ...]
    clocks: tuple[ClockLine, ...]
    hero: ClockLine | None
    may: tuple[Offer, ...]  # supplement, withdraw, call_back, reopen
    holder_name: str
    holder_role: str
    holder_phone: str  # the grid worker's public duty phone
    receipt_entry: str
    receipt_idx: int | None
    receipt_hash: str
    links: tuple[LinkLine, ...] = ()  # merged into, split from or into


@dataclass(frozen=True, slots=True)
class Dot:
    """An open matter on the public map: nothing personal by construction (only what the pack's public view declares)."""

    id: str
    lon: float
    lat: float
    area: bool  # draw as an area, the point is the middle of the micro-grid
    kind: str
    title_zh: str
    title_en: str
    stage_zh: str
    stage_en: str
    ball: int
    place_zh: str
    place_en: str
    clock_key: str
    clock_zh: str
    clock_en: str
    state: str
    due_at: datetime | None
    warn_at: datetime | None
    started_at: datetime | None
    total_seconds: int
    place_id: str  # micro-grid
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CallBack:
    """One line of the call-back queue."""

    card: Card
    contact_name: str  # 孙女士
    phone_masked: str
    attempts: int
    last_attempt: datetime | None
    source: str
    mine_to_call: bool  # false where this operator handled it


@dataclass(frozen=True, slots=True)
class Likely:
    """A matter that may be the same as the one being reported."""

    id: str
    number: str
    title: str
    place: str
    metres: int
    opened_at: datetime
    stage_name: str
    clock: ClockLine | None
    ended: bool
    outcome_name: str
    me_too: int
    likeness: float  # 0–1
    words: str  # staff only
    sentence: str  # "昨天 19:20，2 人报过，在等换灯头。相距 8 米。"


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure with its working."""

    key: str
    name: str
    kept: int
    of: int
    excluded: int
    rule: str

    @property
    def percent(self) -> float | None:
        return None if self.of == 0 else 100 * self.kept / self.of


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of "just now" on the wall."""

    at: datetime
    sentence: str
    ball: int
    id: str
    idx: int


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything the wall shows, in one read; afterwards it lives on pushed changes."""

    counts: dict[str, int]  # today, open, callback, ended, broken
    dots: tuple[Dot, ...]
    running: tuple[Card, ...]  # about to break first
    rates: tuple[Rate, ...]
    rounds: tuple[tuple[str, int, int], ...]  # community, micro-grids walked today, of
    just: tuple[Happened, ...]
    histogram: tuple[int, ...]  # reports today by quarter of an hour
    idx: int  # ledger index up to which this is true
