"""Finding a matter by what somebody remembers of it: its number, an address, words, a telephone number or its last digits."""

from __future__ import annotations

import re

from django.db.models import Q

from linli.kernel.matters import gate
from linli.kernel.matters.cards import Card
from linli.kernel.matters.listing import cards
from linli.kernel.matters.models import Contact, Matter, Words
from linli.kernel.packspec import editions
from linli.kernel.people import looks, sealed
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree

_NUMBER = re.compile(r"^(\d{4})-(\d{1,7})$")
_TAIL_SCAN = 2000  # newest contacts whose sealed numbers are compared with a tail of four digits or more


def search(actor: Actor, text: str, lang: str, limit: int = 30) -> tuple[Card, ...]:
    """Matters this person may see that fit all the words typed; those whose number was typed come first, then the newest."""
    text = text.strip()[:100]
    if not text:
        return ()
    rows = gate.matters_of(actor)
    number = _NUMBER.match(text)
    if number:
        day, serial = number.groups()
        exact = rows.filter(serial=int(serial), day__month=int(day[:2]), day__day=int(day[2:]))
        return cards(list(exact.order_by("-day")[:limit]), lang)
    digits = sealed.digits(text) if re.fullmatch(r"[\d\s+\-]{4,20}", text) else ""
    if len(digits) >= 4:
        if len(digits) >= 7 and actor.person_id is not None:
            looks.record(actor, "number.search", None, "search", phone=digits)
        found = rows.filter(pk__in=_by_phone(rows, digits))
        serial_too = rows.filter(serial=int(digits)) if len(digits) <= 7 else rows.none()
        return cards(list((found | serial_too).order_by("-opened_at")[:limit]), lang)
    wanted = Q()
    for term in text.split()[:5]:
        wanted &= _term(term)
    return cards(list(rows.filter(wanted).order_by("-opened_at")[:limit]), lang)


def _term(term: str) -> Q:
    """One word: in what was written, in the address, in the kind's name, or in the name of the ground."""
    words = Words.objects.filter(text__icontains=term, field__in=("words", "reason")).values("matter_id")
    kinds = Q()
    for pack in editions.all_current().values():
        named = [
            key for key, kind in pack.kinds.items()
            if term in kind.text.zh or term.lower() in kind.text.en.lower() or any(term in c.text.zh for c in kind.conditions)
        ]  # fmt: skip
        if named:
            kinds |= Q(pack=pack.key, kind__in=named)
    places = [
        node.id
        for level in ("micro_grid", "grid", "compound", "community")
        for node in tree().of_level(level)
        if term in node.name
    ]
    ground = Q()
    for place_id in places[:50]:
        ground |= gate.under(tree().place(place_id).path)
    return Q(pk__in=words) | Q(address__icontains=term) | (kinds or Q(pk__in=[])) | (ground or Q(pk__in=[]))


def _by_phone(rows: object, digits: str) -> list[int]:
    """Matters of a number. A whole number is found by its keyed hash; a tail only among the newest, by opening them here and showing none."""
    if len(digits) >= 7:
        whole = Contact.objects.filter(phone_key=sealed.lookup(digits), erased_at=None).values_list(
            "matter_id", flat=True
        )
        return list(whole)
    visible = Matter.objects.filter(pk__in=rows.values("pk"))  # type: ignore[attr-defined]
    newest = Contact.objects.filter(matter__in=visible, phone__isnull=False, erased_at=None).order_by("-at")[
        :_TAIL_SCAN
    ]
    return [c.matter_id for c in newest if c.phone and sealed.digits(sealed.unseal(c.phone)).endswith(digits)]
