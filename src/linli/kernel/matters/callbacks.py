"""The queue of those to be called back, by the hour promised."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from linli.kernel.matters import gate
from linli.kernel.matters.cards import CallBack
from linli.kernel.matters.fullpage import masked_name
from linli.kernel.matters.listing import cards
from linli.kernel.matters.models import Contact, Matter, Step
from linli.kernel.matters.rows import handlers_of
from linli.kernel.matters.said import SOURCES
from linli.kernel.packspec import editions
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor


def callbacks(actor: Actor, lang: str, limit: int = 100) -> tuple[CallBack, ...]:
    """Everything that waits for a call-back by one of this actor's posts, on its ground; nothing for whoever calls nobody back. Names and numbers
    are masked; opening one is a look."""
    held = {post.role for post in actor.roles}
    stages = {
        act_stage
        for pack in editions.all_current().values()
        for a in pack.acts.values()
        if a.does == "call_back" and held.intersection(a.by)
        for act_stage in a.from_
    }
    rows = (
        gate.matters_of(actor)
        .filter(ended_at=None, found=False, stage__in=stages)
        .order_by(F("due_at").asc(nulls_last=True), "id")
    )
    matters = list(rows[:limit])
    contacts = {
        c.matter_id: c for c in Contact.objects.filter(matter__in=matters, part="reporter", erased_at=None)
    }
    last = _last_attempts(matters)
    shown = []
    for matter, card in zip(matters, cards(matters, lang), strict=True):
        contact = contacts.get(matter.id)
        source = SOURCES.get(matter.source)
        handled = actor.person_id in handlers_of(matter.id, editions.edition(matter.edition))
        shown.append(CallBack(
            card=card, contact_name=masked_name(sealed.unseal(contact.name)) if contact and contact.name else "",
            phone_masked=sealed.masked(sealed.unseal(contact.phone)) if contact and contact.phone else "", attempts=matter.attempts,
            last_attempt=last.get(matter.id), source=source.say(lang) if source else matter.source, mine_to_call=not handled,
        ))  # fmt: skip
    return tuple(shown)


def _last_attempts(matters: list[Matter]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for matter_id, at in (
        Step.objects.filter(matter__in=matters, does="call_back")
        .order_by("at")
        .values_list("matter_id", "at")
    ):
        found[matter_id] = at
    return found
