"""What the ledger is told about people: ids and moments, never a name, a number or a word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import F

from linli.kernel import ids
from linli.kernel.ledger import append, seals
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor
from linli.kernel.people.models import Person, Turn, Unit

Fact = int | str | bool | datetime | None


def entry(kind: str, subject: str, subject_id: int, seq: int, by: Actor, /, **facts: Fact) -> None:
    """One entry ``people.<kind>`` in the act's transaction. Whole numbers whose fact ends in ``_id`` are written as ids."""
    body: dict[str, object] = {"by": _id(by.person_id), "as": by.kind}
    body.update(_plain(facts))
    append.commit(f"people.{kind}", f"{subject}:{ids.text(subject_id)}", seq, body)


def next_seq(subject: str, subject_id: int) -> int:
    """The number of the next entry about an appointment or a roster. Inside ``snapshot.changing``, where acts on people wait for each other."""
    return append.next_seq(f"{subject}:{ids.text(subject_id)}")


def about_person(kind: str, person_id: int, by: Actor, /, **facts: Fact) -> None:
    """An entry about an account, counted within it. The update locks the account's row until the act is over."""
    Person.objects.filter(id=person_id).update(seq=F("seq") + 1)
    row = Person.objects.get(id=person_id)
    entry(kind, "person", person_id, row.seq, by, **facts, row=seal_of(row))


def about_unit(kind: str, unit_id: int, by: Actor, /, **facts: Fact) -> None:
    Unit.objects.filter(id=unit_id).update(seq=F("seq") + 1)
    row = Unit.objects.get(id=unit_id)
    entry(kind, "unit", unit_id, row.seq, by, **facts, row=seal_of(row))


def seal_of(row: Person | Unit) -> str:
    """The hash of a whole row for its entry: keyed where it is a person's, so that it tells an outsider nothing. When somebody was last here
    is no act and not in it. Must be made after everything else of the act was written."""
    if isinstance(row, Unit):
        return seals.digest(row, "seq")
    return sealed.mark(seals.bytes_of(row, "seq", "last_login"))


def seal_of_turns(turns: Iterable[Turn]) -> str:
    """The hash of all shifts of one roster."""
    return hashlib.sha256(b"\n".join(sorted(seals.bytes_of(turn) for turn in turns))).hexdigest()


def _id(number: int | None) -> str | None:
    return None if number is None else ids.text(number)


def _plain(facts: Mapping[str, Fact]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, fact in facts.items():
        if key.endswith("_id") and (fact is None or isinstance(fact, int)):
            found[key.removesuffix("_id")] = _id(fact)
        elif isinstance(fact, datetime):
            found[key] = fact.isoformat()
        else:
            found[key] = fact
    return found
