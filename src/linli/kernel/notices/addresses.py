"""Where somebody can be reached. Opened only to deliver; nothing of it is kept with the notice."""

from __future__ import annotations

from dataclasses import dataclass

from linli.kernel import ids
from linli.kernel.matters.models import Contact
from linli.kernel.people import sealed
from linli.kernel.people.models import Person

To = int | str
"""A person's id, or ``"contact:<id>"``: a reporter known to one matter only."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of an addressee, without opening it: which ways are possible at all."""

    person_id: int | None
    address: str
    lang: str
    phone: bool
    email: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """The same, opened for one delivery."""

    phone: str = ""
    email: str = ""


def contact_ref(contact_id: int) -> str:
    return f"contact:{ids.text(contact_id)}"


def reach(to: To) -> Reach | None:
    """None for somebody erased or never there: nothing is owed to them any more."""
    if isinstance(to, int):
        return _person(to)
    row = Contact.objects.filter(id=_contact_id(to), erased_at=None).first()
    return None if row is None else reach_of(row)


def reach_of(row: Contact) -> Reach:
    """The same of a contact already read, which is not erased."""
    to, phone = contact_ref(row.id), bool(row.phone)
    person = _person(row.person_id) if row.person_id else None
    if person is not None:
        return Reach(person.person_id, to, row.lang[:2], phone or person.phone, person.email)
    return Reach(None, to, row.lang[:2], phone, False)


def _person(person_id: int) -> Reach | None:
    columns = ("lang", "phone_sealed", "email_sealed")
    row = Person.objects.filter(id=person_id, is_active=True).values_list(*columns).first()
    return Reach(person_id, "", row[0], bool(row[1]), bool(row[2])) if row else None


def _contact_id(address: str) -> int:
    kind, _, text = address.partition(":")
    if kind != "contact":
        raise ValueError(f"{kind!r} is no kind of address")
    return ids.parse(text)


def opened(person_id: int | None, address: str) -> Opened:
    """The number and mail address in clear. Empty where there are none (any more)."""
    phone = email = b""
    if address:
        row = Contact.objects.filter(id=_contact_id(address), erased_at=None).values_list("phone").first()
        phone = bytes(row[0] or b"") if row else b""
    if person_id is not None:
        own = (
            Person.objects.filter(id=person_id, is_active=True)
            .values_list("phone_sealed", "email_sealed")
            .first()
        )
        if own is not None:
            phone, email = phone or bytes(own[0] or b""), bytes(own[1] or b"")
    return Opened(sealed.unseal(phone) if phone else "", sealed.unseal(email) if email else "")
