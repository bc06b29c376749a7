"""The follower that reads steps and owes the words their pack declares: to whoever reported, answers, was called, or takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from linli.kernel import ids
from linli.kernel.ledger.follow import Follower
from linli.kernel.ledger.rows import EntryRow
from linli.kernel.matters.listing import place_line, role_name, title_of
from linli.kernel.matters.models import Clock, Contact, Matter, Step, Words
from linli.kernel.matters.said import local_time
from linli.kernel.notices import acts, marks
from linli.kernel.notices.addresses import Reach, To, contact_ref, reach_of, reaches
from linli.kernel.notices.models import Notice
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Owed, Pack, Text
from linli.kernel.people import duty, sealed
from linli.kernel.places.tree import tree
from linli.kernel.sql import holes, select

LANGS = ("zh", "en")
_NOBODY = Text("有人", "Somebody")


class Notices(Follower):
    """Owes what packs declare. Owing twice owes once, so a batch that is undone and comes again tells nobody twice. Words that were
    erased where they came from are erased here too."""

    name = "notices"

    def prepare(self, entries: Sequence[EntryRow]) -> Callable[[], None] | None:
        """What a batch owes is made ready, and written in one go. Where words are erased on the way, ``digest`` goes step by step."""
        if any(_erases(entry) for entry in entries):
            return None
        batch = Batch.of(entries)
        for entry in entries:
            if entry.kind == "matter.step":
                owe_for(entry, batch)
        marks.marked(batch.rows)
        return batch.put

    def digest(self, entries: Sequence[EntryRow]) -> None:
        """Before words are erased, what was owed until then is written first."""
        batch = Batch.of(entries)
        for entry in entries:
            if entry.kind == "matter.step":
                owe_for(entry, batch)
                if entry.body["does"] == "release_words":
                    batch.put()
                    acts.erase_words(matter_id=ids.parse(entry.subject.partition(":")[2]))
            elif entry.kind == "people.account" and entry.body["did"] == "erased":
                batch.put()
                acts.erase_words(person_id=ids.parse(entry.subject.partition(":")[2]))
        batch.put()


def _erases(entry: EntryRow) -> bool:
    if entry.kind == "matter.step":
        return bool(entry.body["does"] == "release_words")
    return bool(entry.kind == "people.account" and entry.body["did"] == "erased")


@dataclass
class Batch:
    """What entries digested together share: their matters, whoever reported or follows these, where people can be reached, the rows they owe."""

    matters: dict[int, Matter] = field(default_factory=dict)
    contacts: dict[int, list[Contact]] = field(default_factory=dict)
    merged: dict[int, list[Contact]] = field(default_factory=dict)  # those of what was merged into a matter
    known: dict[To, Reach | None] = field(default_factory=dict)
    rows: list[Notice] = field(default_factory=list)

    @classmethod
    def of(cls, entries: Iterable[EntryRow]) -> Batch:
        """Read all of it in four statements, however many entries there are."""
        keys = list({
            ids.parse(entry.subject.partition(":")[2])
            for entry in entries
            if entry.kind == "matter.step" and entry.body["facts"].get("owed")
        })  # fmt: skip
        made = cls()
        if not keys:
            return made
        made.matters = {matter.id: matter for matter in select(Matter, f"id IN ({holes(keys)})", keys)}
        merged = Matter.objects.filter(into_id__in=keys).values_list("id", "into_id")
        into = {child: whole for child, whole in merged if whole is not None}
        wanted = [*keys, *into]
        alive = f"matter_id IN ({holes(wanted)}) AND erased_at IS NULL AND link IS NOT NULL ORDER BY id"
        for contact in select(Contact, alive, wanted):
            made.contacts.setdefault(contact.matter_id, []).append(contact)
            if contact.matter_id in into:
                made.merged.setdefault(into[contact.matter_id], []).append(contact)
        made._reach()
        return made

    def _reach(self) -> None:
        """Where reporters and present holders are reached; whoever else is told is looked up when it comes to that."""
        found = [contact for each in self.contacts.values() for contact in each]
        holders = {matter.holder_id for matter in self.matters.values() if matter.holder_id is not None}
        reporters = {contact.person_id for contact in found if contact.person_id is not None}
        people = reaches(holders | reporters)
        self.known |= {person: people.get(person) for person in holders}
        self.known |= {contact_ref(contact.id): reach_of(contact, people) for contact in found}

    def put(self) -> None:
        if self.rows:
            acts.put(self.rows)
            self.rows = []


def owe_for(entry: EntryRow, batch: Batch) -> None:
    """Everything owed because of one step."""
    happened = entry.body["facts"].get("owed") or []
    matter = batch.matters.get(ids.parse(entry.subject.partition(":")[2])) if happened else None
    if matter is None:
        return
    pack = editions.edition(matter.edition)
    seen: set[tuple[To, str]] = set()
    facts: dict[str, dict[str, str]] = {}
    for owed in pack.notices:
        if owed.words not in pack.words or not any(_means(owed.on, event) for event in happened):
            continue
        words = {lang: pack.words[owed.words].say(lang) for lang in LANGS}
        for to, more in _addressees(owed, matter, entry.body, batch):
            if (to, owed.words) in seen:
                continue
            seen.add((to, owed.words))
            facts = facts or {lang: _facts(matter, pack, entry.body, lang) for lang in LANGS}
            if any("{reason}" in words[lang] for lang in LANGS):
                more = {"reason": _reason(matter, entry.body)} | more
            said = {lang: words[lang].format_map(_Facts(facts[lang] | more)) for lang in LANGS}
            batch.rows += acts.rows_of(
                to, matter.id, owed.words, said, owed.urgent, f"{entry.id}:{owed.words}", batch.known
            )


class _Facts(dict[str, Any]):
    """A fact that is not known here is left out of the sentence, not shown as a hole."""

    def __missing__(self, key: str) -> str:
        return ""


def _means(on: str, event: str) -> bool:
    """``clock:*:warned`` is every clock's warning."""
    if on == event:
        return True
    mine, theirs = on.split(":"), event.split(":")
    return len(mine) == len(theirs) and all(a in ("*", b) for a, b in zip(mine, theirs, strict=True))


def _addressees(
    owed: Owed, matter: Matter, body: Mapping[str, Any], batch: Batch
) -> Iterable[tuple[To, dict[str, str]]]:
    if owed.to in ("reporter", "followers"):
        yield from _reporters(owed, matter, batch)
        return
    link = {"link": f"/desk/m/{ids.text(matter.id)}/"}
    holder = _held(matter, body)
    if owed.to == "holder":
        if holder is not None:
            yield holder, link
    elif owed.to == "rung":
        told = body["facts"].get("told")
        if told:
            yield ids.parse(told), link
        elif holder is not None:
            yield holder, link
    elif owed.to == "summoned":
        for number in body["facts"].get("units") or []:
            holding = duty.unit_holder(int(number))
            if holding is not None:
                yield holding.person_id, link
    else:
        holding = duty.answerable(owed.to, matter.path)
        if holding is not None:
            yield holding.person_id, link


def _reporters(owed: Owed, matter: Matter, batch: Batch) -> Iterable[tuple[To, dict[str, str]]]:
    """Whoever reported it; or those who follow it, among them the reporters of what was merged into it. A part of a split matter has no link
    of its own: its reporter hears of the parent, once."""
    own = batch.contacts.get(matter.id, [])
    if owed.to == "reporter":
        found = [contact for contact in own if contact.part == "reporter"]
    else:
        found = [contact for contact in own if contact.part == "me_too"] + batch.merged.get(matter.id, [])
    for contact in found:
        token = sealed.unseal(contact.link) if contact.link else ""
        yield contact_ref(contact.id), {"link": f"/m/{token}/"}


def _facts(matter: Matter, pack: Pack, body: Mapping[str, Any], lang: str) -> dict[str, str]:
    """What sentences may name, the reason apart."""
    facts = body["facts"]
    held = facts.get("effects", {}).get("holder") or {}
    actor = ids.parse(body["person"]) if body.get("role") and body.get("person") else None
    hour = _due(matter, body)
    due = local_time(hour, lang) if hour else ""
    act = pack.acts.get(str(body["act"]))
    return {
        "number": matter.number, "title": title_of(pack, matter.kind, matter.condition, lang),
        "place": place_line(tree(), matter.place_id, lang), "holder": duty.name_of(_held(matter, body)), "due": due, "time": due,
        "role": role_name(held.get("role") or matter.holder_role, lang), "act": act.text.say(lang) if act else "",
        "by": duty.name_of(actor) or _NOBODY.say(lang),
        "limit": str(facts.get("limit") or ""),
    }  # fmt: skip


def _held(matter: Matter, body: Mapping[str, Any]) -> int | None:
    """Whoever answered after that step; the matter may be in other hands since."""
    held = body["facts"].get("effects", {}).get("holder") or {}
    return ids.parse(held["person"]) if held.get("person") else matter.holder_id


def _due(matter: Matter, body: Mapping[str, Any]) -> datetime | None:
    """The hour the step itself speaks of: its clock's, the first of those it set running, or the first of those that ran on. The matter may
    have gone on since."""
    facts = body["facts"]
    named = facts.get("clock")
    touched = [each for each in facts.get("effects", {}).get("clocks") or [] if each.get("due")]
    hours = [
        each["due"] for each in touched if each["key"] == named or (not named and each["state"] == "running")
    ]
    if hours:
        return datetime.fromtimestamp(min(hours), UTC)
    if named:  # its row was written with an earlier step of the same moment
        rows = Clock.objects.filter(matter_id=matter.id, key=named).order_by("-id")
        return rows.values_list("due_at", flat=True).first() or matter.due_at
    return matter.due_at or _ran_on(matter, ids.parse(body["step"]))


def _ran_on(matter: Matter, step: int) -> datetime | None:
    """The first hour due of the clocks that ran when that step was done, of a matter that is over: as the steps until then left them."""
    left: dict[str, Mapping[str, Any]] = {}
    for facts in (
        Step.objects.filter(matter_id=matter.id, id__lte=step).order_by("id").values_list("facts", flat=True)
    ):
        left |= {each["id"]: each for each in facts.get("effects", {}).get("clocks") or []}
    hours = [each["due"] for each in left.values() if each["state"] == "running" and each.get("due")]
    return datetime.fromtimestamp(min(hours), UTC) if hours else None


def _reason(matter: Matter, body: Mapping[str, Any]) -> str:
    """The reason or words of the step: opened only here, for the sentences that name it, to be sealed again with the notice."""
    step = ids.parse(body["step"])
    found = (
        Words.objects.filter(matter=matter, step_id=step, field__in=("reason", "words"))
        .order_by("field")
        .first()
    )
    return found.text if found and not found.erased_at else ""
