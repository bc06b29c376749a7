"""What stands beside a matter: who was summoned, what was asked, what others added, what it is linked with, and its contacts. Made again from
the steps and compared, row by row. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Model, Q

from linli.kernel import ids
from linli.kernel.ledger import seals
from linli.kernel.ledger.audit import Difference
from linli.kernel.matters.models import Asked, Contact, Contribution, Link, Matter, Step, Summons
from linli.kernel.matters.sealing import mark_of

Row = dict[str, Any]
PAGE = 200
_ANSWERS = ("contacted", "solved", "satisfied")


def differences() -> Iterator[Difference]:
    """Everything that differs."""
    after = -1
    while numbers := list(
        Matter.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:PAGE]
    ):
        steps = _by(Step.objects.filter(matter_id__in=numbers).order_by("seq"))
        for model, made in ((Summons, _summonses), (Asked, _asked), (Contribution, _contributions)):
            rows = _by(model._default_manager.filter(matter_id__in=numbers).order_by("pk"))
            for number in numbers:
                table, name = model._meta.db_table, ids.text(number)
                yield from _side_by_side(table, name, made(steps.get(number, [])), rows.get(number, []))
        contacts = _by(Contact.objects.filter(matter_id__in=numbers))
        added = _by(Contribution.objects.filter(matter_id__in=numbers, contact_id__isnull=False))
        for number in numbers:
            yield from _contacts(steps.get(number, []), contacts.get(number, []), added.get(number, []))
        after = numbers[-1]
    yield from _side_by_side("matters_link", "", _links(), list(Link.objects.order_by("pk")))
    beside: tuple[type[Model], ...] = (Step, Summons, Asked, Contribution, Contact)
    for each in beside:
        stray = each._default_manager.exclude(matter_id__in=Matter.objects.values("pk"))
        for row in stray:
            yield Difference(each._meta.db_table, ids.text(row.pk), "matter_id", "a matter", "none")


def _by(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.matter_id, []).append(row)
    return found


def _side_by_side(table: str, where: str, expected: list[Row], rows: Sequence[Any]) -> Iterator[Difference]:
    """Rows in the order they were made against rows in the order of their ids."""
    for made, row in zip(expected, rows, strict=False):
        yield from seals.compare(table, ids.text(row.pk), made, vars(row))
    for row in rows[len(expected) :]:
        yield Difference(table, ids.text(row.pk), "row", "none that the steps tell of", "present")
    for made in expected[len(rows) :]:
        yield Difference(table, where or str(made.get("at")), "row", "present", "missing")


def _summonses(steps: list[Step]) -> list[Row]:
    rows: list[Row] = []
    for step in steps:
        units = [int(each) for each in step.facts.get("units") or []]
        if step.does == "summon":
            rows += [{"unit_id": unit, "called_at": step.at, "acknowledged_at": None} for unit in units]
        elif step.does == "acknowledge":
            for row in rows:
                if row["unit_id"] in units and row["acknowledged_at"] is None:
                    row["acknowledged_at"] = step.at
    return rows


def _asked(steps: list[Step]) -> list[Row]:
    rows: list[Row] = []
    for step in steps:
        if step.does in ("extend", "out_of_scope"):
            rows.append({
                "what": step.does, "clock": step.facts.get("clock", ""), "limit": step.facts.get("limit", ""), "by_id": step.actor_id,
                "at": step.at, "decided_at": None, "granted": None, "decided_by_id": None,
            })  # fmt: skip
        elif step.does in ("approve", "decline"):
            waiting = (
                row for row in rows if row["decided_at"] is None and row["what"] == step.facts.get("what")
            )
            settled = next(waiting, None)
            if settled is not None:
                settled |= {
                    "decided_at": step.at,
                    "granted": step.does == "approve",
                    "decided_by_id": step.actor_id,
                }
    return rows


def _contributions(steps: list[Step]) -> list[Row]:
    rows: list[Row] = []
    for step in steps:
        if step.does == "me_too":
            rows.append({"kind": "me_too", "at": step.at})
        elif step.does == "call_back":
            value = {name: step.facts.get(name) for name in _ANSWERS}
            rows.append({"kind": "answer", "at": step.at, "person_id": step.actor_id, "value": value})
    return rows


def _links() -> list[Row]:
    """Over all matters, in the order of the steps: a link may be undone from its other end."""
    told = Step.objects.filter(
        Q(does__in=("merge", "unmerge", "link", "unlink")) | Q(act="open", facts__parent__isnull=False)
    )
    rows: list[Row] = []
    for step in told.order_by("id"):
        here, facts = step.matter_id, step.facts
        if step.act == "open" and facts.get("parent"):
            rows.append(_link("split", ids.parse(facts["parent"]), here, step))
        elif step.act in ("merged_in", "unmerged"):
            continue  # the other end of the same act
        elif step.does == "merge":
            rows.append(_link("merge", here, ids.parse(facts["into"]), step))
        elif step.does == "link":
            rows.append(_link("link", here, ids.parse(facts["with"]), step))
        else:
            _undo(rows, step)
    return rows


def _link(kind: str, a: int, b: int, step: Step) -> Row:
    return {"kind": kind, "a_id": a, "b_id": b, "at": step.at, "by_id": step.actor_id, "undone_at": None}


def _undo(rows: list[Row], step: Step) -> None:
    here = step.matter_id
    if step.does == "unmerge":
        of = [
            row for row in rows if row["kind"] == "merge" and row["a_id"] == here and row["undone_at"] is None
        ][-1:]
    else:
        pair = {here, ids.parse(step.facts["from"])}
        of = [
            row
            for row in rows
            if row["kind"] == "link" and {row["a_id"], row["b_id"]} == pair and row["undone_at"] is None
        ]
    for row in of:
        row["undone_at"] = step.at


def _contacts(steps: list[Step], rows: list[Contact], added: list[Contribution]) -> Iterator[Difference]:
    """Each contact against the keyed hash in the step it came with. (A part that was split off holds a copy, which has none of its own.)"""
    if not steps:
        return
    joined = {row.at: row.contact_id for row in added}
    expected: dict[int, str] = {}
    own = [row for row in rows if row.part == "reporter"]
    if "reporter" in steps[0].facts:
        if len(own) != 1:
            yield Difference(
                "matters_contact", ids.text(steps[0].matter_id), "rows of the reporter", "1", str(len(own))
            )
        for row in own[:1]:
            expected[row.pk] = steps[0].facts["reporter"]
    for step in steps:
        number = joined.get(step.at) if step.does == "me_too" else None
        if number is not None and "joined" in step.facts:
            expected[number] = step.facts["joined"]
    yield from _against({row.pk: row for row in rows}, expected, "reporter" in steps[0].facts)


def _against(known: dict[int, Contact], expected: dict[int, str], whole: bool) -> Iterator[Difference]:
    for number, mark in expected.items():
        if number not in known:
            yield Difference("matters_contact", ids.text(number), "row", "present", "missing")
            continue
        row = known.pop(number)
        if row.erased_at is None and mark_of(row) != mark:
            yield Difference("matters_contact", ids.text(number), "a column (keyed hash)", mark, mark_of(row))
        elif row.erased_at is not None and any((row.name, row.phone, row.room, row.phone_key, row.link)):
            yield Difference("matters_contact", ids.text(number), "erased_at", "erased", "still there")
    for number in known if whole else ():
        yield Difference("matters_contact", ids.text(number), "row", "none that the steps tell of", "present")
