"""Acts that touch more than one matter or more than one person: merge, split, link, me too, supplement, another place.

Each adds to the plain course of ``acts.carry_out`` what is special to it, inside the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import clocks, clocks_rows, erasing, gate, intake, record, serials
from linli.kernel.matters.asks import Inputs, Report
from linli.kernel.matters.models import Contact, Contribution, Link, Matter, Step
from linli.kernel.matters.promises import on_merge, on_splitting
from linli.kernel.matters.record import Deed
from linli.kernel.matters.rows import calendars_for, state_of
from linli.kernel.matters.sealing import contact_row, mark_of
from linli.kernel.matters.state import Decision, Seek, Slot, State
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import erasures
from linli.kernel.people.actors import Actor
from linli.kernel.people.duty import Holding
from linli.kernel.places import locate, tree
from linli.kernel.sql import insert

Find = Callable[[Seek | None, str, datetime], Holding]


@dataclass(frozen=True, slots=True)
class Extra:
    """What an act adds besides its own step."""

    state: State | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""
    code: str = ""
    parts: tuple[Report, ...] = ()


def _other(actor: Actor, matter: Matter, inputs: Inputs) -> Matter:
    """The other matter, through the same gate. A reporter may not name one."""
    other = gate.matter_for(actor, inputs.matter_id or 0, lock=True, reporter=False)
    if other.id == matter.id:
        raise Refusal("act.with_itself", kind="conflict", field="matter")
    return other


def _merge(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    """Into another: its reporters follow the other, the older promise counts, and it can be undone."""
    other = _other(actor, matter, inputs)
    if other.ended_at is not None:
        raise Refusal("act.other_ended", kind="conflict", field="matter", number=other.number)
    kept_pack = editions.edition(other.edition)
    theirs = state_of(other, kept_pack)
    joined = replace(theirs, slots=on_merge(theirs.slots, before.slots, at))
    other.me_too += matter.me_too + 1
    record.settle(other, kept_pack, joined, at)
    facts = {"from": ids.text(matter.id), "number": matter.number}
    deed = Deed(
        "merged_in",
        "merge",
        actor,
        gate.acting_as(actor, other, ()),
        at,
        facts=facts,
        owed=("act:merged_in",),
    )
    record.write(other, kept_pack, theirs, joined, deed)
    before_facts = {"stage": before.stage, "me_too": matter.me_too + 1, "clocks": _given_up(theirs, joined)}
    Link.objects.create(kind="merge", a=matter, b=other, at=at, by_id=actor.person_id, before=before_facts)
    matter.into_id = other.id
    return Extra(facts={"into": ids.text(other.id)})


def _unmerge(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    link = Link.objects.filter(kind="merge", a=matter, undone_at=None).order_by("-id").first()
    if link is None:
        raise Refusal("act.not_merged", kind="conflict")
    other = gate.locked(link.b_id)
    kept_pack = editions.edition(other.edition)
    theirs = state_of(other, kept_pack)
    apart = replace(theirs, slots=_taken_back(theirs, link.before.get("clocks", {}), kept_pack))
    other.me_too = max(0, other.me_too - int(link.before.get("me_too", 1)))
    record.settle(other, kept_pack, apart, at)
    facts = {"from": ids.text(matter.id), "number": matter.number}
    record.write(
        other, kept_pack, theirs, apart, Deed("unmerged", "unmerge", actor, None, at, facts=facts, owed=())
    )
    Link.objects.filter(pk=link.pk).update(undone_at=at)
    matter.into_id = None
    return Extra(facts={"out_of": ids.text(other.id)})


def _given_up(before: State, after: State) -> dict[str, Any]:
    """The promises that gave way to older ones of the matter that was merged in, by the id of their row: an undone merge takes them up again."""
    then = {slot.id: slot.running for slot in before.slots}
    return {
        str(slot.id): clocks_rows.frozen(then[slot.id])
        for slot in after.slots
        if slot.id in then and then[slot.id] != slot.running
    }


def _taken_back(state: State, given_up: Mapping[str, Any], pack: Pack) -> tuple[Slot, ...]:
    """Each promise as it would stand had nothing been merged: the one given up, and what has happened to it since."""
    calendars = calendars_for(pack)

    def own(slot: Slot) -> Slot:
        kept = given_up.get(str(slot.id))
        merged = [n for n, event in enumerate(slot.running.events) if event.what == "merged"]
        if kept is None or not merged:
            return slot
        since = slot.running.events[merged[-1] + 1 :]
        return slot.now(clocks.retold(clocks_rows.thawed(kept, calendars), since))

    return tuple(own(slot) for slot in state.slots)


def _link(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    other = _other(actor, matter, inputs)
    if Link.objects.filter(kind="link", a=matter, b=other, undone_at=None).exists():
        raise Refusal("act.linked_already", kind="conflict", field="matter")
    Link.objects.create(kind="link", a=matter, b=other, at=at, by_id=actor.person_id)
    return Extra(facts={"with": ids.text(other.id)})


def _unlink(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    other = _other(actor, matter, inputs)
    pairs = Link.objects.filter(kind="link", undone_at=None)
    undone = pairs.filter(a=matter, b=other).update(undone_at=at) + pairs.filter(a=other, b=matter).update(
        undone_at=at
    )
    if not undone:
        raise Refusal("act.not_linked", kind="conflict", field="matter")
    return Extra(facts={"from": ids.text(other.id)})


def _me_too(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    """Another household has the same trouble: it follows this matter by a link of its own, and is told what they are told."""
    reporter = intake.tidy(inputs.reporter, actor) if inputs.reporter else None
    known = Contact.objects.filter(matter=matter, person_id=reporter.person_id if reporter else None)
    if reporter is not None and reporter.person_id is not None and known.exists():
        raise Refusal("act.said_already", kind="conflict")
    said = Contribution.objects.filter(matter=matter, kind="me_too", person_id=actor.person_id)
    if actor.kind == "link" or (actor.person_id is not None and said.exists()):
        raise Refusal("act.said_already", kind="conflict")
    matter.me_too += 1
    if reporter is None:
        insert(
            [
                Contribution(
                    id=ids.new_id(), matter_id=matter.id, kind="me_too", person_id=actor.person_id, at=at
                )
            ]
        )
        return Extra()
    row, token, code = contact_row(pack, matter.id, reporter, matter.number, "me_too")
    insert([row])
    insert(
        [
            Contribution(
                id=ids.new_id(),
                matter_id=matter.id,
                kind="me_too",
                contact_id=row.id,
                person_id=row.person_id,
                at=at,
            )
        ]
    )
    return Extra(facts={"joined": mark_of(row)}, token=token, code=code)


def _split(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    """One report that was several things: this matter keeps the first, each part becomes a matter with the time already used."""
    if len(inputs.parts) > 9:
        raise Refusal("act.too_many_parts", field="parts", most=9)
    for part in inputs.parts:
        intake.kind_of(intake.pack_of(part.pack), part)
    return Extra(facts={"parts": len(inputs.parts)}, parts=inputs.parts)


def open_part(
    actor: Actor,
    parent: Matter,
    pack: Pack,
    before: State,
    part: Report,
    step: Step,
    at: datetime,
    find: Find,
) -> int:
    """A part of a split matter, opened in the same transaction; its reporter is the parent's, by reference, so nothing is kept longer."""
    from linli.kernel.matters import workflow  # the one place that opens inside an act

    own = intake.pack_of(part.pack)
    kind, condition = intake.kind_of(own, part)
    ground = (
        intake.ground_of(part) if part.lon is not None or part.place_id is not None else _same_ground(parent)
    )
    state = workflow.new_state(
        own, kind=kind.key, condition=condition.key, grade=condition.grade, found=parent.found, anonymous=parent.anonymous,
        path=ground.path, at=parent.opened_at,
    )  # fmt: skip
    state = on_splitting(own, pack, before, state, at, calendars_for(own))
    holding = find(
        Seek(own.stages[state.stage].holder or "", else_up=workflow.ladder_roles(own)), ground.path, at
    )
    child = Matter(
        id=ids.new_id(), day=(day := moment.local(at).date()), serial=_free_serial(day), pack=own.key, edition=own.digest, source=parent.source,
        found=parent.found, anonymous=parent.anonymous, place_id=ground.place_id, place_version_id=ground.version_id, path=ground.path,
        lon=ground.lon, lat=ground.lat, address=part.address or parent.address, opened_at=parent.opened_at, held_since=at,
        cell=None if ground.lon is None or ground.lat is None else intake.cell_of(ground.lon, ground.lat), parent_id=parent.id,
    )  # fmt: skip
    record.settle(child, own, state, at)
    record.hold(child, holding, holding.role, at)
    facts = {
        "pack": child.pack, "edition": child.edition, "number": child.number, "day": child.day.isoformat(), "serial": child.serial,
        "place": ids.text(child.place_id), "version": ids.text(child.place_version_id), "path": child.path, "source": child.source,
        "found": child.found, "anonymous": child.anonymous, "parent": ids.text(parent.id), "opened": int(parent.opened_at.timestamp()),
    }  # fmt: skip
    spot = "" if child.lon is None or child.lat is None else f"{child.lon:.7f},{child.lat:.7f}"
    deed = Deed(
        "open",
        "open",
        actor,
        gate.acting_as(actor, child, ()),
        at,
        {"words": part.words.strip(), "address": child.address, "spot": spot},
        (),
        facts,
        (
            "opened",
        ),  # to whoever answers for it; its reporter has no link of its own here and hears of the parent, once
    )
    record.write(child, own, None, state, deed)
    _same_reporter(parent, child)
    Link.objects.create(kind="split", a=parent, b=child, at=at, by_id=actor.person_id)
    return child.id


def _same_ground(parent: Matter) -> intake.Ground:
    return intake.Ground(parent.place_id, parent.place_version_id, parent.path, parent.lon, parent.lat)


def _free_serial(day: date) -> int:
    """Drawn like that of a report, so that of two splits at once neither takes the other's; the unique constraint has the last word."""
    for digits in (*serials.tries(day), serials.MOST, serials.MOST):
        serial = serials.drawn(digits)
        if not Matter.objects.filter(day=day, serial=serial).exists():
            return serial
        serials.taken(day)
    return serial


def _same_reporter(parent: Matter, child: Matter) -> None:
    """The reporter follows each part by the parent's link and is called about each; the sealed words are copied, not their term."""
    for contact in Contact.objects.filter(matter=parent, part="reporter", erased_at=None):
        contact.id, contact.matter_id = ids.new_id(), child.id
        contact.link, contact.token_key = (
            None,
            bytes(contact.token_key)[:24] + child.id.to_bytes(8, "big"),
        )  # unusable as a link of its own: no token hashes to it
        contact.save(force_insert=True)


def _move_place(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    """It lies elsewhere: the ground there answers from now on, the matter stays the same."""
    spot = inputs.spot
    assert spot is not None
    hit = locate.owner_of(*spot)
    if hit is None:
        raise Refusal("report.outside", field="spot")
    matter.lon, matter.lat, matter.cell = spot[0], spot[1], intake.cell_of(*spot)
    matter.place_id, matter.place_version_id, matter.path = hit.place_id, hit.version_id, hit.path
    node = tree.tree().get(hit.place_id)
    moved = {"place": ids.text(hit.place_id), "version": ids.text(hit.version_id), "path": hit.path}
    facts = {"place_code": node.code if node else ""}
    return Extra(
        replace(decision.state, path=hit.path), facts, {"spot": f"{spot[0]:.7f},{spot[1]:.7f}"}, moved
    )


def _answered(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    """A call-back's answers are kept beside the matter, for the rates."""
    answers = {name: decision.facts.get(name) for name in ("contacted", "solved", "satisfied")}
    insert(
        [
            Contribution(
                id=ids.new_id(),
                matter_id=matter.id,
                kind="answer",
                person_id=actor.person_id,
                at=at,
                value=answers,
            )
        ]
    )
    return Extra()


def _release(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, inputs: Inputs, at: datetime
) -> Extra:
    """The words, pictures and contacts go, with the address and the spot; what was committed about them stays and still verifies. Those who
    joined keep their own contact when it is the reporter who asks."""
    if actor.kind != "clock":  # what the clock releases, it releases again after a restore
        erasures.note(contacts=erasing.reporters(matter.id))
    matter.address, matter.lon, matter.lat, matter.cell = "", None, None, None
    return Extra(facts={"erased": erasing.erase(matter.id, at, everybodys=actor.kind == "clock")})


OF_TWO = frozenset({"merge", "unmerge", "link", "unlink"})


def others(matter_id: int, does: str, inputs: Inputs) -> tuple[int, ...]:
    """Which other matter an act of two will touch, for taking both in order: the one that is named, or the one it was merged into."""
    if does == "unmerge":
        links = Link.objects.filter(kind="merge", a_id=matter_id, undone_at=None)
        return tuple(links.values_list("b_id", flat=True))
    return () if inputs.matter_id is None else (inputs.matter_id,)


Special = Callable[[Actor, Matter, Pack, State, Decision, Inputs, datetime], Extra]
EXTRAS: dict[str, Special] = {
    "merge": _merge, "unmerge": _unmerge, "link": _link, "unlink": _unlink, "me_too": _me_too, "split": _split, "move_place": _move_place,
    "call_back": _answered, "release_words": _release,
}  # fmt: skip
