"""Taking personal words out of a matter, at a person's wish or when their time is over. Commitments stay; the ledger still verifies."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from linli.kernel import moment, store
from linli.kernel.matters.models import Contact, Evidence, Matter, Words
from linli.kernel.matters.photos import path_of, remove
from linli.kernel.matters.sealing import keep_for
from linli.kernel.packspec import editions
from linli.kernel.packspec.models import Edition

EMPTY = {"name": None, "phone": None, "room": None, "phone_key": None, "link": None, "person_id": None}


def erase(matter_id: int, at: datetime, everybodys: bool = True) -> int:
    """Remove words, salts, contacts (of the reporter, or everybody's) and pictures of one matter, inside an act. Answers how many pieces
    went. Files go at once: an act that is then undone has lost pictures of which the store still knows, and says so; never the other way
    round."""
    words = Words.objects.filter(matter_id=matter_id, erased_at=None).update(text="", salt=None, erased_at=at)
    found = Contact.objects.filter(_whose(matter_id), erased_at=None)
    copies = list((found if everybodys else found.filter(part="reporter")).values_list("id", flat=True))
    contacts = Contact.objects.filter(pk__in=copies).update(**EMPTY, erased_at=at)
    pictures = list(Evidence.objects.filter(matter_id=matter_id, erased_at=None).values_list("id", flat=True))
    Evidence.objects.filter(pk__in=pictures).update(digest="", salt=None, erased_at=at)
    for number in pictures:
        for thumb in (False, True):
            remove(path_of(number, thumb))
    return words + contacts + len(pictures)


def reporters(matter_id: int) -> list[int]:
    """The contacts that ``erase`` takes when it is the reporter who asks."""
    found = Contact.objects.filter(_whose(matter_id), part="reporter", erased_at=None)
    return list(found.values_list("id", flat=True))


def _whose(matter_id: int) -> Q:
    """Parts that were split off hold copies of the same contact; one that is still open is owed its call-back first."""
    copies = Q(matter__parent_id=matter_id, matter__ended_at__isnull=False, part="reporter")
    return Q(matter_id=matter_id) | copies


def due_contacts(limit: int = 1000) -> list[int]:
    """Contacts whose retention is over lose name, number and room: run by the worker. The matter itself stays. Answers their ids.

    How long is what the edition says by which the matter was judged, whether or not its pack is still in force."""
    now, gone = moment.now(), list[int]()
    for digest in Edition.objects.values_list("digest", flat=True):
        before = now - keep_for(editions.edition(digest))
        over = Q(matter__ended_at__lt=before)
        # a part that was split off keeps its copy no longer than the matter it came from
        whole = Matter.objects.filter(ended_at__lt=before).values("pk")
        over |= Q(matter__ended_at__isnull=False, matter__parent_id__in=whole)
        kept = Contact.objects.filter(over, matter__edition=digest, erased_at=None)
        found = list(kept.values_list("id", flat=True)[:limit])
        if found:
            with store.acting():
                Contact.objects.filter(pk__in=found).update(**EMPTY, erased_at=now)
            gone += found
    return gone
