"""What a form about days asks for: leave of whole days with a deputy, a day from which something holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.http import HttpRequest

from linli.kernel import moment
from linli.kernel.errors import Refusal


class LeaveAsked(NamedTuple):
    deputy_id: int
    since: datetime
    until: datetime


def today() -> date:
    """The office's present day."""
    return moment.local(moment.now()).date()


def midnight(request: HttpRequest, field: str) -> datetime:
    """The beginning of the day typed into that field. Refusal ``people.period`` where it is none."""
    try:
        day = date.fromisoformat(request.POST.get(field, ""))
    except ValueError as unreadable:
        raise Refusal("people.period", field=field) from unreadable
    return datetime(day.year, day.month, day.day, tzinfo=moment.SHANGHAI)


def from_day(request: HttpRequest, field: str) -> datetime | None:
    """The moment from which something holds: None, meaning at once, for today or where nothing was typed."""
    if not request.POST.get(field):
        return None
    since = midnight(request, field)
    return None if since.date() == today() else since


def leave_asked(request: HttpRequest) -> LeaveAsked:
    """Whole days, the last one included, with a deputy."""
    first, last = midnight(request, "first"), midnight(request, "last")
    deputy = request.POST.get("deputy", "")
    if not deputy.isdecimal():
        raise Refusal("people.deputy_unfit", field="deputy")
    return LeaveAsked(int(deputy), first, last + timedelta(days=1))


def leave_named(request: HttpRequest) -> int:
    """Which leave is called off."""
    which = request.POST.get("leave", "")
    if not which.isdecimal():
        raise Refusal("people.not_away", kind="missing")
    return int(which)
