"""Where somebody can be reached. Opened only to deliver; nothing of it is kept with the notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linli.kernel import ids
from linli.kernel.matters.models import Contact
from linli.kernel.people import sealed
from linli.kernel.people.models import Person
from linli.kernel.sql import first

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


def reach_of(row: Contact, people: Mapping[int, Reach] | None = None) -> Reach:
    """The same of a contact already read, which is not erased. ``people``: what ``reaches`` said of whoever may stand behind it."""
    to, phone = contact_ref(row.id), bool(row.phone)
    person = None
    if row.person_id:
        person = _person(row.person_id) if people is None else people.get(row.person_id)
    if person is not None:
        return Reach(person.person_id, to, row.lang[:2], phone or person.phone, person.email)
    return Reach(None, to, row.lang[:2], phone, False)


def reaches(person_ids: Iterable[int]) -> dict[int, Reach]:
    """Many people at once; nobody erased or closed is among them."""
    columns = ("id", "lang", "phone_sealed", "email_sealed")
    found = Person.objects.filter(id__in=list(person_ids), is_active=True).values_list(*columns)
    return {person: Reach(person, "", lang, bool(phone), bool(email)) for person, lang, phone, email in found}


def _person(person_id: int) -> Reach | None:
    return reaches([person_id]).get(person_id)


def _contact_id(address: str) -> int:
    kind, _, text = address.partition(":")
    if kind != "contact":
        raise ValueError(f"{kind!r} is no kind of address")
    return ids.parse(text)


def opened(person_id: int | None, address: str) -> Opened:
    """The number and mail address in clear. Empty where there are none (any more)."""
    phone = email = b""
    if address:
        row = first(
            "SELECT phone FROM matters_contact WHERE id = %s AND erased_at IS NULL", _contact_id(address)
        )
        phone = bytes(row[0] or b"") if row else b""
    if person_id is not None:
        own = first(
            "SELECT phone_sealed, email_sealed FROM people_person WHERE id = %s AND is_active", person_id
        )
        if own is not None:
            phone, email = phone or bytes(own[0] or b""), bytes(own[1] or b"")
    return Opened(sealed.unseal(phone) if phone else "", sealed.unseal(email) if email else "")
