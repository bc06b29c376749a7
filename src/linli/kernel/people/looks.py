"""Who looked at sealed words, at what, and why. Written before the words are shown."""

from __future__ import annotations

from django.db import connection

from linli.kernel import ids, moment
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import AccessLog
from linli.kernel.people.record import entry
from linli.kernel.store import acting


def record(actor: Actor, what: str, matter_id: int | None, why: str) -> int:
    """Keep that the actor looks at ``what`` (``contact.phone``) of the matter, for a reason in words. Durable before it returns:
    whatever the page does afterwards, the look stays. Must not be called inside an act, whose undoing would undo it.
    The reason stays in the log and is not told to the ledger. Returns the id of the row."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("a look is recorded outside any act, so that nothing can undo it")
    look_id = ids.new_id()
    roles = ",".join(sorted({held.role for held in actor.roles}))[:200]
    with acting():
        AccessLog.objects.create(
            id=look_id,
            person_id=actor.person_id,
            actor=actor.kind,
            roles=roles,
            what=what,
            matter_id=matter_id,
            why=why[:300],
            at=moment.now(),
        )
        entry("look", "look", look_id, 1, actor, what=what, matter_id=matter_id)
    return look_id
