"""The one gate to a matter. Absent and forbidden look the same, so that guessing ids tells nothing."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q, QuerySet

from linli.kernel.errors import Refusal
from linli.kernel.matters.models import Contact, Matter, Summons
from linli.kernel.matters.state import Who
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Role
from linli.kernel.people import posts
from linli.kernel.people.actors import Actor, Held

MATTER_DOORS = frozenset({"desk", "field", "hotline"})


def by_unit_only(role: Role | None) -> bool:
    """A department sees what it is sent or called to, not everything on the ground it serves."""
    return role is not None and role.unit and role.level in ("district", "street")


def works(held: Held) -> bool:
    """Whether this post has to do with matters at all (a wall screen or an administrator has not)."""
    role = posts.role(held.role)
    return role is not None and role.staff and bool(MATTER_DOORS & set(role.doors))


def paths_of(actor: Actor) -> tuple[str, ...]:
    """The ground on which this person sees every matter."""
    return tuple(
        dict.fromkeys(
            held.path for held in actor.roles if works(held) and not by_unit_only(posts.role(held.role))
        )
    )


def units_of(actor: Actor) -> frozenset[int]:
    """The organisations this person works for."""
    return frozenset(held.unit_id for held in actor.roles if held.unit_id is not None and works(held))


def under(path: str, field: str = "path") -> Q:
    """Rows at ``path`` or below. A range on SQLite, whose LIKE uses no index; a prefix on PostgreSQL, whose collation may not sort by byte."""
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": path, f"{field}__lt": path[:-1] + "0"})
    return Q(**{f"{field}__startswith": path})


def visible(actor: Actor) -> Q:
    """The matters this person may see, as one condition."""
    seen = Q(pk__in=[])
    for path in paths_of(actor):
        seen |= under(path)
    units = units_of(actor)
    if units:
        seen |= Q(holder_unit_id__in=units) | Q(
            pk__in=Summons.objects.filter(unit_id__in=units).values("matter_id")
        )
    if actor.person_id is not None:
        seen |= Q(holder_id=actor.person_id)
    return seen


def matters_of(actor: Actor) -> QuerySet[Matter]:
    """Every matter this member of staff may see. Empty for residents, links and the public."""
    if actor.kind == "system":
        return Matter.objects.all()
    if actor.kind != "person" or not any(works(held) for held in actor.roles):
        return Matter.objects.none()
    return Matter.objects.filter(visible(actor))


def contact_of(actor: Actor, matter_id: int) -> Contact | None:
    """As what somebody follows the matter, by account or by secret link: its reporter before one who said "me too". A link that does not say
    whose it is counts as that of somebody who joined."""
    if actor.kind == "link":
        if actor.matter_id != matter_id:
            return None
        if actor.contact_id is None:
            return Contact(matter_id=matter_id, part="me_too")
        return Contact.objects.filter(pk=actor.contact_id, matter_id=matter_id, erased_at=None).first()
    if actor.kind != "person" or actor.person_id is None:
        return None
    mine = Contact.objects.filter(matter_id=matter_id, person_id=actor.person_id)
    return mine.order_by("-part").first()  # "reporter" comes before "me_too"


def reported_by(actor: Actor, matter_id: int) -> bool:
    """Whether this is whoever reported the matter or said "me too": by account or by secret link."""
    return contact_of(actor, matter_id) is not None


def joinable(matter_id: int) -> Matter | None:
    """An open matter that anybody may say "me too" to: one that its pack shows to the public, and that is nobody's quarrel."""
    found = Matter.objects.filter(pk=matter_id, ended_at=None).first()
    if found is None:
        return None
    pack = editions.edition(found.edition)
    kind = pack.kinds.get(found.kind)
    return None if pack.public.where == "none" or kind is None or kind.area_only else found


def locked(matter_id: int) -> Matter:
    """A matter known to be there, held until the act is over."""
    rows = Matter.objects.select_for_update() if connection.vendor == "postgresql" else Matter.objects.all()
    return rows.get(pk=matter_id)


def hold(matter_ids: Iterable[int]) -> None:
    """Inside an act that will touch several matters: take them all at once, in the one order that every act keeps to (by id), so that of two
    acts on the same matters one waits and neither waits for the other. Says nothing about who may."""
    if connection.vendor == "postgresql":
        rows = Matter.objects.filter(pk__in=set(matter_ids)).order_by("id")
        list(rows.select_for_update().values_list("id"))


def matter_for(
    actor: Actor, matter_id: int, *, lock: bool = False, reporter: bool = True, joining: bool = False
) -> Matter:
    """The matter, if this person may have anything to do with it; locked when an act follows. ``joining``: anybody may who says "me too" to
    what is public. Raises Refusal ``matter.missing``."""
    rows = (
        Matter.objects.select_for_update()
        if lock and connection.vendor == "postgresql"
        else Matter.objects.all()
    )
    if actor.kind in ("clock", "system"):
        found = rows.filter(pk=matter_id).first()
    elif (reporter and reported_by(actor, matter_id)) or (joining and joinable(matter_id) is not None):
        found = rows.filter(pk=matter_id).first()
    else:
        found = rows.filter(Q(pk=matter_id), visible(actor)).first() if actor.kind == "person" else None
        if found is not None and not any(works(held) for held in actor.roles):
            found = None
    if found is None:
        raise Refusal("matter.missing", kind="missing")
    return found


def who(actor: Actor, matter: Matter, summoned: frozenset[int] = frozenset()) -> Who:
    """The actor as the rules see them at this matter: which roles reach it, for which units, and whether they reported it."""
    units = units_of(actor)
    involved = {matter.holder_unit_id} | summoned
    roles = set()
    for held in actor.roles:
        if by_unit_only(posts.role(held.role)):
            if held.unit_id in involved:
                roles.add(held.role)
        elif held.reaches(matter.path):
            roles.add(held.role)
    contact = contact_of(actor, matter.id)
    part = "" if contact is None else contact.part
    person = contact.person_id if contact is not None and actor.kind == "link" else actor.person_id
    return Who(actor.kind, person, frozenset(roles), units, part == "reporter", part == "me_too")


def acting_as(actor: Actor, matter: Matter, allowed: tuple[str, ...]) -> Held | None:
    """As what somebody acts: the nearest of their roles that the act allows, else the nearest they hold at all."""
    here = [
        held
        for held in actor.roles
        if held.reaches(matter.path) or held.unit_id == matter.holder_unit_id is not None
    ]
    fitting = [held for held in here if held.role in allowed] or here
    return max(fitting, key=lambda held: (len(held.path), -held.assignment_id), default=None)
