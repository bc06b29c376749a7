"""Which entries of the log prove a matter to the people it concerns: that it was taken in, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger.models import Entry
from linli.kernel.ledger.receipts import Opening
from linli.kernel.matters import gate
from linli.kernel.matters.models import Matter, Step, Words
from linli.kernel.people.actors import Actor

WHICH = ("opening", "end")


@dataclass(frozen=True, slots=True)
class Proving:
    """An entry of a matter, and what of its commitments this reader may open: only a reporter's own words."""

    number: str
    entry_id: int
    opened: tuple[Opening, ...]


def proving(actor: Actor, matter_id: int, which: str) -> Proving:
    """The entry that proves the opening or the end of a matter. Raises Refusal ``matter.missing``, also where it has not ended."""
    matter = gate.matter_for(actor, matter_id)
    steps = list(Step.objects.filter(matter=matter).order_by("seq"))
    step = steps[0] if which == "opening" and steps else _end(matter, steps) if which == "end" else None
    if step is None:
        raise Refusal("matter.missing", kind="missing")
    entry = Entry.objects.get(subject=f"matter:{ids.text(matter.id)}", seq=step.seq)
    contact = gate.contact_of(actor, matter.id)
    own = contact is not None and contact.part == "reporter" and which == "opening"
    return Proving(matter.number, entry.id, _opened(step) if own else ())


def _end(matter: Matter, steps: list[Step]) -> Step | None:
    """The step that ended the matter for good: the first of the last run of steps after which it was over."""
    found = None
    for step in reversed(steps if matter.ended_at is not None else []):
        if step.facts.get("effects", {}).get("ended") is None:
            break
        found = step
    return found


def _opened(step: Step) -> tuple[Opening, ...]:
    rows = Words.objects.filter(step_id=step.id, erased_at=None, salt__isnull=False).order_by("field")
    return tuple(Opening(row.field, bytes(row.salt), row.text) for row in rows if row.salt is not None)
