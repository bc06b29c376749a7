"""What every page of the field has around it: who I am, whether I am on duty, what waits for me."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors.page import page
from linli.kernel.notices import reads as notices
from linli.kernel.people import duty, posts
from linli.kernel.people.actors import Actor, Held
from linli.kernel.places.tree import tree


def field_page(
    request: HttpRequest, template: str, tab: str, status: int = 200, **facts: Any
) -> HttpResponse:
    """A page of this door. ``tab`` is the one that is lit."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    assert actor.person_id is not None
    return page(
        request, template, status=status, tab=tab, post=post_of(actor, str(request.lang)),  # type: ignore[attr-defined]
        on_duty=duty.is_on_duty(actor.person_id), unread=notices.unread(actor.person_id), **facts,
    )  # fmt: skip


def first_post(actor: Actor) -> Held | None:
    """The post that counts most out here: the nearest to the ground."""
    staff = [held for held in actor.roles if (role := posts.role(held.role)) and role.staff]
    return max(staff, key=lambda held: len(held.path), default=None)


def post_of(actor: Actor, lang: str) -> str:
    """网格员·柳荫 05."""
    held = first_post(actor)
    if held is None:
        return ""
    role, node = posts.role(held.role), tree().get(held.place_id)
    unit = duty.unit(held.unit_id) if held.unit_id is not None else None
    place = unit.called(lang) if unit else node.called(lang) if node else ""
    name = role.text.say(lang) if role else held.role
    return f"{name}·{place}" if lang == "zh" else f"{name}, {place}"
