"""Closing the account of somebody who still holds posts that others hold as well."""

from __future__ import annotations

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.people import acts
from linli.kernel.people.accounts import account, close_account
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import Assignment
from linli.kernel.people.rights import require_admin
from linli.kernel.people.snapshot import changing


def close_with_posts(by: Actor, person_id: int) -> int:
    """End every post of theirs and close the account, in one transaction. Refusal ``people.last_holder`` where nobody else holds the
    same role at the same place: that post is handed over first, so that no ground is left to nobody. Answers how many posts ended."""
    require_admin(by)
    with changing():
        name, now = account(person_id).name, moment.now()
        held = list(Assignment.objects.filter(person_id=person_id, until=None).order_by("since", "id"))
        for one in held:
            if not _another_holds(one):
                raise Refusal("people.last_holder", kind="conflict", name=name, **acts.post_facts(one))
        for one in held:
            acts.end_appointment(by, one.id, one.since if one.since > now else None)
        close_account(by, person_id)
        return len(held)


def _another_holds(held: Assignment) -> bool:
    same = Assignment.objects.filter(
        acts.for_unit(held.unit_id), role=held.role, place_id=held.place_id, until=None
    )
    return same.filter(since__lte=max(moment.now(), held.since)).exclude(person_id=held.person_id).exists()
