"""Who is acting, and by what right. Made once per request or command and handed down; nothing below asks for
a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from linli.kernel import moment
from linli.kernel.people import duty, snapshot
from linli.kernel.people.models import Person
from linli.kernel.people.posts import needs_second_factor
from linli.kernel.places.tree import tree

if TYPE_CHECKING:
    from django.http import HttpRequest

Kind = Literal["person", "link", "clock", "system", "public"]


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody may act by now. ``path`` begins and ends with a slash; ``deputy_for`` is the absent
    person whose role it is. A role at ``/1/5/`` reaches ``/1/5/9/`` and not ``/1/52/``."""

    role: str
    place_id: int
    path: str
    assignment_id: int
    deputy_for: int | None = None
    unit_id: int | None = None

    def reaches(self, path: str) -> bool:
        return path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts. ``kind`` ``link`` is whoever holds a matter's secret link (``matter_id`` says which);
    ``clock`` is a promise that ran out; ``system`` the program or its operator at the command line;
    ``public`` anybody."""

    person_id: int | None = None
    kind: Kind = "public"
    roles: tuple[Held, ...] = ()
    matter_id: int | None = None
    lang: str = "zh"
    name: str = ""
    contact_id: int | None = (
        None  # kind link: whose link it is, the reporter's or that of somebody who joined
    )

    def reaches(self, role: str, path: str) -> bool:
        """Whether they hold the role at that path or above it."""
        return any(held.role == role and held.reaches(path) for held in self.roles)

    def roles_at(self, path: str) -> tuple[Held, ...]:
        """All they may act by at that path, in the order they hold it."""
        return tuple(held for held in self.roles if held.reaches(path))

    def paths(self, *roles: str) -> tuple[str, ...]:
        """The paths they hold one of these roles at (any role, if none is named), those inside another left
        out."""
        found = sorted({held.path for held in self.roles if not roles or held.role in roles})
        kept: list[str] = []
        for path in found:  # sorted: a path comes after those it lies in
            if not (kept and path.startswith(kept[-1])):
                kept.append(path)
        return tuple(kept)

    def holds(self, *roles: str) -> bool:
        """Whether they hold one of these roles anywhere."""
        return any(held.role in roles for held in self.roles)


PUBLIC = Actor()
CLOCK = Actor(kind="clock")
SYSTEM = Actor(kind="system")


def roles_of(person_id: int, at: datetime | None = None) -> tuple[Held, ...]:
    """Everything that person may act by at that moment, for themself and for those they stand in for."""
    at = at or moment.now()
    ground = tree(at)
    found: dict[int, Held] = {}
    for post, absent in duty.posts_of(snapshot.current(), person_id, at):
        node = ground.get(post.place_id)
        if node is not None:
            found.setdefault(
                post.id, Held(post.role, post.place_id, node.path, post.id, absent, post.unit_id)
            )
    return tuple(found.values())


def actor_of(person_id: int) -> Actor:
    """That person with all their roles, as if signed in with both factors: for commands, simulations and
    followers. Refusal ``people.unknown`` for nobody, and for somebody whose account is closed."""
    from linli.kernel.errors import Refusal

    row = Person.objects.filter(id=person_id, is_active=True).values_list("lang", "name").first()
    if row is None:
        raise Refusal("people.unknown", kind="missing")
    return Actor(person_id, "person", roles_of(person_id), None, row[0], row[1])


def actor_for(request: HttpRequest) -> Actor:
    """Whoever sends this request. Roles that ask for a second factor count only in a session that gave one;
    without it their holder has a resident's rights. Worked out once per request."""
    known = getattr(request, "_linli_actor", None)
    if known is None:
        known = _from_session(request)
        request._linli_actor = known  # type: ignore[attr-defined]
    return known


def _from_session(request: HttpRequest) -> Actor:
    lang = getattr(request, "lang", "zh")
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return Actor(lang=lang)
    roles = roles_of(person.id)
    if any(needs_second_factor(held.role) for held in roles) and not _proved(request):
        roles = tuple(held for held in roles if not needs_second_factor(held.role))
    if person.must_change:
        roles = ()
    return Actor(person.id, "person", roles, None, lang, person.name)


def _proved(request: HttpRequest) -> bool:
    """Whether this session gave its second factor, or stands in the sample town, where one click signs in as
    anyone."""
    from django.conf import settings

    if settings.MODE == "demo" and request.session.get("demo"):
        return True
    return getattr(request.user, "otp_device", None) is not None
