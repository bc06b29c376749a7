"""What a person may ask about themself: to see it, to have it, to have it erased. Here, at the top of the kernel, because it reaches
through all of it: account, matters, notices.

Who asks is an account, a secret link (a reporter who has no account), or the office on somebody's request, with a reason; each is recorded.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from linli.kernel import ids, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append, canon
from linli.kernel.matters import forgetting, gate, held_about
from linli.kernel.matters.forgetting import Gone
from linli.kernel.matters.held_about import OfMatter, Subject
from linli.kernel.matters.models import Contact, Matter
from linli.kernel.notices import held as in_notices
from linli.kernel.notices.held import Told
from linli.kernel.people import accounts, erasures, looks, posts, traces
from linli.kernel.people.actors import Actor
from linli.kernel.people.actors import Held as HeldRole
from linli.kernel.people.looks import Look
from linli.kernel.people.models import Person
from linli.kernel.people.traces import OfAccount

OFFICES = ("community", "street", "district")


@dataclass(frozen=True, slots=True)
class Held:
    """Everything held about one person."""

    subject: Subject
    account: OfAccount | None
    matters: tuple[OfMatter, ...]
    notices: tuple[Told, ...]
    looks: tuple[Look, ...]

    @property
    def open_matters(self) -> tuple[OfMatter, ...]:
        """Those still running: their contact is needed for the call-back."""
        return tuple(each for each in self.matters if each.open and each.erased_at is None)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did, as the page and the ledger tell it. ``waiting``: how many open matters it waits for."""

    number: str
    counts: Mapping[str, int]
    waiting: int


def held(subject: Subject, lang: str) -> Held:
    """Everything held about this person. The caller has made sure who asks: ``held_about.subject_of``, or ``for_office``."""
    account = traces.of_account(subject.person_id) if subject.person_id is not None else None
    return Held(
        subject, account, held_about.held(subject, lang), in_notices.told(subject, lang), seen_by(subject)
    )


def seen_by(subject: Subject) -> tuple[Look, ...]:
    """Who looked at this person's name, number or account, as what, when and why."""
    numbers = set(held_about.numbers(subject))
    if subject.person_id is not None:
        own = Person.objects.filter(id=subject.person_id).values_list("phone_lookup", flat=True).first()
        numbers |= {bytes(own)} if own else set()
    return looks.concerning(held_about.matters_reported(subject), subject.person_id, numbers)


def for_office(by: Actor, *, number: str = "", login: str = "") -> Subject:
    """Whose data the office is asked about: the reporter of a matter on its own ground, by number, or an account, by user name, for an
    administrator. Refusal ``rights.not_yours``; ``rights.nobody`` where there is none."""
    if login:
        if by.kind != "system" and not by.holds(posts.ADMIN):
            raise Refusal("rights.not_yours", kind="forbidden")
        person = Person.objects.filter(login=login.strip().lower(), erased=None).first()
        if person is None:
            raise Refusal("rights.nobody", kind="missing", field="login")
        mine = Contact.objects.filter(person_id=person.id, matter__found=False).values_list("id", flat=True)
        return Subject(person.id, tuple(mine))
    day, _, serial = number.strip().partition("-")
    if not (day.isdigit() and len(day) == 4 and serial.isdigit() and len(serial) <= 7):
        raise Refusal("rights.nobody", kind="missing", field="number")
    rows = Matter.objects.filter(serial=int(serial), day__month=int(day[:2]), day__day=int(day[2:])).order_by(
        "-day"
    )
    matter = next((row for row in rows if _may(by, row.path)), None)
    if matter is None:
        raise Refusal("rights.nobody", kind="missing", field="number")
    contact = Contact.objects.filter(matter=matter, part=held_about.REPORTER).order_by("id").first()
    if contact is None:
        raise Refusal("rights.nobody", kind="missing", field="number")
    return Subject(None, held_about.with_copies(contact.id))


def _leads(one: HeldRole) -> bool:
    """Whether this post answers requests about matters on its ground: whoever leads a community or more (stands on a ladder there)."""
    declared = posts.role(one.role)
    leads = one.role in posts.leading() and declared is not None and not declared.unit
    return leads and declared is not None and declared.level in OFFICES


def _may(by: Actor, path: str) -> bool:
    return by.kind == "system" or any(_leads(one) for one in by.roles_at(path))


def may_answer(by: Actor) -> bool:
    """Whether this person answers such requests at all."""
    return by.kind == "system" or by.holds(posts.ADMIN) or any(_leads(one) for one in by.roles)


def look(by: Actor, subject: Subject, what: str, why: str) -> None:
    """The office opens or erases somebody's data: recorded, for them to see, before anything is shown. Refusal ``rights.why`` without
    a reason in words."""
    if len(why.strip()) < 4:
        raise Refusal("rights.why", field="why")
    matters = Contact.objects.filter(pk__in=subject.contact_ids).values_list("matter_id", flat=True)
    if subject.person_id is not None:
        looks.record(by, what, None, why.strip(), about_id=subject.person_id)
        return
    for matter_id in sorted(set(matters)):
        looks.record(by, what, matter_id, why.strip())


def copied(by: Actor, subject: Subject) -> None:
    """A copy of everything held about this person is about to be given out: put on record."""
    body = {
        "by": None if by.person_id is None else ids.text(by.person_id), "as": by.kind,
        "about": None if subject.person_id is None else ids.text(subject.person_id),
        "contacts": [ids.text(each) for each in subject.contact_ids],
    }  # fmt: skip
    with store.acting():
        append.commit("privacy.copied", f"copy:{ids.text(ids.new_id())}", 1, body)


def erase(
    by: Actor, subject: Subject, *, at_end: bool = False, why: str = "", account: bool = True
) -> Erased:
    """Erase what is held about this person: words, pictures and their files, name, number, room, calls, answers kept for repeated requests,
    notices, sign-ins, sessions and the account. With ``at_end`` open matters keep what finishing them needs, and everything of theirs
    goes by itself when they end; without it they go on as anonymous ones.

    One act with one ledger entry, which says how many pieces of which kind and the digest of their ids, never what. Somebody
    who holds a post keeps the account until it is handed over: Refusal ``people.still_holds`` unless ``account`` is false.
    """
    own = by.person_id is not None and by.person_id == subject.person_id
    if why:
        look(by, subject, "erasure", why)
    gone, number = Gone(), ids.new_id()
    with erasures.asked(), store.acting():
        ready, waiting = list(subject.contact_ids), []
        if at_end:
            waiting = forgetting.wish(subject.contact_ids)
            ready = [each for each in ready if each not in _still_open(subject)]
        erasures.note(contacts=ready, wishes=waiting)
        matters = set(Contact.objects.filter(pk__in=ready).values_list("matter_id", flat=True))
        gate.hold(matters)
        for contact_id in ready:
            forgetting.erase_contact(by, contact_id, gone)
        now = replace(subject, contact_ids=tuple(ready))
        if not account or (at_end and waiting):
            now = replace(now, person_id=None)
        gone.texts += _names(now.person_id)
        gone.add("notices", in_notices.erase(now, matters, gone.texts))
        gone.add("reasons", looks.forget_reasons(matters, now.person_id, gone.texts))
        if now.person_id is not None:
            accounts.erase_person(by, now.person_id)
            gone.add("accounts", [now.person_id])
        _enter(by, number, gone, {"waiting": len(waiting), "own": own or by.kind == "link"}, why)
    after(gone)
    return Erased(ids.text(number), gone.counts, len(waiting))


def _names(person_id: int | None) -> list[str]:
    """What others may have written of an account: its names and numbers."""
    found = traces.of_account(person_id) if person_id is not None else None
    if found is None:
        return []
    return [found.account.name, found.account.login, found.account.phone, found.account.email]


def _still_open(subject: Subject) -> set[int]:
    rows = Contact.objects.filter(pk__in=subject.contact_ids, matter__ended_at=None, erased_at=None)
    return set(rows.values_list("id", flat=True))


def _enter(by: Actor, number: int, gone: Gone, facts: dict[str, Any], why: str) -> None:
    body = {
        "by": None if by.person_id is None else ids.text(by.person_id), "as": by.kind, "counts": gone.counts, "ids": gone.digest, **facts,
        "why": canon.commitment(secrets.token_bytes(16), why) if why else None,
    }  # fmt: skip
    append.commit("privacy.erased", f"erasure:{ids.text(number)}", 1, body)


def after(gone: Gone) -> None:
    """Once the act is durable: files. What a crash prevents here, the next hourly pass does (``retention``)."""
    forgetting.remove_files(gone.pictures)
    in_notices.blank_outbox()


def wished(by: Actor, limit: int = 200) -> Gone:
    """Those who asked for everything to go at the end, and whose matters have ended: now. Run by the clock. An account whose owner waits
    for nothing else any more is not erased with it: they may have come back."""
    total = Gone()
    for contact_id in forgetting.wishes_due(limit):
        gone = Gone()
        with erasures.asked(), store.acting():
            erasures.note(contacts=[contact_id])
            contact = Contact.objects.get(pk=contact_id)
            forgetting.erase_contact(by, contact_id, gone)
            Contact.objects.filter(pk=contact_id).update(keep_until=None)
            subject = Subject(None, (contact_id,))
            gone.add("notices", in_notices.erase(subject, [contact.matter_id], gone.texts))
            gone.add("reasons", looks.forget_reasons([contact.matter_id], None, gone.texts))
            _enter(by, ids.new_id(), gone, {"waiting": 0, "own": True}, "")
        after(gone)
        for name, found in gone.ids.items():
            total.add(name, found)
    return total
