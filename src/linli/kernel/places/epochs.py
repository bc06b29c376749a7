"""Which state of the tree holds at a moment, and what was built from it.

Places change only when a survey takes effect, so the instants of all surveys cut time into epochs, and
anything built for one epoch (tree, locator, address index, map) stays true until a further survey arrives.
Whether one has arrived is asked of the store at most once per second and process.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet

from linli.kernel import ids, moment
from linli.kernel.places.models import PlaceVersion, Survey

T = TypeVar("T")


class Epoch(NamedTuple):
    """``generation`` names the state for caches and clients; ``instant`` is when it began (None: before any
    survey)."""

    generation: str
    instant: datetime | None

    def versions(self) -> QuerySet[PlaceVersion]:
        """The versions that hold in this epoch."""
        if self.instant is None:
            return PlaceVersion.objects.none()
        still = Q(valid_to=None) | Q(valid_to__gt=self.instant)
        return PlaceVersion.objects.filter(still, valid_from__lte=self.instant)


class _Known(NamedTuple):
    mark: tuple[Any, ...]
    instants: tuple[datetime, ...]
    epochs: tuple[Epoch, ...]


_lock = threading.Lock()
_known: _Known | None = None
_asked = float("-inf")


def _patience() -> float:
    return 0.0 if getattr(settings, "MODE", "") == "test" else 1.0


def forget() -> None:
    """Ask the store again before the next answer. Called after an import; tests may call it too."""
    global _asked
    _asked = float("-inf")


def _look() -> _Known:
    """The surveys as the store has them now. A mark of all ids, because a lower id may be committed later."""
    rows = list(Survey.objects.order_by("id").values_list("id", "valid_from"))
    mark = tuple(row[0] for row in rows)
    if _known is not None and _known.mark == mark:
        return _known
    instants = tuple(sorted({row[1] for row in rows}))
    latest = f"{ids.text(mark[-1])}-{len(mark)}" if mark else "none"
    epochs = [Epoch(f"{latest}-{n + 1}", instant) for n, instant in enumerate(instants)]
    return _Known(mark, instants, (Epoch("none", None), *epochs))


def epoch(at: datetime | None = None) -> Epoch:
    """The epoch of that moment; of the present one where none is given."""
    global _known, _asked
    known, tick = _known, time.monotonic()
    if known is None or tick - _asked > _patience():
        with _lock:
            known = _known = _look()
            _asked = tick
    return known.epochs[bisect_right(known.instants, at or moment.now())]


class Kept(Generic[T]):
    """Builds ``T`` once per epoch and keeps the few used last. Safe to call from many threads; one of them
    builds."""

    def __init__(self, build: Callable[[Epoch], T], keep: int = 4) -> None:
        self._build = build
        self._keep = keep
        self._lock = threading.Lock()
        self._held: OrderedDict[Epoch, T] = OrderedDict()

    def at(self, when: datetime | None = None) -> T:
        wanted = epoch(when)
        held = self._held.get(wanted)
        return held if held is not None else self._make(wanted)

    def _make(self, wanted: Epoch) -> T:
        with self._lock:
            if wanted not in self._held:
                self._held[wanted] = self._build(wanted)
                while len(self._held) > self._keep:
                    self._held.popitem(last=False)
            return self._held[wanted]
