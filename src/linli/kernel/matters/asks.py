"""What a door hands to an act, and what it gets back. Frozen values; no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it was uploaded: any of JPEG, PNG, WebP, HEIC-as-JPEG; at most 12 MB. ``kind``: report, before, after or other."""

    data: bytes
    kind: Literal["report", "before", "after", "other"] = "report"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, as far as they say. All of it is sealed; all of it may be empty (anonymous)."""

    name: str = ""
    phone: str = ""
    room: str = ""
    wants_call: bool = True
    lang: str = "zh"
    person_id: int | None = None

    @property
    def anonymous(self) -> bool:
        return not (self.phone or self.person_id)


@dataclass(frozen=True, slots=True)
class Report:
    """One thing somebody reports. ``lon, lat`` are WGS-84 degrees; or ``place_id`` names a place of the tree where no point is known."""

    pack: str
    kind: str
    condition: str = ""  # empty: the usual one of the kind
    lon: float | None = None
    lat: float | None = None
    place_id: int | None = None
    address: str = ""
    words: str = ""
    photos: tuple[Photo, ...] = ()
    reporter: Reporter = field(default_factory=Reporter)
    source: str = "portal"
    found: bool = False
    answers: Mapping[str, Any] = field(default_factory=dict)  # further fields of the pack's form


@dataclass(frozen=True, slots=True)
class Promise:
    """One clock as it is told to the resident: "10 分钟 · 李秀兰到场 · 14:32 前"."""

    key: str
    name_zh: str
    name_en: str
    limit: str  # "10m"
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a report: only ever made after the commit has reached the disk."""

    matter_id: int
    number: str
    code: str  # six letters, with the number enough to follow the matter
    token: str  # of the secret link
    opened_at: datetime
    holder_name: str
    holder_role: str
    promises: tuple[Promise, ...]
    entry_id: int
    entry_hash: str
    again: bool = False  # the same idempotency key had been answered before


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an act may need. Only those named by the pack's act are looked at; the rest must stay empty."""

    words: str = ""
    reason: str = ""
    until: datetime | None = None
    position: tuple[float, float] | None = None  # lon, lat where the worker stood at this act
    photos: tuple[Photo, ...] = ()
    grade: str = ""
    kind: str = ""
    condition: str = ""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None
    units: tuple[int, ...] = ()
    role: str = ""
    person_id: int | None = None
    matter_id: int | None = None  # the other matter of merge or link
    clock: str = ""
    limit: str = ""  # "2h", "1wd"
    spot: tuple[float, float] | None = None
    parts: tuple[Report, ...] = ()
    verified: bool | None = None
    reporter: Reporter | None = None  # me too
    happened_at: datetime | None = None  # offline acts say when they happened


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to an act."""

    matter_id: int
    step_id: int
    seq: int
    stage: str
    ended: bool
    again: bool = False
    token: str = ""  # me too: the new follower's own link
    code: str = ""
    children: tuple[int, ...] = ()
