"""What people are shown about themselves and each other. Nothing here opens what is sealed about anybody but the asker."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.kernel import moment
from linli.kernel.people import duty, sealed, snapshot
from linli.kernel.people.devices import Authenticator
from linli.kernel.people.models import Leave, Person, Session
from linli.kernel.people.snapshot import Post
from linli.kernel.places.tree import tree


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser of one's own. ``mark`` names it without being its key."""

    mark: str
    device: str
    began: datetime
    seen: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class LeaveLine:
    id: int
    since: datetime
    last: datetime  # a moment of the last day away
    deputy: str


@dataclass(frozen=True, slots=True)
class Details:
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who holds something: who, as what, where."""

    person_id: int
    login: str
    name: str
    role: str
    place_id: int
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class StaffLine:
    """A staff account as administrators see it. ``posts`` are those held now or from a day to come."""

    person_id: int
    login: str
    name: str
    in_use: bool
    must_change: bool
    enrolled: bool
    posts: tuple[Post, ...]


def staff() -> list[StaffLine]:
    """Every staff account that was not erased: those in use first, the newest first."""
    snap, now = snapshot.current(), moment.now()
    enrolled = set(Authenticator.objects.filter(confirmed=True).values_list("user_id", flat=True))
    rows = Person.objects.filter(kind="staff", erased=None).order_by("-is_active", "-created", "login")
    found = []
    for row in rows.only("id", "login", "name", "is_active", "must_change"):
        posts = snap.posts_of.get(row.id, ())
        held = tuple(p for p in posts if p.until is None or (p.until > now and p.until > p.since))
        found.append(
            StaffLine(row.id, row.login, row.name, row.is_active, row.must_change, row.id in enrolled, held)
        )
    return found


def held_now(person_id: int) -> list[tuple[Post, int | None]]:
    """What somebody holds now, and for whom they hold it if for somebody absent."""
    return list(duty.posts_of(snapshot.current(), person_id, moment.now()))


def leaves(person_id: int) -> list[LeaveLine]:
    """One's leave now and to come."""
    rows = (
        Leave.objects.filter(person_id=person_id, until__gt=moment.now())
        .select_related("deputy")
        .order_by("since")
    )
    second = timedelta(seconds=1)
    return [
        LeaveLine(row.id, row.since, row.until - second, row.deputy.name)
        for row in rows
        if row.until > row.since
    ]


def own_details(person_id: int) -> Details:
    """One's own number and mail address, opened for oneself."""
    row = Person.objects.values_list("phone_sealed", "email_sealed").get(id=person_id)
    phone, email = (sealed.unseal(each) if each else "" for each in row)
    return Details(phone, email)


def _mark(key: str) -> str:
    return hashlib.sha256(f"mark:{key}".encode()).hexdigest()[:16]


def sessions(person_id: int, here: str | None) -> list[SessionLine]:
    """One's signed-in browsers, this one first, then the one used last."""
    rows = Session.objects.filter(person_id=person_id, expire_date__gt=moment.now()).order_by("-seen")[:20]
    found = [
        SessionLine(_mark(r.session_key), r.device, r.began, r.seen, r.session_key == here) for r in rows
    ]
    return sorted(found, key=lambda line: not line.here)


def session_key(person_id: int, mark: str) -> str:
    """The key of one's own session by its mark; empty where there is none."""
    keys = Session.objects.filter(person_id=person_id).values_list("session_key", flat=True)
    return next((key for key in keys if _mark(key) == mark), "")


def everybody(path: str = "/") -> list[Colleague]:
    """Everybody who holds something now at the path or below, by place code, then role."""
    now, ground = moment.now(), tree()
    snap = snapshot.current()
    found: list[tuple[str, Colleague]] = []
    for posts in snap.posts.values():
        for post in posts:
            node = ground.get(post.place_id)
            known = snap.people.get(post.person_id)
            if node and known and post.held_at(now) and node.path.startswith(path):
                line = Colleague(
                    post.person_id, known.login, known.name, post.role, post.place_id, post.unit_id
                )
                found.append((node.code, line))
    return [line for _, line in sorted(found, key=lambda pair: (pair[0], pair[1].role, pair[1].login))]


def colleagues(person_id: int, limit: int = 200) -> list[Colleague]:
    """Who could stand in: others who hold something on the ground around one's own places, each once."""
    ground = tree()
    found: dict[int, Colleague] = {}
    for post, absent in held_now(person_id):
        node = ground.get(post.place_id)
        if absent is not None or node is None:
            continue
        around = ground.get(node.parent_id) or node
        for line in everybody(around.path):
            if line.person_id != person_id:
                found.setdefault(line.person_id, line)
    return list(found.values())[:limit]
