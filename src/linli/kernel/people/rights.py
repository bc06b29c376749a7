"""Who may arrange people on which ground. Pure but for the declared roles; each answer is silence or a Refusal."""

from __future__ import annotations

from linli.kernel.errors import Refusal
from linli.kernel.people import posts
from linli.kernel.people.actors import Actor


def may_keep_people(by: Actor, path: str) -> bool:
    """Everything about people there: administrators reaching the place, and the operator of the machine."""
    return by.kind == "system" or by.reaches(posts.ADMIN, path)


def may_keep_post(by: Actor, role: str, path: str) -> bool:
    """Giving, handing over, ending and rostering that role there: also whoever holds a role that keeps it, at the place or above."""
    return may_keep_people(by, path) or any(role in posts.keeps(held.role) for held in by.roles_at(path))


def may_arrange_leave(by: Actor, role: str, path: str) -> bool:
    """Leave of somebody who holds that role there: whoever keeps the post, and whoever stands on a ladder above. An organisation
    arranges the leave of its own."""
    if may_keep_post(by, role, path):
        return True
    declared, leading = posts.role(role), posts.leading()
    if declared is not None and declared.unit:
        return False
    return any(held.role in leading and held.path != path for held in by.roles_at(path))


def require_people(by: Actor, path: str) -> None:
    if not may_keep_people(by, path):
        raise Refusal("people.not_yours", kind="forbidden")


def require_post(by: Actor, role: str, path: str) -> None:
    if not may_keep_post(by, role, path):
        raise Refusal("people.not_yours", kind="forbidden")


def require_leave(by: Actor, role: str, path: str) -> None:
    if not may_arrange_leave(by, role, path):
        raise Refusal("people.not_yours", kind="forbidden")


def require_admin(by: Actor) -> None:
    """Accounts belong to no place: any administrator may keep them."""
    if by.kind != "system" and not by.holds(posts.ADMIN):
        raise Refusal("people.not_yours", kind="forbidden")


def require_self_or_admin(by: Actor, person_id: int) -> None:
    if by.person_id != person_id:
        require_admin(by)
