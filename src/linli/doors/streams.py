"""Who may listen to which stream. One resolver for each topic; the streams themselves know no people."""

from __future__ import annotations

from linli.doors.live import LiveRequest, Subscription, register_topic
from linli.doors.live.asker import actor_of
from linli.kernel.matters import gate
from linli.kernel.people import posts
from linli.kernel.people.actors import Actor


def register_topics() -> None:
    """Serve the streams of staff; the portal registers its own."""
    register_topic("screen", _screen)
    register_topic("desk", _staff)
    register_topic("field", _staff)
    register_topic("hotline", _staff)


def _holder(actor: Actor) -> str:
    return f"person:{actor.person_id}"


def _screen(request: LiveRequest) -> Subscription | None:
    """The wall: whoever's post opens the screen door, on the ground of those posts."""
    actor = actor_of(request)
    paths = tuple(
        held.path
        for held in actor.roles
        if "screen" in (role.doors if (role := posts.role(held.role)) else ())
    )
    return Subscription(frozenset({"screen"}), paths, _holder(actor)) if paths else None


def _staff(request: LiveRequest) -> Subscription | None:
    """Desk, field, hotline: what happens on one's own ground. A department hears of nothing it was not sent: it looks again by itself."""
    actor = actor_of(request)
    if actor.person_id is None or not any(gate.works(held) for held in actor.roles):
        return None
    units = gate.units_of(actor)
    paths = gate.paths_of(actor) or (
        tuple(held.path for held in actor.roles if held.unit_id in units) if units else ()
    )
    return Subscription(frozenset({"staff"}), paths, _holder(actor))
