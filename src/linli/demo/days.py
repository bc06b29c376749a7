"""Days that are lived: a calendar of what happens next, the moment travelling with it, clocks falling due in between."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from linli.demo.staffing import Staff
from linli.kernel import moment, store
from linli.kernel.matters import due
from linli.kernel.matters.models import Clock, Matter
from linli.kernel.people.actors import Actor, actor_of

Event = tuple[datetime, int, Callable[[datetime], None]]


@dataclass(frozen=True)
class House:
    """Somewhere things happen: a building with its micro-grid."""

    address: str
    lon: float
    lat: float
    grid: int


@dataclass
class Days:
    """The days to be lived."""

    houses: Sequence[House]
    staff: Staff
    rng: Random
    until: datetime
    per_day: int = 20
    events: list[Event] = field(default_factory=list)
    done: int = 0
    _count: int = 0
    _actors: dict[int, Actor] = field(default_factory=dict)

    def at(self, when: datetime, what: Callable[[datetime], None]) -> None:
        """Have something happen, unless it lies after the present."""
        if when < self.until:
            self._count += 1
            heapq.heappush(self.events, (when, self._count, what))

    def actor(self, person_id: int | None) -> Actor:
        assert person_id is not None
        if person_id not in self._actors:
            self._actors[person_id] = actor_of(person_id)
        return self._actors[person_id]

    def live(self, tell: Callable[[datetime], None]) -> int:
        """Let everything happen in order; answers how many acts there were. A hundred moments share one commit: history needs no receipt."""
        while self.events:
            with store.acting():
                for _ in range(min(100, len(self.events))):
                    if not self.events:
                        break
                    when, _, what = heapq.heappop(self.events)
                    with moment.at(when):
                        _fall_due(when)
                        what(when)
                        self.done += 1
            tell(when)
        with moment.at(self.until):
            _fall_due(self.until)
        return self.done


def _fall_due(now: datetime) -> None:
    """Clocks speak at their own hour, also between the acts of history."""
    for _ in range(200):
        soonest = (
            Clock.objects.filter(next_at__lte=now)
            .order_by("next_at")
            .values_list("next_at", flat=True)
            .first()
        )
        if soonest is None:
            break
        with moment.at(max(soonest, now - timedelta(days=20))):
            if not due.run_due(limit=1):
                break
    if Matter.objects.filter(paused_until__lte=now).exists():
        due.run_due()
