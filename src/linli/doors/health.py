"""``/healthz``: whether this process and its store are well, for machines and for the operator. Nothing personal.

200 while the process can do its work, though something may be ``degraded``; 503 when it cannot (the store is
away, sequencing stands still, a loop hangs). A follower that stands before an entry it cannot digest comes first.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

import linli
from linli.doors.guard import who
from linli.kernel import moment, trouble
from linli.kernel.ledger import follow, rows, sequence
from linli.kernel.matters.models import Clock

STALLED_MS = 30_000
LATE_MS = 2_000
LATE_CLOCK_MS = 5_000
LITTLE_ROOM = 256 << 20
PROBE = 16 << 10  # bytes
WORST = ("ok", "degraded", "failed")


@dataclass(frozen=True)
class Check:
    """How one part is: ``ok``, ``degraded`` (shown, still serving) or ``failed`` (503); ``facts`` are numbers and kinds."""

    state: str = "ok"
    facts: Mapping[str, Any] = field(default_factory=dict)


_checks: dict[str, Callable[[], Check]] = {}


def register_check(name: str, check: Callable[[], Check]) -> None:
    """Show one more part on the health page. Facts must not be personal. A check that raises counts as failed."""
    _checks[name] = check


@who("public")
def healthz(request: HttpRequest) -> HttpResponse:
    """The health of this process, as JSON."""
    del request
    parts = {"store": _run(_store), "disk": _run(_disk)}
    if parts["store"].state == "ok":
        parts |= {"followers": _run(_followers), "ledger": _run(_ledger), "clocks": _run(_clocks)}
        parts |= {name: _run(check) for name, check in _checks.items()}
    state = max((part.state for part in parts.values()), key=WORST.index)
    told = {name: {"state": part.state, **part.facts} for name, part in parts.items()}
    answer = {"state": state, "version": linli.__version__, "now": time.time_ns() // 1_000_000, **told}
    response = JsonResponse(
        answer, status=503 if state == "failed" else 200, json_dumps_params={"ensure_ascii": False}
    )
    response["Cache-Control"] = "no-store"
    return response


def _run(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:
        if isinstance(error, Error):
            connection.close()
        refusal = trouble.met(error)
        told = {"error": follow.described(error), "code": refusal.code if refusal else ""}
        return Check("failed", {**told, "troubles": trouble.history()} if refusal else told)


def _store() -> Check:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    ms = round((time.perf_counter() - began) * 1000, 1)
    return Check("ok", {"kind": connection.vendor, "ms": ms, "troubles": trouble.history()})


def _disk() -> Check:
    """Whether a file can be written beside the store: a full or read-only disk is known here before somebody's report meets it."""
    free = shutil.disk_usage(settings.DATA).free
    probe = settings.DATA / f".room-{threading.get_ident()}"
    try:
        probe.write_bytes(bytes(PROBE))
    except OSError as error:
        refusal = trouble.refusal_of(error)
        return Check(
            "failed", {"free_mb": free >> 20, "error": refusal.code if refusal else follow.described(error)}
        )
    finally:
        with suppress(OSError):
            probe.unlink()
    return Check("degraded" if free < LITTLE_ROOM else "ok", {"free_mb": free >> 20, "error": ""})


def _ledger() -> Check:
    waiting, head = sequence.waiting(), rows.head()
    state = "failed" if waiting.ready_ms > STALLED_MS else "degraded" if waiting.oldest_ms > LATE_MS else "ok"
    return Check(
        state,
        {
            "size": head.size,
            "root": head.root.hex(),
            "waiting": waiting.count,
            "lag_ms": waiting.ready_ms,
            "oldest_ms": waiting.oldest_ms,
        },
    )


def _clocks() -> Check:
    """How late the clocks are: the age of the oldest that fell due and has not fired."""
    oldest = (
        Clock.objects.filter(next_at__lte=moment.now())
        .order_by("next_at")
        .values_list("next_at", flat=True)
        .first()
    )
    lag = 0 if oldest is None else max(0, int((moment.now() - oldest).total_seconds() * 1000))
    return Check("degraded" if lag > LATE_CLOCK_MS else "ok", {"lag_ms": lag})


def _followers() -> Check:
    """Followers, those in trouble first."""
    standings = sorted(follow.standings(), key=lambda one: (not one.error, -one.behind, one.name))
    told = [
        {
            "name": one.name,
            "behind": one.behind,
            "tries": one.tries,
            "error": one.error,
            "failed_at": one.failed_at.isoformat() if one.failed_at else None,
        }
        for one in standings
    ]
    return Check("degraded" if any(one.error for one in standings) else "ok", {"followers": told})
