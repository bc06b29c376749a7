"""How often one address may try something. Counted in this process only: it slows guessing and flooding, it does not rule them out."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from django.http import HttpRequest

from linli.kernel.errors import Refusal

MOST_ADDRESSES = 20_000


@dataclass
class Throttle:
    """At most ``most`` tries within ``within`` seconds for each address."""

    code: str
    most: int
    within: float
    _tries: dict[str, deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, request: HttpRequest) -> None:
        """Note one try. Raises Refusal ``busy`` where it is one too many."""
        now, address = time.monotonic(), str(request.META.get("REMOTE_ADDR", ""))
        with self._lock:
            self._sweep(now)
            tries = self._tries.setdefault(address, deque())
            while tries and tries[0] <= now - self.within:
                tries.popleft()
            if len(tries) >= self.most:
                wait = int(tries[0] + self.within - now) // 60 + 1
                raise Refusal(self.code, kind="busy", minutes=wait)
            tries.append(now)

    def _sweep(self, now: float) -> None:
        """Forget addresses that have been quiet, so that the table does not grow without end."""
        if len(self._tries) < MOST_ADDRESSES:
            return
        quiet = [
            address for address, tries in self._tries.items() if not tries or tries[-1] <= now - self.within
        ]
        for address in quiet or list(self._tries)[: MOST_ADDRESSES // 2]:
            del self._tries[address]

    def forget(self) -> None:
        """Begin anew; for tests."""
        with self._lock:
            self._tries.clear()


codes = Throttle("portal.too_many_codes", most=10, within=600)
reports = Throttle("portal.too_many_reports", most=20, within=600)
looks = Throttle("portal.too_many_looks", most=240, within=60)
