"""Telephone calls as an operator takes them: when, from whom (sealed), what was typed while listening."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db.models import Q

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import tally
from linli.kernel.matters import marks
from linli.kernel.matters.models import Call, Contribution, Matter, Step
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor

# log-keeping of the Cybersecurity Law, art. 21: six months; afterwards number and draft go
KEPT_FOR = timedelta(days=180)

EMPTY: dict[str, Any] = {"phone": None, "phone_key": None, "draft": None}


def _require(actor: Actor) -> int:
    if actor.person_id is None or not actor.holds("hotline_operator", "street_duty_officer"):
        raise Refusal("call.missing", kind="missing")
    return actor.person_id


def start(actor: Actor, phone: str) -> int:
    """A call begins. The number may be unknown."""
    operator = _require(actor)
    row = Call(
        operator_id=operator, phone=sealed.seal(phone) if phone else None, phone_key=sealed.lookup(phone) if phone else None,
        started_at=moment.now(),
    )  # fmt: skip
    with store.acting():
        marks.marked(row).save(force_insert=True)
        tally.added(Call, [row.id])
    return row.id


def _mine(actor: Actor, call_id: int) -> Call:
    row = Call.objects.filter(pk=call_id, operator_id=_require(actor)).first()
    if row is None:
        raise Refusal("call.missing", kind="missing")
    return row


def phone_of(actor: Actor, call_id: int) -> str:
    """The caller's number, for the operator who took the call."""
    row = _mine(actor, call_id)
    return sealed.unseal(row.phone) if row.phone else ""


def save_draft(actor: Actor, call_id: int, draft: dict[str, Any]) -> None:
    """What was typed so far; a crash of the browser loses nothing."""
    row = _mine(actor, call_id)
    kept = sealed.seal(json.dumps(draft, ensure_ascii=False))
    with store.acting():
        marks.change(Call.objects.filter(pk=row.pk, ended_at=None), draft=kept)


def draft_of(actor: Actor, call_id: int) -> dict[str, Any]:
    row = _mine(actor, call_id)
    return dict(json.loads(sealed.unseal(row.draft))) if row.draft else {}


def current(actor: Actor) -> Call | None:
    """The call this operator is in, if any."""
    return Call.objects.filter(operator_id=_require(actor), ended_at=None).order_by("-started_at").first()


def end(actor: Actor, call_id: int, matter_id: int | None = None) -> None:
    """The call is over; the draft with it. ``matter_id`` is what came of it."""
    row = _mine(actor, call_id)
    with store.acting():
        marks.change(Call.objects.filter(pk=row.pk), ended_at=moment.now(), matter_id=matter_id, draft=None)


def today(actor: Actor) -> dict[str, int]:
    """Today's calls, how many became a matter, call-backs done and still waiting: the figures at the top of the console."""
    _require(actor)
    since = moment.local(moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    calls = Call.objects.filter(started_at__gte=since)
    done = Step.objects.filter(does="call_back", at__gte=since).count()
    waiting = Matter.objects.filter(ended_at=None, ball=3, found=False).count()
    answers = Contribution.objects.filter(kind="answer", at__gte=since).count()
    return {
        "calls": calls.count(), "filed": calls.filter(matter_id__isnull=False).count(), "called_back": done, "answers": answers,
        "waiting": waiting,
    }  # fmt: skip


def forget(limit: int = 5000) -> list[int]:
    """Remove numbers and drafts whose time is over; run by the worker. Answers the ids of the calls."""
    old = Call.objects.filter(
        Q(phone__isnull=False) | Q(draft__isnull=False), started_at__lt=moment.now() - KEPT_FOR
    )
    with store.acting():
        found = list(old.order_by("id").values_list("id", flat=True)[:limit])
        for first in range(0, len(found), 500):
            marks.change(Call.objects.filter(pk__in=found[first : first + 500]), **EMPTY)
    return found
