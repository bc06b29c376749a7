"""Erasing what one person left in a matter, at their wish. Inside an act of the caller; each matter gets its step, so that pages, followers
and the audit see the same.

Of a matter that has ended everything that was written goes (what staff wrote may speak of them too), with the address and the spot; those who
joined keep their own contact. Of one that is still open, what they said and how to reach them goes at once and the matter becomes an
anonymous one, which ends without a call-back; the ground it stands on stays until it ends, for somebody has to find it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from linli.kernel import ids, moment, store
from linli.kernel.matters import erasing, gate, held_about, marks, photos, record
from linli.kernel.matters.held_about import REPORTER
from linli.kernel.matters.models import Call, Contact, Evidence, Key, Matter, Words
from linli.kernel.matters.record import Deed
from linli.kernel.matters.rows import state_of
from linli.kernel.packspec import editions
from linli.kernel.people import sealed
from linli.kernel.people.actors import CLOCK, Actor


@dataclass
class Gone:
    """What went: ids by class, for the proof; the words themselves until the caller has looked for them elsewhere; pictures whose files
    may only go once the act is durable."""

    ids: dict[str, list[int]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)

    def add(self, name: str, found: Iterable[int]) -> None:
        self.ids.setdefault(name, []).extend(found)

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in sorted(self.ids.items()) if found}

    @property
    def digest(self) -> str:
        """SHA-256 over the ids by class: what exactly went, told to nobody who does not know the ids."""
        return digest_of(f"{name}:{ids.text(each)}" for name, found in self.ids.items() for each in found)


def digest_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def erase_contact(actor: Actor, contact_id: int, gone: Gone) -> None:
    """Everything this person left in one matter. Does nothing where it is gone already."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return
    matter = gate.locked(contact.matter_id)
    at = moment.now()
    if contact.part == REPORTER:
        _erase_report(actor, contact, matter, at, gone)
    elif contact.erased_at is None:
        _erase_said(contact, at, gone)
        _erase_contacts([contact.id], at, gone)


def _erase_report(actor: Actor, contact: Contact, matter: Matter, at: datetime, gone: Gone) -> None:
    before = sum(gone.counts.values())
    ended = matter.ended_at is not None
    gone.texts.append(matter.address if ended else "")
    if ended:
        _erase_words(Words.objects.filter(matter=matter, erased_at=None), at, gone)
        _erase_pictures(Evidence.objects.filter(matter=matter, erased_at=None), at, gone)
    _erase_said(contact, at, gone)
    fresh = contact.erased_at is None
    if fresh:
        _erase_contacts([contact.id], at, gone)
    if not ended:  # what is left of it goes when it ends
        Contact.objects.filter(pk=contact.id).update(keep_until=contact.keep_until or at)
    elif contact.keep_until is not None:
        Contact.objects.filter(pk=contact.id).update(keep_until=None)
    if fresh or sum(gone.counts.values()) > before or (ended and matter.address):
        _step(actor, matter, at, ended, sum(gone.counts.values()) - before)


def release(actor: Actor, matter_id: int) -> None:
    """Inside an act: everything personal of an ended matter goes, everybody's, because its time is over."""
    matter, at = gate.locked(matter_id), moment.now()
    _step(actor, matter, at, True, erasing.erase(matter.id, at))


def _step(actor: Actor, matter: Matter, at: datetime, ended: bool, pieces: int) -> None:
    pack = editions.edition(matter.edition)
    state = state_of(matter, pack)
    after = state if ended else replace(state, anonymous=True)
    if ended:
        matter.address, matter.lon, matter.lat, matter.cell = "", None, None, None
        act, moved = "release_words", {}
    else:
        matter.anonymous = True
        act, moved = "erased_reporter", {"anonymous": True}
    record.settle(matter, pack, after, at)
    deed = Deed(act, act, actor, gate.acting_as(actor, matter, ()), at, facts={"erased": pieces})
    record.write(matter, pack, state, after, deed, moved=moved)


def _erase_said(contact: Contact, at: datetime, gone: Gone) -> None:
    steps = held_about.steps_of(contact)
    numbers = [step.id for step in steps]
    said = Words.objects.filter(step_id__in=numbers, erased_at=None)
    if contact.matter.ended_at is None:
        said = said.exclude(field__in=("spot", "address"))
    _erase_words(said, at, gone)
    _erase_pictures(Evidence.objects.filter(step_id__in=numbers, erased_at=None), at, gone)
    calls = [call.id for call in held_about.calls_of(contact)]
    marks.change(Call.objects.filter(pk__in=calls), phone=None, phone_key=None, draft=None)
    gone.add("calls", calls)
    keys = [key.pk for key in held_about.keys_of(steps)]
    marks.change(Key.objects.filter(pk__in=keys), content="", answer=None)
    gone.add("keys", [step.id for step in steps if keys][: len(keys)])


def _erase_words(rows, at: datetime, gone: Gone) -> None:  # type: ignore[no-untyped-def]
    found = list(rows.values_list("id", "text"))
    gone.texts += [text for _, text in found]
    numbers = [number for number, _ in found]
    Words.objects.filter(pk__in=numbers).update(text="", salt=None, erased_at=at)
    gone.add("words", numbers)


def _erase_pictures(rows, at: datetime, gone: Gone) -> None:  # type: ignore[no-untyped-def]
    found = list(rows.values_list("id", flat=True))
    Evidence.objects.filter(pk__in=found).update(digest="", salt=None, erased_at=at)
    gone.pictures += found
    gone.add("photos", found)


def _erase_contacts(found: list[int], at: datetime, gone: Gone) -> None:
    for row in Contact.objects.filter(pk__in=found):
        gone.texts += [sealed.unseal(each) for each in (row.name, row.phone, row.room) if each]
    Contact.objects.filter(pk__in=found).update(**erasing.EMPTY, erased_at=at)
    gone.add("contacts", found)


def remove_files(pictures: Iterable[int]) -> None:
    """After the act: the picture files and their small copies, overwritten before they are unlinked."""
    for number in pictures:
        for thumb in (False, True):
            photos.remove(photos.path_of(number, thumb))


def wish(contact_ids: Iterable[int]) -> list[int]:
    """They want it to go as soon as the matter has ended; until then their number is kept for the call-back. Answers the ids."""
    open_ones = Contact.objects.filter(
        pk__in=list(contact_ids), matter__ended_at=None, erased_at=None, keep_until=None
    )
    found = list(open_ones.values_list("id", flat=True))
    Contact.objects.filter(pk__in=found).update(keep_until=moment.now())
    return found


def wishes_due(limit: int = 200) -> list[int]:
    """Contacts whose owner asked for everything to go at the end, and whose matter has ended."""
    rows = Contact.objects.filter(keep_until__isnull=False, matter__ended_at__isnull=False)
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def due_words(limit: int = 50, keep: timedelta = timedelta(days=3 * 365)) -> list[int]:
    """Words and pictures of matters ended longer ago than the office keeps them are released by the clock, each as an act of its own,
    whatever their packs declare. Answers the ids of the matters."""
    said = Words.objects.filter(matter_id=OuterRef("pk"), erased_at=None)
    seen = Evidence.objects.filter(matter_id=OuterRef("pk"), erased_at=None)
    over = Matter.objects.filter(ended_at__lt=moment.now() - keep).filter(
        Exists(said) | Exists(seen) | ~Q(address="")
    )
    done = list(over.order_by("ended_at").values_list("id", flat=True)[:limit])
    for number in done:
        with store.acting():
            release(CLOCK, number)
    return done
