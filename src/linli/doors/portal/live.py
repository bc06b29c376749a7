"""Who may hear what happens: everybody the public dots, a reporter their own matter."""

from __future__ import annotations

from linli.doors.live import LiveRequest, Subscription, register_topic
from linli.doors.live.asker import actor_of
from linli.doors.portal import kept
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import gate, reads
from linli.kernel.people.actors import Actor


def public(request: LiveRequest) -> Subscription | None:
    """Anybody, everywhere: a public event holds nothing that is not public."""
    return None if request.rest else Subscription(frozenset({"public"}))


def matter(request: LiveRequest) -> Subscription | None:
    """``/live/matter/<token>`` by secret link; ``/live/matter/<id>`` where this browser or account knows the matter."""
    try:
        actor, matter_id = _asker(request)
    except Refusal:
        return None
    if not gate.reported_by(actor, matter_id):
        return None
    return Subscription(frozenset({f"matter:{ids.text(matter_id)}"}), lasting=1800.0)


def _asker(request: LiveRequest) -> tuple[Actor, int]:
    if len(request.rest) != 13:
        actor = reads.by_link(request.rest)
        return actor, actor.matter_id or 0
    matter_id = ids.parse(request.rest)
    return kept.follower(request.cookies, actor_of(request), matter_id), matter_id


def register() -> None:
    """Open both topics. Safe to call again."""
    register_topic("public", public)
    register_topic("matter", matter)
