"""How publishing stands, on the health page."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from linli.doors.health import Check
from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import keys, publish, rows, witnessing


def check() -> Check:
    """``failed`` where the key or what was signed before does not fit this store: nothing is signed then. ``degraded`` when late."""
    size, last = rows.size(), publish.latest()
    reached = last.size if last else 0
    facts: dict[str, object] = {"published": reached, "behind": size - reached}
    try:
        trouble = _trouble(size) if last else ""
    except Refusal as refusal:
        trouble = refusal.code
    if trouble:
        return Check("failed", {**facts, "error": trouble})
    since = last.at if last else rows.head().at
    late = size > reached and since is not None and _overdue(since)
    facts |= {"witnesses": last.witnesses if last else 0, "not_signed": witnessing.troubles(), "error": ""}
    return Check("degraded" if late else "ok", facts)


def _trouble(size: int) -> str:
    """Why nothing can be signed; asked only where signing is done. A process that only answers need not have the key."""
    if publish.publishes_here():
        keys.signer()
        before = publish.remembered()
        if before is not None and before.origin == keys.origin() and before.size > size:
            return "ledger.behind"
    return ""


def _overdue(since: datetime) -> bool:
    return moment.now() > publish.due_after(since) + timedelta(seconds=settings.CHECKPOINT_EVERY + 30)
