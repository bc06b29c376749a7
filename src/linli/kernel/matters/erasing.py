"""Taking personal words out of a matter, at a person's wish or when their time is over. Commitments stay; the ledger still verifies."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.matters.models import Contact, Evidence, Matter, Words
from linli.kernel.matters.photos import path_of
from linli.kernel.matters.sealing import keep_for
from linli.kernel.packspec import editions

_EMPTY = {"name": None, "phone": None, "room": None, "phone_key": None, "link": None, "person_id": None}


def erase(matter_id: int, at: datetime) -> int:
    """Remove words, salts, contacts and pictures of one matter, inside an act. Answers how many pieces went. Files go at once: an act that is
    then undone has lost pictures of which the store still knows, and says so; never the other way round."""
    words = Words.objects.filter(matter_id=matter_id, erased_at=None).update(text="", salt=None, erased_at=at)
    # parts that were split off hold copies of the same contact; one that is still open is owed its call-back first
    whose = Q(matter_id=matter_id) | Q(
        matter__parent_id=matter_id, matter__ended_at__isnull=False, part="reporter"
    )
    copies = list(Contact.objects.filter(whose, erased_at=None).values_list("id", flat=True))
    contacts = Contact.objects.filter(pk__in=copies).update(**_EMPTY, erased_at=at)
    pictures = list(Evidence.objects.filter(matter_id=matter_id, erased_at=None).values_list("id", flat=True))
    Evidence.objects.filter(pk__in=pictures).update(digest="", salt=None, erased_at=at)
    for number in pictures:
        for thumb in (False, True):
            path_of(number, thumb).unlink(missing_ok=True)
    return words + contacts + len(pictures)


def due_contacts(limit: int = 200) -> int:
    """Contacts whose retention is over lose name, number and room: run by the worker. The matter itself stays."""
    now, gone = moment.now(), 0
    for pack in editions.all_current().values():
        before = now - keep_for(pack)
        over = Q(matter__ended_at__lt=before)
        # a part that was split off keeps its copy no longer than the matter it came from
        whole = Matter.objects.filter(ended_at__lt=before).values("pk")
        over |= Q(matter__ended_at__isnull=False, matter__parent_id__in=whole)
        kept = Contact.objects.filter(over, matter__pack=pack.key, erased_at=None)
        found = list(kept.values_list("id", flat=True)[:limit])
        if found:
            with store.acting():
                gone += Contact.objects.filter(pk__in=found).update(**_EMPTY, erased_at=now)
    return gone


def due_words(limit: int = 50, keep: timedelta = timedelta(days=3 * 365)) -> int:
    """Words and pictures of matters ended longer ago than the office keeps them are released by the clock, as an act of its own."""
    from linli.kernel.matters import acts
    from linli.kernel.people.actors import CLOCK

    ended = Matter.objects.filter(ended_at__lt=moment.now() - keep, words__erased_at=None).distinct()
    done = 0
    for number in ended.values_list("id", flat=True)[:limit]:
        try:
            acts.take(CLOCK, number, "release_words")
            done += 1
        except Refusal:
            continue
    return done
