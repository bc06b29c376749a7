"""One matter, whole: for staff (``full``) and for whoever reported it (``followed``). Called by ``reads`` behind the gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from linli.kernel import ids, moment
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import clocks
from linli.kernel.matters.cards import (
    AskLine,
    Card,
    ClockLine,
    Follow,
    Holder,
    LinkLine,
    Offer,
    Page,
    SummonsLine,
)
from linli.kernel.matters.listing import clock_line, role_name, title_of
from linli.kernel.matters.models import Asked, Contact, Evidence, Link, Matter, Step, Summons, Words
from linli.kernel.matters.record import words_of
from linli.kernel.matters.rows import ladder_of
from linli.kernel.matters.state import State
from linli.kernel.matters.timeline import photo_lines, timeline
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import duty, sealed
from linli.kernel.people.models import Person


def _said(words: Mapping[int, Mapping[str, Words]], steps: Sequence[Step], field: str) -> str:
    """The text of the opening step's field; empty where erased."""
    if not steps:
        return ""
    row = words.get(steps[0].id, {}).get(field)
    return "" if row is None or row.erased_at else row.text


def _clocks(matter: Matter, pack: Pack, state: State, lang: str, now: datetime) -> tuple[ClockLine, ...]:
    """All clocks: live ones by due time, then those answered."""
    holder = duty.name_of(matter.holder_id)
    lines = [clock_line(pack, slot, lang, now, holder=holder, path=matter.path) for slot in state.slots]
    live = [line for line in lines if line.state not in ("kept", "stopped") and line.ended_at is None]
    rest = [line for line in lines if line not in live]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(sorted(live, key=lambda line: line.due_at or far) + rest)


def _holders(matter: Matter, steps: Sequence[Step], lang: str) -> tuple[Holder, ...]:
    """Who was responsible when, newest first; read from the steps alone."""
    spells: list[tuple[dict[str, str | None], datetime]] = []
    for step in steps:
        held = step.facts.get("effects", {}).get("holder")
        if held and (not spells or spells[-1][0] != held):
            spells.append((held, step.at))
    shown = []
    for n, (held, since) in enumerate(spells):
        until = spells[n + 1][1] if n + 1 < len(spells) else matter.ended_at
        person = ids.parse(held["person"] or "") if held.get("person") else None
        unit = duty.unit(ids.parse(held["unit"] or "")) if held.get("unit") else None
        unit_name = (unit.name_en if lang == "en" else unit.name_zh) if unit else ""
        shown.append(
            Holder(duty.name_of(person), role_name(held.get("role") or "", lang), unit_name, since, until)
        )
    return tuple(reversed(shown))


def _summonses(matter: Matter, pack: Pack, state: State, lang: str, now: datetime) -> tuple[SummonsLine, ...]:
    lines = []
    for row in Summons.objects.filter(matter=matter).order_by("id"):
        unit = duty.unit(row.unit_id)
        slot = next((s for s in reversed(state.slots) if s.unit_id == row.unit_id), None)
        name = (unit.name_en if lang == "en" else unit.name_zh) if unit else "?"
        line = clock_line(pack, slot, lang, now, path=matter.path) if slot else None
        lines.append(
            SummonsLine(
                ids.text(row.id), name, duty.name_of(row.person_id), row.called_at, row.acknowledged_at, line
            )
        )
    return tuple(lines)


def _links(matter: Matter, lang: str) -> tuple[LinkLine, ...]:
    lines = []
    for link in Link.objects.filter(a=matter).select_related("b") | Link.objects.filter(
        b=matter
    ).select_related("a"):
        out = link.a_id == matter.id
        other = link.b if out else link.a
        title = title_of(editions.edition(other.edition), other.kind, other.condition, lang)
        lines.append(
            LinkLine(
                link.kind,
                ids.text(other.id),
                other.number,
                title,
                "out" if out else "in",
                link.undone_at is not None,
            )
        )
    return tuple(lines)


def _asks(
    matter: Matter, pack: Pack, words: Mapping[int, Mapping[str, Words]], steps: Sequence[Step], lang: str
) -> tuple[AskLine, ...]:
    lines = []
    for ask in Asked.objects.filter(matter=matter, decided_at=None).order_by("id"):
        step = next((s for s in reversed(steps) if s.does == ask.what), None)
        reason = words.get(step.id, {}).get("reason") if step else None
        clock = pack.clocks[ask.clock].text.say(lang) if ask.clock in pack.clocks else ask.clock
        text = "" if reason is None or reason.erased_at else reason.text
        lines.append(
            AskLine(ids.text(ask.id), ask.what, clock, ask.limit, duty.name_of(ask.by_id), ask.at, text)
        )
    return tuple(lines)


def _ladder(
    matter: Matter, pack: Pack, state: State, lang: str, now: datetime
) -> Iterator[tuple[datetime, str, str]]:
    """If it is late: at what hour, which promise, who takes over. Soonest first."""
    for slot in state.slots:
        ladder, firing = ladder_of(pack, slot.key), None
        running = slot.running
        if ladder is None or running.state != "running" or slot.key not in pack.clocks:
            continue
        if running.rung < len(ladder.rungs):
            due = clocks.due_at(running) if running.broken_at is None else None
            firing = clocks.next_firing(running, ladder) if due is None else None
            when = due or (firing.when if firing else None)
            role = ladder.rungs[running.rung].role
            holding = duty.holder(role, matter.path, now)
            if when is not None:
                name = f"{role_name(role, lang)} {holding.name}" if holding else role_name(role, lang)
                yield when, pack.clocks[slot.key].text.say(lang), name


def masked_name(name: str) -> str:
    """How a name is shown to those who need not say it: ``赵*``."""
    return name[:1] + "*" * min(2, len(name) - 1) if name else ""


def _reporter(matter: Matter) -> tuple[str, str, bool]:
    """Name and number as those see them who need neither: 赵*, 138****2716."""
    row = Contact.objects.filter(matter=matter, part="reporter", erased_at=None).first()
    if row is None:
        return "", "", False
    name = masked_name(sealed.unseal(row.name)) if row.name else ""
    phone = sealed.masked(sealed.unseal(row.phone)) if row.phone else ""
    if not name and row.person_id is not None:
        name = masked_name(
            Person.objects.filter(pk=row.person_id).values_list("name", flat=True).first() or ""
        )
    return name, phone, bool(phone or row.person_id)


def full(
    matter: Matter, pack: Pack, state: State, steps: Sequence[Step], evidence: Mapping[int, Sequence[Evidence]],
    offers: tuple[Offer, ...], lang: str, card: Card,
) -> Page:  # fmt: skip
    now = moment.now()
    words = words_of(matter.id)
    name, phone, reachable = _reporter(matter)
    first = evidence.get(steps[0].id, ()) if steps else ()
    answers = tuple(_answers(pack, words, steps, lang))
    paused = next((s for s in reversed(steps) if s.does == "pause"), None)
    reason = words.get(paused.id, {}).get("reason") if paused and matter.paused_until else None
    return Page(
        card=card, words=_said(words, steps, "words"), photos=photo_lines(list(first)), answers=answers,
        timeline=timeline(matter, pack, lang, steps=steps, words=words, evidence=evidence, for_reporter=False),
        clocks=_clocks(matter, pack, state, lang, now), offers=offers, holders=_holders(matter, steps, lang),
        summonses=_summonses(matter, pack, state, lang, now), links=_links(matter, lang), asks=_asks(matter, pack, words, steps, lang),
        ladder=tuple(sorted(_ladder(matter, pack, state, lang, now))) if card.ended_at is None else (), reporter_name_masked=name,
        reporter_phone_masked=phone, has_contact=reachable, me_too=matter.me_too, profile=pack.profile, edition=pack.digest[:8],
        paused_until=matter.paused_until, pause_reason=reason.text if reason else "", version=matter.steps, lon=matter.lon, lat=matter.lat,
    )  # fmt: skip


def _answers(
    pack: Pack, words: Mapping[int, Mapping[str, Words]], steps: Sequence[Step], lang: str
) -> Iterator[tuple[str, str]]:
    """Further fields of the form, as they were answered."""
    said = words.get(steps[0].id, {}) if steps else {}
    for field in pack.form:
        row = said.get(f"answer.{field.key}")
        if row is not None and not row.erased_at:
            choice = field.choices.get(row.text)
            yield field.text.say(lang), choice.say(lang) if choice else row.text


_REPORTERS = (
    "supplement",
    "withdraw",
    "me_too",
    "reopen",
    "call_back",
)  # acts in which a reporter's own words are told or noted down


def followed(
    matter: Matter, pack: Pack, state: State, steps: Sequence[Step], evidence: Mapping[int, Sequence[Evidence]],
    offers: tuple[Offer, ...], lang: str, card: Card, *, own: bool = True,
) -> Follow:  # fmt: skip
    """For whoever reported it; without ``own`` for whoever joined, who sees every step but nothing that the reporter wrote or photographed."""
    now = moment.now()
    words = words_of(matter.id)
    if not own:
        theirs = {
            step.id
            for step in steps
            if step.seq == 1 or step.actor_kind in ("link", "public") or step.does in _REPORTERS
        }
        words = {number: said for number, said in words.items() if number not in theirs}
        evidence = {number: rows for number, rows in evidence.items() if number not in theirs}
        card = replace(card, address="")
    lines = _clocks(matter, pack, state, lang, now)
    hero = next(
        (
            line
            for line in lines
            if line.ended_at is None and line.state != "stopped" and line.unit_id is None
        ),
        None,
    )
    first = Entry.objects.filter(subject=f"matter:{ids.text(matter.id)}", seq=1).first()
    phone = Person.objects.filter(pk=matter.holder_id or 0).values_list("phone_sealed", flat=True).first()
    return Follow(
        card=card, words=_said(words, steps, "words"), photos=photo_lines(list(evidence.get(steps[0].id, ())) if steps else []),
        timeline=timeline(matter, pack, lang, steps=steps, words=words, evidence=evidence, for_reporter=True),
        clocks=tuple(line for line in lines if line.unit_id is None), hero=None if card.ended_at else hero, may=offers,
        holder_name=duty.name_of(matter.holder_id), holder_role=role_name(matter.holder_role, lang),
        holder_phone=sealed.unseal(phone) if phone else "", receipt_entry=ids.text(first.id) if first else "",
        receipt_idx=first.idx if first else None, receipt_hash=bytes(first.leaf).hex() if first else "",
        links=tuple(link for link in _links(matter, lang) if link.kind != "link"),
    )  # fmt: skip
