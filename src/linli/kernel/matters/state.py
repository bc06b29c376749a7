"""A matter as the pure rules see it, and what they answer. Frozen values; no store, no web, no wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.clocks import Running


@dataclass(frozen=True, slots=True)
class Slot:
    """One clock of a matter; ``unit_id`` tells apart the clocks kept for each summoned unit."""

    key: str
    running: Running
    unit_id: int | None = None
    id: int | None = None  # its row, None for a new one

    @property
    def live(self) -> bool:
        return self.running.state in ("running", "paused")

    def now(self, running: Running) -> Slot:
        return replace(self, running=running)


@dataclass(frozen=True, slots=True)
class Held:
    """Who is responsible: the one role-holder of law 2."""

    role: str
    person_id: int | None
    place_id: int | None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Something asked for that waits for another's yes."""

    id: int
    what: str
    by_id: int | None
    clock: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the rules may know of a matter."""

    stage: str
    grade: str
    kind: str
    condition: str
    found: bool
    anonymous: bool
    path: str
    opened_at: datetime
    stage_since: datetime
    handled_at: datetime | None
    ended: bool
    outcome: str
    holder: Held
    paused_at: datetime | None
    paused_until: datetime | None
    round: int
    attempts: int
    steps: int
    slots: tuple[Slot, ...]
    handlers: frozenset[int] = frozenset()  # who handled it, in any round
    summoned: frozenset[int] = frozenset()  # units called that have not reported in
    joined: frozenset[int] = frozenset()  # units that have
    pending: tuple[Pending, ...] = ()
    merged_from_stage: str = ""  # where an unmerge takes it back to
    last_attempt: datetime | None = None  # of an unanswered call-back in this round
    lifted: str = ""  # the role above which a return must go: whoever dispatched it


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever acts, as far as the rules care. ``roles`` are those that reach the matter's place."""

    kind: str  # person link clock system public
    person_id: int | None = None
    roles: frozenset[str] = frozenset()
    units: frozenset[int] = frozenset()
    is_reporter: bool = False
    joined: bool = False  # said "me too": follows it, but did not report it


@dataclass(frozen=True, slots=True)
class Ask:
    """An act wanted: what, by whom, with what, when."""

    act: str
    who: Who
    inputs: Inputs
    at: datetime


@dataclass(frozen=True, slots=True)
class Seek:
    """The next responsible one, still to be found on the ground: a role at the matter's path, or a named person or unit. When the role is held by
    nobody there, the roles of ``else_up`` are tried in turn."""

    role: str
    person_id: int | None = None
    unit_id: int | None = None
    else_up: tuple[str, ...] = ()
    not_among: frozenset[int] = frozenset()  # persons who handled it, where the stage is one that closes
    among: tuple[str, ...] = ()  # the roles a person named without a role may hold there


@dataclass(frozen=True, slots=True)
class Decision:
    """What an act makes of a matter. ``state`` is the whole state afterwards, but for the holder where ``seek`` says whom to find."""

    state: State
    does: str
    seek: Seek | None = None
    facts: Mapping[str, Any] = field(
        default_factory=dict
    )  # into the step, and so into the ledger: nothing personal
    summon: tuple[int, ...] = ()
    acknowledge: tuple[int, ...] = ()
    ask: Pending | None = None  # a new question for somebody else
    settle: tuple[int, bool] | None = None  # a question answered: id, granted
    owed: tuple[str, ...] = ()  # what happened, for the notices: "act:arrive", "ended", …
