"""The only writers of matters: ``open_matter`` and ``take``. One act, one function, one transaction; a receipt only after the commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import IntegrityError

from linli.kernel import ids, moment, store
from linli.kernel.errors import Refusal
from linli.kernel.knots import untied
from linli.kernel.matters import again, duplicates, gate, intake, photos, record, serials, together, workflow
from linli.kernel.matters.asks import Inputs, Promise, Receipt, Report, Taken
from linli.kernel.matters.models import Asked, Matter, Summons
from linli.kernel.matters.record import Deed
from linli.kernel.matters.rows import calendars_for, state_of
from linli.kernel.matters.sealing import contact_row, mark_of
from linli.kernel.matters.state import Ask, Decision, Seek, State
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import duty, posts
from linli.kernel.people.actors import Actor
from linli.kernel.people.duty import Holding
from linli.kernel.sql import fresh, insert, streamed

JOIN = "me_too"  # the one act by which somebody who had nothing to do with a matter may come near it
LATEST_BACKDATE = timedelta(days=3)  # an act done offline may be told us this much later


def open_matter(
    actor: Actor, report: Report, key: str = "", *, unless_likely: float | None = None
) -> Receipt:
    """Take in one report: routed, promised, written, durable; then the receipt.

    ``key`` is the door's idempotency key: the same key with the same report answers the first receipt again (``again`` true), with another
    report it is refused. ``unless_likely`` (0–1): not where an open matter is more alike than that; then ``report.known`` names those that are.
    Raises Refusal ``report.*``, ``photo.*``; then nothing was written.
    """
    pack = intake.pack_of(report.pack)
    report = replace(report, reporter=intake.tidy(report.reporter, actor))
    intake.refuse_opener(pack, actor, report)
    intake.refuse_form(pack, report)
    ground = intake.ground_of(report)
    mark = again.mark_of(actor, key, again.digest_of_report(report)) if key else None
    if mark is not None:
        known = again.receipt(mark)
        if known is not None:
            return known
    if unless_likely is not None:
        _refuse_known(actor, report, ground, unless_likely)
    pictures = tuple(photos.prepare(report.photos))
    day = moment.local(moment.now()).date()
    tries = serials.tries(day)
    for left, digits in zip(reversed(range(len(tries))), tries, strict=True):
        try:
            return _open(actor, pack, report, ground, pictures, mark, serials.drawn(digits))
        except IntegrityError:
            if mark is not None and (known := again.receipt(mark)) is not None:
                return known  # the same report came twice at once, and the other was first
            serials.taken(day)
            if not left:
                raise
    raise AssertionError("unreachable")


def _refuse_known(actor: Actor, report: Report, ground: intake.Ground, least: float) -> None:
    if ground.lon is None or ground.lat is None:
        return
    lang = report.reporter.lang or actor.lang
    alike = duplicates.known(
        actor, ground.lon, ground.lat, report.pack, report.kind, report.words, lang, least
    )
    if alike:
        raise Refusal("report.known", kind="conflict", number=alike[0].number, likely=alike)


def _open(
    actor: Actor, pack: Pack, report: Report, ground: intake.Ground, pictures: tuple[photos.Prepared, ...], mark: again.Mark | None,
    serial: int,
) -> Receipt:  # fmt: skip
    at = moment.now()
    kind, condition = intake.kind_of(pack, report)
    calendars = calendars_for(pack)
    state = workflow.new_state(
        pack, kind=kind.key, condition=condition.key, grade=condition.grade, found=report.found, anonymous=report.reporter.anonymous,
        path=ground.path, at=at,
    )  # fmt: skip
    decision = workflow.decide_opening(pack, state, calendars)
    holding = find(decision.seek, ground.path, at)
    matter = fresh(
        Matter, id=ids.new_id(), day=moment.local(at).date(), serial=serial, pack=pack.key, edition=pack.digest, source=report.source,
        found=report.found, anonymous=report.reporter.anonymous, place_id=ground.place_id, place_version_id=ground.version_id,
        path=ground.path, lon=ground.lon, lat=ground.lat, address=report.address.strip(), opened_at=at, held_since=at,
        cell=None if ground.lon is None or ground.lat is None else intake.cell_of(ground.lon, ground.lat),
    )  # fmt: skip
    record.settle(matter, pack, decision.state, at)
    record.hold(matter, holding, decision.seek.role if decision.seek else "", at)
    deed = _opening_deed(actor, matter, report, pictures, decision)
    contact, token, code = contact_row(pack, matter.id, report.reporter, matter.number, "reporter")
    deed = replace(deed, facts={**deed.facts, "reporter": mark_of(contact), **again.facts_of(mark)})
    act = record.prepared(matter, pack, None, decision.state, deed)
    receipt = Receipt(
        matter.id, matter.number, code, token, at, holding.name, holding.role, promises_of(pack, decision.state), act.entry.id,
        act.entry.leaf.hex(),
    )  # fmt: skip
    kept = [] if mark is None else [again.kept_receipt(mark, receipt, act.step.id)]
    with store.acting(together=True), streamed():
        record.put(act)
        insert([contact])
        insert(kept)
    return receipt


def _opening_deed(
    actor: Actor, matter: Matter, report: Report, pictures: tuple[photos.Prepared, ...], decision: Decision
) -> Deed:
    texts = {"words": report.words.strip(), "address": matter.address}
    if matter.lon is not None and matter.lat is not None:
        texts["spot"] = f"{matter.lon:.7f},{matter.lat:.7f}"
    texts |= {
        f"answer.{name}": str(value) for name, value in report.answers.items() if value not in (None, "")
    }
    facts: dict[str, Any] = {
        "pack": matter.pack, "edition": matter.edition, "number": matter.number, "day": matter.day.isoformat(), "serial": matter.serial,
        "place": ids.text(matter.place_id), "version": ids.text(matter.place_version_id), "path": matter.path, "source": matter.source,
        "found": matter.found, "anonymous": matter.anonymous,
    }  # fmt: skip
    held = gate.acting_as(actor, matter, ("grid_worker", "hotline_operator"))
    return Deed("open", "open", actor, held, matter.opened_at, texts, pictures, facts, decision.owed)


def promises_of(pack: Pack, state: State) -> tuple[Promise, ...]:
    """What was promised, soonest first."""
    made = []
    for slot in state.slots:
        due = record.clocks_rows.due_at(slot.running)
        if slot.live and due is not None and slot.key in pack.clocks:
            text = pack.clocks[slot.key].text
            made.append(Promise(slot.key, text.zh, text.en, str(slot.running.limit), due))
    return tuple(sorted(made, key=lambda promise: promise.due_at))


def find(seek: Seek | None, path: str, at: datetime) -> Holding:
    """The one who answers. Raises Refusal ``matter.nobody_answers`` where the ladder itself is unmanned, ``act.person_unfit`` for a named
    person who does not hold the role there, ``act.unit_empty`` for a unit without anybody."""
    assert seek is not None
    if seek.unit_id is not None:
        return of_unit(seek.unit_id, path, at)
    if seek.person_id is not None:
        return _named(seek, path, at)
    found = _another(seek, path, at) if seek.not_among else None
    found = found or duty.answerable(seek.role, path, at, seek.else_up)
    if found is None:
        raise Refusal("matter.nobody_answers", kind="conflict", role=seek.role)
    return found


def of_unit(unit_id: int, path: str, at: datetime) -> Holding:
    """Whoever answers for a unit that serves this ground. Raises Refusal ``act.unit_elsewhere``, ``act.unit_empty``."""
    if unit_id not in {unit.id for unit in duty.units(path, at=at)}:
        raise Refusal("act.unit_elsewhere", field="units")
    found = duty.unit_holder(unit_id, at)
    if found is None:
        raise Refusal("act.unit_empty", kind="conflict", field="units")
    return found


def _another(seek: Seek, path: str, at: datetime) -> Holding | None:
    """The nearest holder of the role, else of those after it, who is not among the barred. None where all of them are: then somebody barred
    answers for the matter (law 2), and may not close it (law 1)."""
    for role in dict.fromkeys((seek.role, *seek.else_up)):
        ground = path
        while ground != "/":
            for holding in duty.holders(role, ground, at):
                if holding.person_id not in seek.not_among:
                    return holding
            ground = ground.rstrip("/").rpartition("/")[0] + "/"
    return None


def _named(seek: Seek, path: str, at: datetime) -> Holding:
    for role in (seek.role,) if seek.role else seek.among or tuple(posts.declared()):
        for holding in duty.holders(role, path, at):
            if holding.person_id == seek.person_id:
                return holding
        if seek.role and duty.holds(seek.person_id or 0, role, path, at):
            name = duty.name_of(seek.person_id)
            return Holding(seek.person_id or 0, name, role, int(path.strip("/").split("/")[-1]), path)
    raise Refusal("act.person_unfit", field="person")


def take(
    actor: Actor,
    matter_id: int,
    act: str,
    inputs: Inputs | None = None,
    key: str = "",
    version: int | None = None,
) -> Taken:
    """Do one act on one matter. ``version`` is the number of steps the actor saw; if the matter has moved on, the act is refused.

    ``key``: as in ``open_matter``. Raises Refusal ``matter.missing``, ``act.*``, ``needs.*``, ``photo.*``; then nothing changed.
    """
    inputs = inputs or Inputs()
    mark = again.mark_of(actor, key, again.digest_of_act(matter_id, act, inputs)) if key else None
    if mark is not None and (known := again.taken(mark)) is not None:
        return known
    does = _refuse_early(actor, matter_id, act)
    pictures = tuple(photos.prepare(inputs.photos))

    def whole() -> Taken:
        with store.acting(together=True):
            if does in together.OF_TWO:
                gate.hold({matter_id, *together.others(matter_id, does, inputs)})
            taken = _take(actor, matter_id, act, inputs, pictures, version, again.facts_of(mark))
            if mark is not None:
                again.keep_taken(mark, taken)
            return taken

    try:
        return untied(whole)
    except (IntegrityError, Refusal):
        if mark is not None and (known := again.taken(mark)) is not None:
            return known  # the same act came twice at once, and the other was first
        raise


def _refuse_early(actor: Actor, matter_id: int, act: str) -> str:
    """Before pictures are worked on: may this person come near the matter, and has its pack such an act? Answers what it does."""
    matter = gate.matter_for(actor, matter_id, joining=act == JOIN)
    return workflow.act_of(editions.edition(matter.edition), act).does


def _take(
    actor: Actor,
    matter_id: int,
    act_key: str,
    inputs: Inputs,
    pictures: tuple[photos.Prepared, ...],
    version: int | None,
    told: Mapping[str, Any],
) -> Taken:
    matter = gate.matter_for(actor, matter_id, lock=True, joining=act_key == JOIN)
    if version is not None and version != matter.steps:
        raise Refusal("act.moved_on", kind="conflict")
    pack = editions.edition(matter.edition)
    act = workflow.act_of(pack, act_key)
    before = state_of(matter, pack)
    at = happened(inputs, before)
    ask = Ask(act_key, gate.who(actor, matter, before.summoned | before.joined), inputs, at)
    decision = workflow.decide(pack, before, ask, calendars_for(pack))
    return carry_out(actor, matter, pack, before, decision, act_key, inputs, pictures, at, act.by, told)


def happened(inputs: Inputs, before: State) -> datetime:
    """When an act happened: now, or when an offline phone says; never before the step it follows, never in the future. (What a clock said
    meanwhile is no step that it follows: it spoke because nobody had told it yet.)"""
    now = moment.now()
    if inputs.happened_at is None:
        return now
    changed = (
        e.at for s in before.slots for e in s.running.events if e.what not in ("warned", "breached", "rung")
    )
    earliest = max(before.stage_since, now - LATEST_BACKDATE, *changed)
    return min(now, max(inputs.happened_at, earliest))


def carry_out(
    actor: Actor, matter: Matter, pack: Pack, before: State, decision: Decision, act_key: str, inputs: Inputs,
    pictures: tuple[photos.Prepared, ...], at: datetime, by: tuple[str, ...] = (),
    told: Mapping[str, Any] = MappingProxyType({}),
) -> Taken:  # fmt: skip
    """Write what was decided. Used by ``take`` and, for the clock, by ``due``; always inside ``store.acting``."""
    after = decision.state
    extra = together.EXTRAS.get(decision.does)
    more = extra(actor, matter, pack, before, decision, inputs, at) if extra else together.Extra()
    after = more.state or after
    record.settle(matter, pack, after, at)
    if decision.seek is not None and not after.ended:
        record.hold(matter, find(decision.seek, matter.path, at), decision.seek.role, at)
    _rows_of(matter, decision, at, actor.person_id)
    texts = {"words": inputs.words.strip(), "reason": inputs.reason.strip()}
    if inputs.position is not None:
        texts["position"] = f"{inputs.position[0]:.6f},{inputs.position[1]:.6f}"
    held = gate.acting_as(actor, matter, by)
    facts = {**decision.facts, **more.facts, **told}
    if actor.contact_id is not None:
        facts["contact"] = ids.text(actor.contact_id)  # whose words these are, should they ask for them
    deed = Deed(
        act_key, decision.does, actor, held, at, texts | dict(more.texts), pictures, facts, decision.owed
    )
    step, _ = record.write(matter, pack, before, after, deed, moved=more.moved)
    children = tuple(
        together.open_part(actor, matter, pack, before, part, step, at, find) for part in more.parts
    )
    return Taken(
        matter.id,
        step.id,
        step.seq,
        matter.stage,
        matter.ended_at is not None,
        token=more.token,
        code=more.code,
        children=children,
    )


def _rows_of(matter: Matter, decision: Decision, at: datetime, by_id: int | None) -> None:
    """Summonses and questions that the decision adds or settles."""
    for unit in decision.summon:
        found = of_unit(unit, matter.path, at)
        Summons.objects.create(
            matter=matter, unit_id=unit, role=found.role, person_id=found.person_id, called_at=at
        )
    if decision.acknowledge:
        Summons.objects.filter(matter=matter, unit_id__in=decision.acknowledge, acknowledged_at=None).update(
            acknowledged_at=at
        )
    if decision.ask is not None:
        wanted = decision.ask
        Asked.objects.create(
            matter=matter, what=wanted.what, clock=wanted.clock, limit=wanted.limit, by_id=wanted.by_id, at=at
        )
    if decision.settle is not None:
        number, granted = decision.settle
        Asked.objects.filter(pk=number).update(decided_at=at, granted=granted, decided_by_id=by_id)
