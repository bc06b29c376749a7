"""What it sounds like: kinds that fit what was typed so far. Pure; works from the packs' own words, knows no dictionary.

A kind is heard by the pairs of characters of its name and of its conditions that stand in the text; a pair that many kinds
share says little, so each pair weighs by how rare it is. English is heard by words of four letters and more.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linli.kernel.packspec.schema import Condition, Kind, Pack

LEAST = 1.2
MOST = 3
_WORD = re.compile(r"[a-z]{4,}")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# What a name says of itself and no caller of their trouble
IDLE = frozenset(("问题", "其他", "情况", "一直", "只有", "没有", "可以", "我家", "这里", "有人", "出来"))


@dataclass(frozen=True, slots=True)
class Heard:
    """A kind that may be meant, and the condition that fits best where one was named."""

    pack: str
    kind: str
    condition: str
    name: str
    icon: str
    score: float

    @property
    def value(self) -> str:
        return f"{self.pack}/{self.kind}"


def signs(text: str) -> frozenset[str]:
    """Pairs of Chinese characters and longer English words, without those that say nothing."""
    lower = text.lower()
    pairs = {run[n : n + 2] for run in _HAN.findall(lower) for n in range(len(run) - 1)}
    return frozenset((pairs | set(_WORD.findall(lower))) - IDLE)


def _of_condition(condition: Condition) -> frozenset[str]:
    return signs(condition.text.zh) | signs(condition.text.en)


def _of_name(kind: Kind) -> frozenset[str]:
    return signs(kind.text.zh) | signs(kind.text.en)


class Ear:
    """All kinds of the given packs, ready to be listened for. Immutable."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.kinds: list[tuple[Pack, Kind, frozenset[str], Mapping[str, frozenset[str]]]] = []
        for pack in packs:
            for kind in pack.kinds.values():
                marks = {c.key: _of_condition(c) for c in kind.conditions}
                self.kinds.append((pack, kind, _of_name(kind), marks))
        spread: Counter[str] = Counter()
        for _, _, name, conditions in self.kinds:
            spread.update(name.union(*conditions.values()))
        count = max(1, len(self.kinds))
        self.weight = {sign: math.log(1 + count / n) for sign, n in spread.items()}

    def hear(self, text: str, lang: str, most: int = MOST) -> tuple[Heard, ...]:
        """The kinds that fit, best first; none where nothing fits well enough."""
        said = signs(text)
        found = []
        for pack, kind, name, conditions in self.kinds:
            extra = max((self._sum(marks & said) for marks in conditions.values()), default=0.0)
            best = self._condition(name, conditions, said)
            score = 1.6 * self._sum(name & said) + extra
            if score >= LEAST:
                found.append(Heard(pack.key, kind.key, best, kind.text.say(lang), kind.icon, round(score, 3)))
        found.sort(key=lambda heard: (-heard.score, heard.value))
        return tuple(heard for heard in found[:most] if heard.score >= 0.3 * found[0].score)

    def _condition(
        self, name: frozenset[str], conditions: Mapping[str, frozenset[str]], said: frozenset[str]
    ) -> str:
        """The condition that alone was named; empty where what was said fits several, for then the usual one stands. A grave one is
        never guessed from words that the kind itself or another condition shares."""
        shared = Counter(sign for marks in conditions.values() for sign in marks)
        own = {
            key: self._sum(frozenset(s for s in marks & said if shared[s] == 1) - name)
            for key, marks in conditions.items()
        }
        named = [key for key, weight in own.items() if weight > 0]
        return named[0] if len(named) == 1 else ""

    def _sum(self, shared: frozenset[str]) -> float:
        return sum(self.weight[sign] for sign in shared)
