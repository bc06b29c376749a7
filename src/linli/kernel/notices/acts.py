"""Owing words to somebody, and what their reader does with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Q

from linli.kernel import ids, moment
from linli.kernel.ledger import tally
from linli.kernel.notices import marks, quiet
from linli.kernel.notices.addresses import Reach, To, reach
from linli.kernel.notices.channels import Channel, in_use
from linli.kernel.notices.models import Notice
from linli.kernel.people import duty, sealed
from linli.kernel.sql import fresh, insert
from linli.kernel.store import acting


def owe(
    to: To,
    matter_id: int | None,
    kind: str,
    words_by_lang: Mapping[str, str],
    urgent: bool = False,
    dedupe_key: str = "",
) -> tuple[int, ...]:
    """Words are owed: ``to`` is a person's id or ``addresses.contact_ref(id)``, ``words_by_lang`` the finished sentences
    ``{"zh": …, "en": …}``. One row for each channel that suits; the inbox shows them at once, the rest is delivered soon, or
    after the quiet hours where it is not urgent. The same ``dedupe_key`` to the same addressee owes nothing twice, however
    often a follower repeats itself (without one, every call owes anew). What is owed to somebody on leave is owed to their
    deputy as well. Returns the ids made; empty if nothing new is owed."""
    rows = rows_of(to, matter_id, kind, words_by_lang, urgent, dedupe_key)
    return put(rows) if rows else ()


def rows_of(
    to: To,
    matter_id: int | None,
    kind: str,
    words_by_lang: Mapping[str, str],
    urgent: bool = False,
    dedupe_key: str = "",
    known: dict[To, Reach | None] | None = None,
) -> list[Notice]:
    """The rows that ``owe`` writes, for a follower that writes those of many entries at once (``put``). ``known`` remembers from one call to the
    next where people can be reached."""
    key = dedupe_key or ids.text(ids.new_id())
    words = sealed.seal(
        json.dumps({"zh": words_by_lang["zh"], "en": words_by_lang["en"]}, ensure_ascii=False)
    )
    now = moment.now()
    rows = []
    for there, channels in _ways(to, urgent, now, {} if known is None else known):
        held_to = None if urgent else _held_to(there, now)
        for channel in channels:
            dedupe = _digest(key, there, channel.name)
            rows.append(_row(channel, there, matter_id, kind, words, urgent, dedupe, now, held_to))
    return rows


def _reach(to: To, known: dict[To, Reach | None]) -> Reach | None:
    if to not in known:
        known[to] = reach(to)
    return known[to]


def _ways(
    to: To, urgent: bool, now: datetime, known: dict[To, Reach | None]
) -> list[tuple[Reach, list[Channel]]]:
    """Whom it goes to and how. Somebody on leave finds it in their inbox later; nothing but their deputy is disturbed."""
    there = _reach(to, known)
    if there is None:
        return []
    deputy = duty.standing_in(to, now) if isinstance(to, int) else None
    instead = _reach(deputy, known) if deputy is not None else None
    if instead is None:
        return [(there, [channel for channel in in_use() if channel.suits(there, urgent)])]
    quietly = [channel for channel in in_use() if channel.at_once and channel.suits(there, urgent)]
    return [(there, quietly), (instead, [channel for channel in in_use() if channel.suits(instead, urgent)])]


def put(rows: Sequence[Notice]) -> tuple[int, ...]:
    """Write those not owed already, and nothing else: two followers at once leave one row."""
    with acting():
        fresh: list[Notice] = []
        for first in range(0, len(rows), 400):
            lot = {
                bytes(row.dedupe): row for row in reversed(rows[first : first + 400])
            }  # of two alike the first counts
            known = _known(list(lot))
            fresh += [row for dedupe, row in reversed(lot.items()) if dedupe not in known]
        insert(marks.marked(fresh), unless_there=True)
        return _counted([row.id for row in fresh])


def _counted(numbers: list[int]) -> tuple[int, ...]:
    """Those that were written. On PostgreSQL another follower may have been first with one, between the look and the writing."""
    if connection.vendor == "postgresql":
        written = set(Notice.objects.filter(id__in=numbers).values_list("id", flat=True))
        numbers = [number for number in numbers if number in written]
    tally.added(Notice, numbers)
    return tuple(numbers)


def _known(digests: list[bytes]) -> set[bytes]:
    seen = Notice.objects.filter(dedupe__in=digests).values_list("dedupe", flat=True)
    return {bytes(one) for one in seen}


def _digest(key: str, there: Reach, channel: str) -> bytes:
    to = there.address or there.person_id
    return hashlib.sha256(f"{key}\0{to}\0{channel}".encode()).digest()


def _held_to(there: Reach, now: datetime) -> datetime | None:
    """Until when quiet hours hold a notice to them; whoever is on duty is awake."""
    over = quiet.over_at(now, quiet.parse(settings.QUIET_HOURS))
    if over is not None and there.person_id is not None and duty.is_on_duty(there.person_id, now):
        return None
    return over


def _row(
    channel: Channel,
    there: Reach,
    matter_id: int | None,
    kind: str,
    words: bytes,
    urgent: bool,
    dedupe: bytes,
    now: datetime,
    held_to: datetime | None,
) -> Notice:
    row = fresh(
        Notice,
        id=ids.new_id(),
        dedupe=dedupe,
        person_id=there.person_id,
        address=there.address,
        matter_id=matter_id,
        kind=kind[:60],
        words=words,
        lang=there.lang,
        channel=channel.name,
        urgent=urgent,
        at=now,
    )
    if channel.at_once:
        row.state, row.sent_at = "sent", now
    else:
        row.state, row.next_at = ("held", held_to) if held_to else ("queued", now)
    return row


def mark_read(person_id: int, notice_ids: Iterable[int] | None = None) -> int:
    """Somebody read these of their inbox (None: all of it). Others' ids are passed over. Returns how many were new."""
    with acting():
        own = Notice.objects.filter(person_id=person_id, channel="inbox", read_at=None)
        if notice_ids is not None:
            own = own.filter(id__in=list(notice_ids))
        return marks.change(own, read_at=moment.now())


def mark_read_of(person_id: int, matter_id: int) -> int:
    """Somebody opened the matter: what their inbox says about it counts as read. Returns how many were new."""
    with acting():
        own = Notice.objects.filter(person_id=person_id, channel="inbox", read_at=None, matter_id=matter_id)
        return marks.change(own, read_at=moment.now())


def settle(notice_id: int) -> bool:
    """Somebody saw to one that could not be delivered (rang the person up): it leaves the list. False if it was not on it."""
    with acting():
        given_up = Notice.objects.filter(id=notice_id, state="given_up", read_at=None)
        return bool(marks.change(given_up, read_at=moment.now()))


def erase_words(
    *, matter_id: int | None = None, person_id: int | None = None, before: datetime | None = None
) -> int:
    """Remove the words of all notices of a matter, to a person, or owed before a moment; what was not sent yet is not sent any
    more. Returns how many had words."""
    which = Q()
    for condition in (
        Q(matter_id=matter_id) if matter_id is not None else None,
        Q(person_id=person_id) if person_id is not None else None,
        Q(at__lt=before) if before is not None else None,
    ):
        which |= condition or Q()
    if not which:
        raise ValueError("erase whose words?")
    with acting():
        return marks.without_words(Notice.objects.filter(which, words__isnull=False))
