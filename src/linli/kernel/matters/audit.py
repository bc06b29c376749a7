"""Do the rows say what the steps say, and the steps what the ledger says? Every difference, by table, row and field. Reads only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger import seals
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.canon import commitment
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import record
from linli.kernel.matters.derive import derive, pack_of
from linli.kernel.matters.intake import cell_of
from linli.kernel.matters.models import Clock, Evidence, Matter, Step, Words
from linli.kernel.matters.rows import calendars_for
from linli.kernel.packspec import editions

PAGE = 100


def differences() -> Iterator[Difference]:
    """Everything that differs, matter by matter. What is personal is checked against its salted commitment and never repeated."""
    after = -1
    while page := list(Matter.objects.filter(pk__gt=after).order_by("pk")[:PAGE]):
        numbers = [matter.pk for matter in page]
        steps, clocks = _by(Step, numbers, "matter_id", "seq"), _by(Clock, numbers, "id")
        words, pictures = _by(Words, numbers, "id"), _by(Evidence, numbers, "id")
        entries = _entries(numbers)
        for matter in page:
            own = steps.get(matter.pk, [])
            yield from of_matter(matter, own, clocks.get(matter.pk, []))
            yield from _of_ground(matter, words.get(matter.pk, []))
            yield from _of_steps(
                matter, own, entries.get(f"matter:{ids.text(matter.pk)}", {}), words.get(matter.pk, []), pictures.get(matter.pk, [])
            )  # fmt: skip
        after = numbers[-1]
    yield from seals.gone(["matter.step"], {"matter": Matter})


def _by(model: Any, numbers: list[int], *order: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in model.objects.filter(matter_id__in=numbers).order_by(*order):
        found.setdefault(row.matter_id, []).append(row)
    return found


def _entries(numbers: list[int]) -> dict[str, dict[int, dict[str, Any]]]:
    found: dict[str, dict[int, dict[str, Any]]] = {}
    subjects = [f"matter:{ids.text(number)}" for number in numbers]
    for subject, seq, body in Entry.objects.filter(subject__in=subjects).values_list(
        "subject", "seq", "body"
    ):
        found.setdefault(subject, {})[seq] = json.loads(body)
    return found


def of_matter(matter: Matter, steps: list[Step], rows: list[Clock]) -> Iterator[Difference]:
    """One matter and its clocks against its steps."""
    if not steps:
        yield Difference("matters_matter", ids.text(matter.pk), "steps", "at least one", "none")
        return
    try:
        pack = editions.edition(pack_of(steps))
        derived = derive(steps, pack, calendars_for(pack))
    except (KeyError, IndexError, TypeError, ValueError, AssertionError, Refusal) as error:
        yield Difference(
            "matters_step", ids.text(steps[0].pk), "facts", "what can be followed", type(error).__name__
        )
        return
    yield from _compare("matters_matter", matter, derived.matter)
    known = {row.pk: row for row in rows}
    for number, columns in derived.clocks.items():
        if number not in known:
            yield Difference("matters_clock", ids.text(number), "row", "present", "missing")
        else:
            yield from _compare("matters_clock", known.pop(number), columns)
    for number in known:
        yield Difference("matters_clock", ids.text(number), "row", "missing", "present")


def _of_ground(matter: Matter, words: list[Words]) -> Iterator[Difference]:
    """The point and the address against what was said last of them; once that is erased the address is empty, and the point stays unproved."""
    said = {row.field: row for row in words if row.field in ("spot", "address")}
    spot, address = said.get("spot"), said.get("address")
    point = (
        None
        if spot is None
        else tuple(float(part) for part in spot.text.split(","))
        if spot.text
        else (matter.lon, matter.lat)
    )
    if point != (
        None if matter.lon is None or matter.lat is None else (round(matter.lon, 7), round(matter.lat, 7))
    ) and not (spot is not None and spot.erased_at):
        yield Difference("matters_matter", ids.text(matter.pk), "lon, lat", "what was said", "another point")
    cell = None if matter.lon is None or matter.lat is None else cell_of(matter.lon, matter.lat)
    if cell != matter.cell:
        yield Difference("matters_matter", ids.text(matter.pk), "cell", str(cell), str(matter.cell))
    if matter.address != ("" if address is None else address.text):
        yield Difference("matters_matter", ids.text(matter.pk), "address", "what was said", "another address")


def _compare(table: str, row: Any, columns: Mapping[str, Any]) -> Iterator[Difference]:
    for name, expected in columns.items():
        found = getattr(row, name)
        if _plain(found) != _plain(expected):
            yield Difference(table, ids.text(row.pk), name, _short(expected), _short(found))


def _plain(value: Any) -> Any:
    """Times count as the whole second they fall in, as everywhere in the ledger."""
    return int(value.timestamp()) if isinstance(value, datetime) else value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else hashlib.sha256(text.encode()).hexdigest()[:16]


def _of_steps(
    matter: Matter, steps: list[Step], entries: Mapping[int, dict[str, Any]], words: list[Words], pictures: list[Evidence]
) -> Iterator[Difference]:  # fmt: skip
    """Each step against its entry in the log; each piece of words and each picture against what was committed of it."""
    for expected, step in enumerate(steps, 1):
        if step.seq != expected:
            yield Difference("matters_step", ids.text(step.pk), "seq", str(expected), str(step.seq))
        entry = entries.get(step.seq)
        if entry is None:
            yield Difference("matters_step", ids.text(step.pk), "entry", "present", "missing")
            continue
        yield from _of_step(step, entry)
        yield from _of_words(step, entry, [row for row in words if row.step_id == step.pk])
        yield from _of_pictures(step, entry, [row for row in pictures if row.step_id == step.pk])
    for seq in sorted(set(entries) - {step.seq for step in steps}):
        yield Difference("matters_step", f"{ids.text(matter.pk)} {seq}", "row", "present", "missing")
    known = {step.pk for step in steps}
    strays = [("matters_words", row.pk, row.step_id) for row in words]
    strays += [("matters_evidence", row.pk, row.step_id) for row in pictures]
    for table, number, step_id in strays:
        if step_id not in known:
            yield Difference(table, ids.text(number), "step_id", "a step of the matter", ids.text(step_id))


def _of_step(step: Step, entry: Mapping[str, Any]) -> Iterator[Difference]:
    said = record.body_of(step, [])
    names = {"by": "actor_kind", "person": "actor_id", "unit": "unit_id", "for": "deputy_for", "learnt": "recorded_at", "from": "stage_from",
             "to": "stage_to", "step": "id"}  # fmt: skip
    for key, value in said.items():
        if key not in ("words", "photos") and entry.get(key) != value:
            yield Difference(
                "matters_step", ids.text(step.pk), names.get(key, key), _short(entry.get(key)), _short(value)
            )


def _of_words(step: Step, entry: Mapping[str, Any], rows: list[Words]) -> Iterator[Difference]:
    committed = dict(entry["words"])
    for row in rows:
        expected = committed.pop(row.field, None)
        if row.erased_at is None and (row.salt is None or expected != commitment(bytes(row.salt), row.text)):
            yield Difference(
                "matters_words", ids.text(row.pk), row.field, "what was committed", "other words"
            )
        if row.erased_at is not None and (row.text or row.salt is not None):
            yield Difference("matters_words", ids.text(row.pk), row.field, "erased", "still there")
    for name in committed:
        yield Difference("matters_words", ids.text(step.pk), name, "present", "missing")


def _of_pictures(step: Step, entry: Mapping[str, Any], rows: list[Evidence]) -> Iterator[Difference]:
    left = list(entry["photos"])
    erased = 0
    for row in rows:
        found = None if row.salt is None else commitment(bytes(row.salt), row.digest)
        if row.erased_at is not None:
            erased += 1
            if row.digest or row.salt is not None:
                yield Difference("matters_evidence", ids.text(row.pk), "digest", "erased", "still there")
        elif found in left:
            left.remove(found)
        else:
            yield Difference(
                "matters_evidence", ids.text(row.pk), "digest", "what was committed", "another picture"
            )
    if len(left) != erased:
        yield Difference(
            "matters_evidence", ids.text(step.pk), "rows", str(len(entry["photos"])), str(len(rows))
        )
