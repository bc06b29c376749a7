"""What notices show to whom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from linli.kernel.matters.models import Matter
from linli.kernel.notices.models import Notice
from linli.kernel.people import sealed


@dataclass(frozen=True, slots=True)
class Line:
    """One notice in somebody's inbox. ``words`` are empty once erased."""

    id: int
    kind: str
    words: str
    matter_id: int | None
    urgent: bool
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lost:
    """One notice that did not reach its addressee. ``to_person`` is None for a reporter without an account."""

    id: int
    kind: str
    channel: str
    matter_id: int | None
    number: str
    to_person: int | None
    at: datetime
    tries: int
    error: str


def words_of(notice: Notice, lang: str) -> str:
    """The sentence in ``zh`` or ``en``; empty once erased."""
    if notice.words is None:
        return ""
    both: dict[str, str] = json.loads(sealed.unseal(notice.words))
    return both["en" if lang.startswith("en") else "zh"]


def inbox(
    person_id: int,
    unread_only: bool = False,
    *,
    lang: str = "zh",
    limit: int = 50,
    before: datetime | None = None,
) -> tuple[Line, ...]:
    """Somebody's own notices, newest first; ``before`` continues a list."""
    rows = Notice.objects.filter(person_id=person_id, channel="inbox")
    if unread_only:
        rows = rows.filter(read_at=None)
    if before is not None:
        rows = rows.filter(at__lt=before)
    return tuple(
        Line(row.id, row.kind, words_of(row, lang), row.matter_id, row.urgent, row.at, row.read_at)
        for row in rows.order_by("-at", "-id")[:limit]
    )


def unread(person_id: int) -> int:
    """How many of somebody's notices they have not read."""
    return Notice.objects.filter(person_id=person_id, channel="inbox", read_at=None).count()


def undelivered(paths: Sequence[str], limit: int = 100) -> tuple[Lost, ...]:
    """What was given up about matters below these paths and nobody has seen to yet, oldest first."""
    below = Q(pk__in=[])
    for path in paths:
        below |= Q(path__startswith=path)
    rows = Notice.objects.filter(
        state="given_up", read_at=None, matter_id__in=Matter.objects.filter(below).values("id")
    )
    found = list(rows.order_by("at", "id")[:limit])
    numbers = {
        m.id: m.number
        for m in Matter.objects.filter(id__in={row.matter_id for row in found}).only("id", "day", "serial")
    }
    return tuple(_lost(row, numbers.get(row.matter_id or 0, "")) for row in found)


def _lost(row: Notice, number: str) -> Lost:
    return Lost(
        row.id, row.kind, row.channel, row.matter_id, number, row.person_id, row.at, row.tries, row.error
    )


def waiting() -> int:
    """How many notices are still to be sent, for the health page."""
    return Notice.objects.filter(next_at__isnull=False).count()
