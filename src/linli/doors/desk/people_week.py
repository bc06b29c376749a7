"""A week of a roster as it is drawn: seven bars, and in words what is missing or double."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from linli.doors import spoken
from linli.doors.leave_form import today
from linli.doors.words import say
from linli.kernel import moment
from linli.kernel.people import coverage, duty, snapshot
from linli.kernel.people.coverage import DAY, Stretch


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of one day's bar: ``left`` and ``width`` in hundredths of the day; ``css`` is ``on``, ``two`` or ``hole``."""

    left: str
    width: str
    css: str
    words: str


@dataclass(frozen=True, slots=True)
class DayBar:
    name: str
    date: str
    today: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Week:
    days: tuple[DayBar, ...]
    holes: tuple[str, ...]
    overlaps: tuple[str, ...]
    empty: bool


def week_of(stretches: tuple[Stretch, ...], hours: tuple[int, int], first: date, lang: str) -> Week:
    """The seven days from that one."""
    start = datetime(first.year, first.month, first.day, tzinfo=moment.SHANGHAI)
    missing = coverage.holes(stretches, *hours) if stretches else ()
    doubles = coverage.overlaps(stretches)
    days = []
    for n in range(7):
        day = start + timedelta(days=n)
        blocks = [*_blocks(stretches, n, start, lang), *_blocks(missing, n, start, lang)]
        days.append(
            DayBar(
                spoken.weekday(day, lang),
                spoken.day(day, moment.now(), lang),
                day.date() == today(),
                tuple(sorted(blocks, key=lambda block: float(block.left))),
            )
        )
    return Week(
        tuple(days),
        tuple(_said(each, start, lang) for each in missing),
        tuple(
            say(
                lang,
                "desk.people.roster.double",
                when=_said(each, start, lang),
                names=_names(each, start, lang),
            )
            for each in doubles
        ),
        not stretches,
    )


def _blocks(stretches: tuple[Stretch, ...], n: int, start: datetime, lang: str) -> list[Block]:
    found = []
    for each in stretches:
        begin, end = max(each.start, n * DAY), min(each.end, (n + 1) * DAY)
        if begin >= end:
            continue
        css = "hole" if not each.people else "two" if len(each.people) > 1 else "on"
        words = _names(each, start, lang) if each.people else say(lang, "desk.people.nobody")
        left, width = (f"{minute / DAY * 100:.2f}" for minute in (begin - n * DAY, end - begin))
        found.append(Block(left, width, css, words))
    return found


def _names(stretch: Stretch, start: datetime, lang: str) -> str:
    """Who is there; a deputy where the one named is away at that hour."""
    at = start + timedelta(minutes=stretch.start)
    snap, found = snapshot.current(), []
    for person_id in dict.fromkeys(stretch.people):
        instead = duty.standing_in(person_id, at)
        name = snap.people[person_id].name if person_id in snap.people else ""
        if instead is not None:
            name = say(lang, "desk.people.roster.instead", name=duty.name_of(instead), absent=name)
        found.append(name)
    return say(lang, "desk.people.and").join(found)


def _said(stretch: Stretch, start: datetime, lang: str) -> str:
    """``周三 21:00–周四 07:00``, the day said once where it is one."""
    begin, end = (start + timedelta(minutes=minute) for minute in (stretch.start, stretch.end))
    last = end - timedelta(minutes=1)
    until = f"{end:%H:%M}" if end.date() == last.date() else "24:00"
    if begin.date() == last.date():
        return f"{spoken.weekday(begin, lang)} {begin:%H:%M}–{until}"
    return f"{spoken.weekday(begin, lang)} {begin:%H:%M}–{spoken.weekday(last, lang)} {until}"
