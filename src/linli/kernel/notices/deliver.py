"""Sending what is owed. Called again and again by the worker; any number of workers may run at once.

A worker first claims its batch: it puts the time of the next try a few minutes ahead, in a transaction of its own. Only then it sends, outside
any transaction, and notes the outcome (of those sent within a second, at once). A worker that dies leaves its claim to run out, and the notice is
tried again.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import QuerySet

from linli.kernel import ids, moment
from linli.kernel.ledger import append
from linli.kernel.ledger.follow import described
from linli.kernel.notices import channels, marks, reads
from linli.kernel.notices.acts import owe
from linli.kernel.notices.addresses import opened
from linli.kernel.notices.channels import Letter, Retry, Undeliverable
from linli.kernel.notices.models import Notice
from linli.kernel.notices.shown import shown_to, words_about
from linli.kernel.store import acting

LEASE = timedelta(minutes=5)
CLAIM = 50
LONGEST = (
    60.0  # seconds a claim is worked on; what is left of it then goes back, long before the lease is over
)
NOTED = 1.0  # seconds until what was sent is noted, if the batch takes longer
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)


def run_once(limit: int = 100) -> int:
    """Send up to ``limit`` notices that are due, urgent ones first. Returns how many were tried."""
    tried = 0
    while tried < limit:
        if not Notice.objects.filter(next_at__lte=moment.now()).exists():  # an empty look takes no lock
            break
        batch = _claim(min(CLAIM, limit - tried))
        tried += _send_all(batch)
        if not batch:
            break
    return tried


def _send_all(batch: list[Notice]) -> int:
    """Try one after the other; those sent are noted together, for each note is a transaction. Returns how many were tried."""
    sent: list[Notice] = []
    began = noted = time.monotonic()
    for number, notice in enumerate(batch):
        if time.monotonic() - began > LONGEST:
            _note_sent(sent)
            _give_back(batch[number:])
            return number
        if _try(notice):
            sent.append(notice)
        if time.monotonic() - noted > NOTED:
            _note_sent(sent)
            sent, noted = [], time.monotonic()
    _note_sent(sent)
    return len(batch)


def _note_sent(notices: list[Notice]) -> None:
    if notices:
        with acting():
            marks.change(
                _these(notices), tried=True, state="sent", sent_at=moment.now(), next_at=None, error=""
            )


def _these(notices: list[Notice]) -> QuerySet[Notice]:
    return Notice.objects.filter(id__in=[notice.id for notice in notices])


def _give_back(notices: list[Notice]) -> None:
    """The next pass takes them, here or in another worker."""
    with acting():
        marks.change(_these(notices), next_at=moment.now())


def _claim(limit: int) -> list[Notice]:
    now = moment.now()
    with acting():
        due = Notice.objects.select_for_update(skip_locked=True).filter(next_at__lte=now)
        batch = list(due.order_by("-urgent", "next_at", "id")[:limit])
        marks.change(_these(batch), next_at=now + LEASE)
    return batch


def _try(notice: Notice) -> bool:
    """Whether it was sent; what else came of it is on record."""
    try:
        _send(notice)
    except Undeliverable as never:
        _give_up(notice, str(never))
    except Retry as later:
        _again(notice, str(later))
    except Exception as fault:  # a channel's own bug must not stop the others' notices
        _again(notice, described(fault))
    else:
        return True
    return False


def _send(notice: Notice) -> None:
    channel = channels.KNOWN.get(notice.channel)
    if channel is None:
        raise Retry(f"channel {notice.channel} is switched off")
    if notice.words is None:
        raise Undeliverable("words erased")
    words = reads.words_of(notice, notice.lang)
    to = opened(notice.person_id, notice.address)
    letter = Letter(notice.id, words, notice.lang, notice.urgent, notice.at, to)
    channels.named(notice.channel).deliver(letter)


def _again(notice: Notice, why: str) -> None:
    if notice.tries >= len(BACKOFF):
        _give_up(notice, why)
        return
    next_at = moment.now() + BACKOFF[notice.tries]
    with acting():
        marks.change(_these([notice]), tried=True, state="failed", next_at=next_at, error=why[:200])


def _give_up(notice: Notice, why: str) -> None:
    """It stays on the list of what was not delivered, and whoever answers for the matter is told."""
    body = {
        "matter": ids.text(notice.matter_id) if notice.matter_id else None,
        "channel": notice.channel,
        "kind": notice.kind,
        "tries": notice.tries + 1,
    }
    with acting():
        marks.change(_these([notice]), tried=True, state="given_up", next_at=None, error=why[:200])
        append.commit("notice.given_up", f"notice:{ids.text(notice.id)}", 1, body)
        somebody = shown_to(notice)
        if somebody is not None:
            owe(
                somebody,
                notice.matter_id,
                "notice.given_up",
                words_about(notice),
                True,
                f"given_up:{ids.text(notice.id)}",
            )
