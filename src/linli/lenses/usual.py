"""What is reported most on some ground lately. Counted over the office's latest reports, so it costs the same however much was reported before."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

from linli.kernel import moment
from linli.kernel.matters.models import Matter

DAYS = 30
LATEST = 2000  # reports looked at
FRESH_FOR = 300.0  # seconds
What = tuple[str, str, str]  # pack, kind, condition

_kept: tuple[float, tuple[tuple[str, What], ...]] | None = None


def usual(path: str = "") -> list[What]:
    """What people reported at or below ``path`` (everywhere without one) in the last thirty days, the most frequent first."""
    counted = Counter(what for at, what in _latest() if at.startswith(path))
    return [what for what, _ in counted.most_common()]


def _latest() -> tuple[tuple[str, What], ...]:
    global _kept
    now = time.monotonic()
    if _kept is None or now - _kept[0] > FRESH_FOR:
        rows = Matter.objects.filter(opened_at__gte=moment.now() - timedelta(days=DAYS), found=False)
        seen = rows.order_by("-opened_at").values_list("path", "pack", "kind", "condition")[:LATEST]
        _kept = (now, tuple((path, (pack, kind, condition)) for path, pack, kind, condition in seen))
    return _kept[1]


def forget() -> None:
    """Count anew; for tests."""
    global _kept
    _kept = None
