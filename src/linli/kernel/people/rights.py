"""Who may arrange people on which ground. Pure but for the declared roles; each answer is silence or a Refusal."""

from __future__ import annotations

from linli.kernel.errors import Refusal
from linli.kernel.people import posts
from linli.kernel.people.actors import Actor


def may_keep_people(by: Actor, path: str) -> bool:
    """Appointing and ending: administrators reaching the place, and the operator of the machine."""
    return by.kind == "system" or by.reaches(posts.ADMIN, path)


def may_keep_duty(by: Actor, path: str) -> bool:
    """Rosters and leave: administrators, and whoever holds a role of some ladder at a place above that one."""
    if may_keep_people(by, path):
        return True
    leading = posts.leading()
    return any(held.role in leading and held.path != path for held in by.roles_at(path))


def require_people(by: Actor, path: str) -> None:
    if not may_keep_people(by, path):
        raise Refusal("people.not_yours", kind="forbidden")


def require_duty(by: Actor, path: str) -> None:
    if not may_keep_duty(by, path):
        raise Refusal("people.not_yours", kind="forbidden")


def require_admin(by: Actor) -> None:
    """Accounts belong to no place: any administrator may keep them."""
    if by.kind != "system" and not by.holds(posts.ADMIN):
        raise Refusal("people.not_yours", kind="forbidden")


def require_self_or_admin(by: Actor, person_id: int) -> None:
    if by.person_id != person_id:
        require_admin(by)
