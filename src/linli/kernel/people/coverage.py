"""A week of a roster as stretches of time: who is on duty when, where two are, where nobody is. Pure.

Minutes count from the midnight the week begins with; the week ends at ``WEEK``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from linli.kernel import moment
from linli.kernel.people.snapshot import Shift, Watch

DAY = 1440
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` until before ``end``, the same people throughout, in the order the roster names them."""

    start: int
    end: int
    people: tuple[int, ...] = ()


def week(watch: Watch, first: date) -> tuple[Stretch, ...]:
    """The stretches of seven days from that local day in which somebody is on duty, in order. Time reaching over the edges is cut off."""
    spans = list(_spans(watch, first))
    edges = sorted({0, WEEK, *(edge for start, end, _ in spans for edge in (start, end) if 0 < edge < WEEK)})
    found: list[Stretch] = []
    for start, end in pairwise(edges):
        there = tuple(person for begin, stop, person in spans if begin < end and start < stop)
        if not there:
            continue
        if found and found[-1].end == start and found[-1].people == there:
            found[-1] = Stretch(found[-1].start, end, there)
        else:
            found.append(Stretch(start, end, there))
    return tuple(found)


def _spans(watch: Watch, first: date) -> Iterable[tuple[int, int, int]]:
    for n in range(-1, 7):  # a shift of the evening before reaches in
        for shift in watch.shifts_of(first + timedelta(days=n)):
            start, end = n * DAY + shift.start, n * DAY + shift.end
            if end > 0:
                yield max(start, 0), min(end, WEEK), shift.person_id


def watch_of(rows: Iterable[Shift]) -> Watch:
    """A roster that is only being looked at, of these shifts."""
    watch = Watch(0, "", 0, None, False, moment.now(), None)
    for row in rows:
        shift = row if row.end > row.start else row._replace(end=row.end + DAY)
        if shift.date is not None:
            watch.dated.setdefault(shift.date, []).append(shift)
        else:
            watch.weekly.setdefault(shift.weekday or 0, []).append(shift)
    return watch


def overlaps(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Where more than one shift runs."""
    return tuple(each for each in stretches if len(each.people) > 1)


def holes(stretches: Sequence[Stretch], start: int, end: int) -> tuple[Stretch, ...]:
    """Where nobody is on duty between these two hours of every day (minutes; an ``end`` not after ``start`` is on the day after)."""
    found: list[Stretch] = []
    for n in range(-1, 7):
        begin = max(n * DAY + start, 0)
        stop = min(n * DAY + (end if end > start else end + DAY), WEEK)
        for each in stretches:
            if each.end <= begin or each.start >= stop:
                continue
            if each.start > begin:
                found.append(Stretch(begin, each.start))
            begin = each.end
        if begin < stop:
            found.append(Stretch(begin, stop))
    return tuple(sorted(found, key=lambda each: each.start))


def hours(stretches: Sequence[Stretch]) -> tuple[int, int]:
    """The hours that the roster is about, as a start and an end of day: the shortest run of the clock outside of which nobody is ever on
    duty. The whole day, ``(0, 1440)``, where that cannot be said."""
    covered = [False] * DAY
    for each in stretches:
        for minute in range(each.start, min(each.end, each.start + DAY)):
            covered[minute % DAY] = True
    free = _longest_gap(covered)
    return (0, DAY) if free is None else ((free[0] + free[1]) % DAY, free[0])


def _longest_gap(covered: list[bool]) -> tuple[int, int] | None:
    """Where the longest free run of the clock begins, over midnight if need be, and how long it is."""
    if all(covered) or not any(covered):
        return None
    after = covered.index(True)  # begin where a run cannot be cut in two
    best, length = (0, 0), 0
    for step in range(DAY):
        minute = (after + step) % DAY
        length = 0 if covered[minute] else length + 1
        if length > best[1]:
            best = ((minute - length + 1) % DAY, length)
    return best
