"""How many promises were kept, with the working shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from linli.kernel.matters.clocks_running import Running, used_at
from linli.kernel.packspec.schema import Text

RULE = Text(
    "分母：已到期限或已有结果的承诺，超时未办的也算在内；分子：其中按时做到的。未到期限和依规不再需要的不计。",
    "Denominator: promises that have come due or were answered, overdue open ones included; numerator: those kept in time. "
    "Promises not yet due and those no longer owed are left out.",
)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Promises that were not counted, and why."""

    why: str  # not_due | paused | dropped
    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that anybody can work out again (law 10)."""

    numerator: int
    denominator: int
    exclusions: tuple[Exclusion, ...]
    rule: Text

    @property
    def permille(self) -> int | None:
        """Rounded down, so that 100 % means all of them; None when nothing has come due."""
        return self.numerator * 1000 // self.denominator if self.denominator else None


_EXCLUDED = {
    "not_due": Text("未到期限", "not yet due"),
    "paused": Text("暂停中", "paused"),
    "dropped": Text("不再需要", "no longer owed"),
}


def kept_rate(clocks: Iterable[Running], at: datetime) -> Rate:
    """The share of promises kept, as of ``at``. What is overdue and still open counts as not kept from its
    first second.
    """
    kept = due = 0
    left_out = dict.fromkeys(_EXCLUDED, 0)
    for clock in clocks:
        verdict = _verdict(clock, at)
        if verdict in ("kept", "broken"):
            due += 1
            kept += verdict == "kept"
        else:
            left_out[verdict] += 1
    exclusions = tuple(Exclusion(why, _EXCLUDED[why], count) for why, count in left_out.items() if count)
    return Rate(kept, due, exclusions, RULE)


def _verdict(clock: Running, at: datetime) -> str:
    if clock.broken_at is not None or clock.state == "broken":
        return "broken"
    if clock.state == "kept":
        return "kept"
    if clock.state == "stopped":
        return "dropped"
    if used_at(clock, at) >= clock.total:
        return "broken"
    return "paused" if clock.state == "paused" else "not_due"
