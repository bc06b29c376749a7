"""Posts and people in the words of their reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.doors import spoken
from linli.doors.words import say
from linli.kernel import ids, moment
from linli.kernel.people import duty, posts
from linli.kernel.people.standing import Candidate, PostLine
from linli.kernel.places.tree import tree


@dataclass(frozen=True, slots=True)
class Line:
    """One post as it is read. ``state`` is ``on``, ``off`` or ``always`` (no roster is kept); ``away`` the sentence about a leave that
    runs, ``then`` the one about what is already settled for later."""

    id: str
    person: str
    name: str
    role: str
    role_key: str
    main: bool
    place: str
    place_written: str
    since: datetime
    state: str
    away: str
    then: str
    coming: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody in a list to choose from."""

    id: int
    words: str


def role_called(key: str, lang: str) -> str:
    known = posts.role(key)
    return known.text.say(lang) if known else key


def place_called(place_id: int | None, lang: str) -> str:
    node = tree().get(place_id)
    return node.called(lang) if node else ""


def day(when: datetime, lang: str) -> str:
    return spoken.day(when, moment.now(), lang)


def line_of(line: PostLine, main: str, lang: str, kept: bool = True) -> Line:
    unit = duty.unit(line.unit_id) if line.unit_id is not None else None
    return Line(
        ids.text(line.assignment_id),
        ids.text(line.person_id),
        line.name,
        role_called(line.role, lang),
        line.role,
        line.role == main,
        unit.called(lang) if unit else place_called(line.place_id, lang),
        ids.text(line.place_id),
        line.since,
        "on" if line.on_duty else "off" if line.rostered else "always",
        _away(line, lang),
        _then(line, lang),
        line.coming,
        kept,
    )


def _away(line: PostLine, lang: str) -> str:
    if line.away is None:
        return ""
    last = day(line.away.until - timedelta(seconds=1), lang)
    key = "desk.people.away_deputy" if line.deputy else "desk.people.away"
    return say(lang, key, last=last, name=line.deputy)


def _then(line: PostLine, lang: str) -> str:
    if line.coming:
        return say(lang, "desk.people.begins", day=day(line.since, lang))
    if line.until is None:
        return ""
    key = "desk.people.passes" if line.then else "desk.people.ends"
    return say(lang, key, day=day(line.until, lang), name=line.then)


def named(one: Candidate, lang: str) -> Named:
    """``杜建平（网格员，杏花 01）``; ``刘敏（还没有岗位）``."""
    held = role_called(one.role, lang) if one.role else say(lang, "desk.people.no_post_yet")
    place = place_called(one.place_id, lang)
    key = "desk.people.candidate" if place else "desk.people.candidate_new"
    return Named(one.person_id, say(lang, key, name=one.name, role=held, place=place, login=one.login))
