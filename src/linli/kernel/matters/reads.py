"""What doors may ask of matters. Each read says who asks, passes the gate, and answers values of ``cards``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import clocks_explain, gate, workflow
from linli.kernel.matters.callbacks import callbacks
from linli.kernel.matters.cards import Card, Follow, Offer, Page
from linli.kernel.matters.duplicates import likely
from linli.kernel.matters.fullpage import followed, full
from linli.kernel.matters.listing import cards
from linli.kernel.matters.models import Asked, Clock, Contact, Evidence, Matter, Step, Summons
from linli.kernel.matters.public import public_dots, public_matter
from linli.kernel.matters.rows import calendars_for, running_of, state_of
from linli.kernel.matters.sealing import code_key, same, token_key
from linli.kernel.matters.searching import search
from linli.kernel.matters.state import State, Who
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Act, Pack
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree

__all__ = [
    "TABS", "by_code", "by_ids", "by_link", "callbacks", "card", "count_by", "explain", "follow", "held_by", "history_of_phone", "inbox",
    "likely", "mine", "offers", "offers_of", "page", "public_dots", "public_matter", "search",
]  # fmt: skip


def card(actor: Actor, matter_id: int, lang: str) -> Card:
    """One matter as a card, through the gate."""
    return cards([gate.matter_for(actor, matter_id)], lang)[0]


def _called(actor: Actor) -> Q:
    waiting = Summons.objects.filter(unit_id__in=gate.units_of(actor), acknowledged_at=None)
    return _OPEN & Q(pk__in=waiting.values("matter_id"))


def _wished(actor: Actor) -> Q:
    return _OPEN & Q(pk__in=Asked.objects.filter(decided_at=None).values("matter_id"))


_OPEN = Q(ended_at=None)
# each tab of the inbox as a condition on matters already visible
_TABS: dict[str, Callable[[Actor], Q]] = dict(  # noqa: C408  (words, not strings: a tab is no pack, though one is called alike)
    mine=lambda actor: _OPEN & Q(holder_id=actor.person_id),
    all=lambda actor: _OPEN,
    callback=lambda actor: _OPEN & Q(ball=3),
    summoned=_called,
    asked=_wished,
    paused=lambda actor: _OPEN & Q(paused_until__isnull=False),
    broken=lambda actor: _OPEN & Q(broken=True),
    ended=lambda actor: Q(ended_at__isnull=False),
)
TABS = tuple(_TABS)


def inbox(
    actor: Actor,
    lang: str,
    tab: str = "mine",
    pack: str = "",
    place: str = "",
    limit: int = 100,
    after: str = "",
) -> tuple[tuple[Card, ...], dict[str, int]]:
    """Matters by urgency of their clock, and how many each tab holds. ``place`` is a place id's text; ``after`` the last id already seen."""
    rows = gate.matters_of(actor)
    if pack:
        rows = rows.filter(pack=pack)
    if place:
        node = tree().get(ids.parse(place))
        rows = rows.filter(gate.under(node.path)) if node else rows.none()
    counts = {name: rows.filter(_TABS[name](actor)).count() for name in TABS if name != "ended"}
    chosen = rows.filter(_TABS.get(tab, _TABS["mine"])(actor))
    if tab == "ended":
        chosen = chosen.order_by("-ended_at", "-id")
    else:
        chosen = chosen.order_by(F("due_at").asc(nulls_last=True), "id")
    found = list(chosen[: limit + 500] if after else chosen[:limit])
    if after:
        keys = [m.id for m in found]
        at = ids.parse(after)
        found = found[keys.index(at) + 1 :][:limit] if at in keys else found[:limit]
    return cards(found, lang), counts


def mine(person_id: int, lang: str) -> tuple[Card, ...]:
    """What a resident with an account reported or joined, newest first."""
    rows = Matter.objects.filter(
        pk__in=Contact.objects.filter(person_id=person_id).values("matter_id")
    ).order_by("-opened_at")[:100]
    return cards(list(rows), lang, words=False)


def held_by(actor: Actor, lang: str, person_id: int | None = None) -> tuple[Card, ...]:
    """What a field worker has in hand, by time left; of another's (``person_id``) those that the actor sees."""
    whose = actor.person_id if person_id is None else person_id
    rows = gate.matters_of(actor).filter(ended_at=None).filter(Q(holder_id=whose))
    return cards(list(rows.order_by(F("due_at").asc(nulls_last=True), "id")[:100]), lang)


def offers(actor: Actor, matter_id: int, lang: str) -> tuple[Offer, ...]:
    """Every act this person's posts know here: allowed now, or refused with the reason."""
    matter = gate.matter_for(actor, matter_id)
    pack = editions.edition(matter.edition)
    state = state_of(matter, pack)
    return offers_of(pack, state, gate.who(actor, matter, state.summoned | state.joined), lang)


def offers_of(pack: Pack, state: State, who: Who, lang: str) -> tuple[Offer, ...]:
    """Acts the person could ever do here, in the pack's order; those not possible now say why."""
    shown = []
    for act in pack.acts.values():
        why = _why_not(pack, state, act, who, lang)
        if why == "never":
            continue
        shown.append(Offer(
            act.key, act.text.say(lang), act.does, tuple(act.needs), tuple(act.may), act.primary, act.key_hint, act.icon, not why, why,
            act.targets,
        ))  # fmt: skip
    return tuple(shown)


def _why_not(pack: Pack, state: State, act: Act, who: Who, lang: str) -> str:
    """ "" where the act is open; "never" where this person has nothing to do with it or it belongs to another part of the loop; else the sentence."""
    try:
        workflow.refuse_wrong_person(pack, state, act, who)
        workflow.refuse_wrong_stage(pack, state, act)
        if act.does in ("approve", "decline") and not state.pending:
            return "never"
        if act.does == "acknowledge" and not who.units & state.summoned:
            return "never"
        if act.does == "close_without" and not state.anonymous:
            return "never"
        if (act.does == "check" and not state.found) or (act.does == "call_back" and state.found):
            return "never"  # the other way of closing the loop
    except Refusal as refusal:
        if refusal.code == "act.not_yours":
            return "never"
        if refusal.code in ("act.ended", "act.still_open", "act.not_paused"):
            return "never"
        if refusal.code == "act.not_now" and not act.primary and act.does != "move":
            return "never"
        return refusal.sentence(lang)
    return ""


def _parts_of(matter: Matter) -> tuple[list[Step], dict[int, list[Evidence]]]:
    steps = list(Step.objects.filter(matter=matter).order_by("seq"))
    evidence: dict[int, list[Evidence]] = {}
    for row in Evidence.objects.filter(matter=matter).order_by("id"):
        evidence.setdefault(row.step_id, []).append(row)
    return steps, evidence


def page(actor: Actor, matter_id: int, lang: str) -> Page:
    """One matter on one page, for staff."""
    matter = gate.matter_for(actor, matter_id, reporter=False)
    pack = editions.edition(matter.edition)
    state = state_of(matter, pack)
    steps, evidence = _parts_of(matter)
    shown = offers_of(pack, state, gate.who(actor, matter, state.summoned | state.joined), lang)
    return full(matter, pack, state, steps, evidence, shown, lang, cards([matter], lang)[0])


def by_link(token: str) -> Actor:
    """Whoever holds this secret link. Raises Refusal ``matter.missing`` for a link nobody was given."""
    row = (
        Contact.objects.filter(token_key=token_key(token), erased_at=None)
        .values_list("matter_id", "lang", "id")
        .first()
    )
    if row is None:
        raise Refusal("matter.missing", kind="missing")
    return Actor(kind="link", matter_id=row[0], lang=row[1], contact_id=row[2])


def by_code(number: str, code: str) -> Actor:
    """Whoever knows the number and its short code. Raises Refusal ``matter.missing``, the same for a wrong number and a wrong code."""
    day, _, serial = number.strip().partition("-")
    if not (day.isdigit() and len(day) == 4 and serial.isdigit() and len(serial) <= 7):
        raise Refusal("matter.missing", kind="missing")
    known = code_key(f"{day}-{int(serial):04d}", code)
    recent = moment.local(moment.now()).date() - timedelta(days=400)
    rows = Matter.objects.filter(
        serial=int(serial), day__month=int(day[:2]), day__day=int(day[2:]), day__gte=recent
    )
    for contact in Contact.objects.filter(matter__in=rows, erased_at=None).order_by("-at"):
        if same(bytes(contact.code_key), known):
            return Actor(kind="link", matter_id=contact.matter_id, lang=contact.lang, contact_id=contact.id)
    raise Refusal("matter.missing", kind="missing")


def follow(actor: Actor, lang: str, matter_id: int | None = None) -> Follow:
    """A matter for whoever reported it: by link, or by account with ``matter_id``."""
    matter = gate.matter_for(actor, matter_id or actor.matter_id or 0)
    contact = gate.contact_of(actor, matter.id)
    if contact is None:
        raise Refusal("matter.missing", kind="missing")
    pack = editions.edition(matter.edition)
    state = state_of(matter, pack)
    steps, evidence = _parts_of(matter)
    shown = offers_of(pack, state, gate.who(actor, matter), lang)
    own = contact.part == "reporter"
    return followed(
        matter, pack, state, steps, evidence, shown, lang, cards([matter], lang, words=False)[0], own=own
    )


def explain(actor: Actor, matter_id: int, clock_key: str, lang: str, at: datetime | None = None) -> list[str]:
    """Why this clock is, or at that moment was, due when it was: rule, calendar, pauses, and why it did or did not fire."""
    matter = gate.matter_for(actor, matter_id)
    pack = editions.edition(matter.edition)
    told: list[str] = []
    for row in Clock.objects.filter(matter=matter, key=clock_key).order_by("id"):
        running = running_of(row, calendars_for(pack))
        told += [text.say(lang) for text in clocks_explain.explain(running, at or moment.now())]
    if not told:
        raise Refusal("act.no_such_clock", kind="missing", field="clock")
    return told


def history_of_phone(actor: Actor, phone: str, lang: str) -> tuple[Card, ...]:
    """Earlier matters of a caller, for an operator. The caller of this records the look."""
    if not phone:
        return ()
    keys = Contact.objects.filter(phone_key=sealed.lookup(phone), erased_at=None).values("matter_id")
    return cards(list(gate.matters_of(actor).filter(pk__in=keys).order_by("-opened_at")[:20]), lang)


def count_by(cards_: Iterable[Card], name: str) -> Counter[str]:
    """How many cards of each value of an attribute."""
    return Counter(str(getattr(each, name)) for each in cards_)


def by_ids(actor: Actor, matter_ids: Sequence[int], lang: str) -> tuple[Card, ...]:
    """Those of the matters that this person may see, in the order asked for."""
    found = {m.id: m for m in gate.matters_of(actor).filter(pk__in=list(matter_ids))}
    return cards([found[i] for i in matter_ids if i in found], lang)
