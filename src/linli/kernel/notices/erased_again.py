"""After a restore: everything that was erased since the backup is erased again, as the journal of erasures names it (``people.erasures``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters.held_about import REPORTER, Subject
from linli.kernel.matters.models import Contact, Evidence, Words
from linli.kernel.notices import rights
from linli.kernel.people import erasures
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.erasures import Asked
from linli.kernel.people.models import Person


@dataclass(slots=True)
class Again:
    """What was done: how many erasures the journal names, until when; how many had to be made again here, and what went by kind;
    ``left``: accounts that still hold a post here, so that they stay until it is handed over."""

    named: int = 0
    until: datetime | None = None
    made: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def apply(journal: Iterable[Asked]) -> Again:
    """Erase again what this store still holds of it. Safe to run twice: what is gone already is passed over."""
    done = Again()
    with erasures.silent():
        for one in journal:
            done.named += 1
            done.until = one.at if done.until is None else max(done.until, one.at)
            _apply(one, done)
    return done


def _apply(one: Asked, done: Again) -> None:
    ready, waiting = _held(one.contacts), _held(one.wishes, wished=True)
    person = Person.objects.filter(id__in=one.persons, erased=None).values_list("id", flat=True).first()
    if not ready and not waiting and person is None:
        return
    counts: list[dict[str, int]] = []
    if ready or person is not None:
        counts.append(_erase(Subject(person, ready), done))
    if waiting:
        counts.append(dict(rights.erase(SYSTEM, Subject(None, waiting), at_end=True).counts))
    if waiting or any(counts):
        done.made += 1
    for found in counts:
        for name, count in found.items():
            done.counts[name] = done.counts.get(name, 0) + count


def _erase(subject: Subject, done: Again) -> dict[str, int]:
    try:
        return dict(rights.erase(SYSTEM, subject).counts)
    except Refusal as refusal:
        if refusal.code not in ("people.still_holds", "people.still_deputy") or subject.person_id is None:
            raise
    done.left.append(ids.text(subject.person_id))
    if not subject.contact_ids:
        return {}
    return dict(rights.erase(SYSTEM, subject, account=False).counts)


def _held(numbers: Iterable[int], *, wished: bool = False) -> tuple[int, ...]:
    """Those of which this store still holds something; ``wished``: of which it has not been told that they go at the end."""
    rows = Contact.objects.filter(pk__in=list(numbers)).select_related("matter").order_by("id")
    if wished:
        return tuple(row.id for row in rows.filter(erased_at=None, keep_until=None))
    return tuple(row.id for row in rows if row.erased_at is None or _left_over(row))


def _left_over(contact: Contact) -> bool:
    """Whether the words of a matter that has ended outlived the number of its reporter."""
    matter = contact.matter
    if contact.part != REPORTER or matter.ended_at is None:
        return False
    fresh = Q(matter_id=matter.id, erased_at=None)
    return bool(matter.address) or any(table.objects.filter(fresh).exists() for table in (Words, Evidence))
