"""Looking at who reported: possible for those who must call, and recorded every time."""

from __future__ import annotations

from linli.kernel.errors import Refusal
from linli.kernel.matters import gate
from linli.kernel.matters.models import Contact
from linli.kernel.people import looks, sealed
from linli.kernel.people.actors import Actor


def look(actor: Actor, matter_id: int, why: str) -> dict[str, str]:
    """Name, number and room of the reporter. Raises Refusal ``contact.why`` without a reason and ``contact.none`` where nothing was left.

    The look is committed before anything is shown: a page that then fails has still been recorded.
    """
    matter = gate.matter_for(actor, matter_id, reporter=False)
    if len(why.strip()) < 2:
        raise Refusal("contact.why", field="why")
    row = Contact.objects.filter(matter=matter, part="reporter", erased_at=None).first()
    if row is None or not (row.phone or row.name or row.room):
        raise Refusal("contact.none", kind="missing")
    looks.record(actor, "contact", matter.id, why.strip())
    return {
        "name": sealed.unseal(row.name) if row.name else "", "phone": sealed.unseal(row.phone) if row.phone else "",
        "room": sealed.unseal(row.room) if row.room else "",
    }  # fmt: skip
