"""The hours in which only what is urgent goes out. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from linli.kernel import moment


def parse(written: str) -> tuple[time, time] | None:
    """``"22:00-07:00"`` as two local times; None for an empty setting. Raises ValueError for anything else."""
    if not written.strip():
        return None
    begin, end = (time.fromisoformat(part.strip()) for part in written.split("-"))
    return None if begin == end else (begin, end)


def over_at(now: datetime, hours: tuple[time, time] | None) -> datetime | None:
    """When the quiet hours that run at ``now`` are over; None outside them. The end itself is not quiet any more."""
    if hours is None:
        return None
    begin, end = hours
    here = moment.local(now)
    clock = here.time()
    quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not quiet:
        return None
    day = here.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, moment.SHANGHAI)
