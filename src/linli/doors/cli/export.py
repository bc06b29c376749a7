"""``linli export matters|steps|ledger``: everything of the store for a spreadsheet or another program. For the operator of the machine.

What was said and who said it stays where it is, unless ``--with-contacts`` asks for it: then each matter opened is a look, recorded with its
reason before a line of it is written.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from django.db.models import QuerySet

from linli.doors.cli.telling import Bar, calm
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger import rows as ledger
from linli.kernel.matters import gate
from linli.kernel.matters.listing import title_of
from linli.kernel.matters.models import Contact, Matter, Step, Words
from linli.kernel.packspec import editions
from linli.kernel.people import looks, sealed
from linli.kernel.people.actors import SYSTEM
from linli.kernel.places.tree import tree

Line = dict[str, Any]
LOT = 500


def run(args: Sequence[str]) -> int:
    """0 written, 2 asked wrongly."""
    asked = _parser().parse_args(list(args))
    if asked.with_contacts and len(asked.why.strip()) < 2:
        raise Refusal("export.why", field="why")
    lines, total = WHAT[asked.what](asked)
    with _output(asked) as file, Bar(asked.what, total) as bar:
        write = _jsonl if asked.format == "jsonl" else _csv
        try:
            for done in write(file, lines):
                bar.at(done)
        except BrokenPipeError:  # whoever read it has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="linli export",
        description="导出事项、办理记录或总账，CSV 或 JSON Lines。Export matters, steps or the ledger.",
    )
    made.add_argument("what", choices=sorted(WHAT))
    made.add_argument("--format", choices=("csv", "jsonl"), default="csv", help="[%(default)s]")
    made.add_argument(
        "--out", type=Path, metavar="FILE", help="写到文件，默认写到屏幕 a file instead of the screen"
    )
    made.add_argument(
        "--bom", action="store_true", help="给表格软件看的 UTF-8 标记 a UTF-8 mark for spreadsheet programs"
    )
    made.add_argument(
        "--since", type=date.fromisoformat, metavar="DATE", help="这天起上报的 reported on that day or later"
    )
    made.add_argument(
        "--until", type=date.fromisoformat, metavar="DATE", help="这天前上报的 reported before that day"
    )
    made.add_argument(
        "--place", default="", metavar="CODE", help="只要这个地方和下面的 that place and below only"
    )
    made.add_argument(
        "--with-contacts",
        action="store_true",
        help="连同姓名电话和原话，会记录 names, numbers and words too; recorded",
    )
    made.add_argument(
        "--why", default="", metavar="REASON", help="为什么要看 why, where --with-contacts is asked"
    )
    return made


@contextmanager
def _output(asked: argparse.Namespace) -> Iterator[TextIO]:
    """The file, whole or not at all; or standard output."""
    if asked.out is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8-sig" if asked.bom else "utf-8", newline="")
        yield sys.stdout
        return
    draft = asked.out.with_name(f".{asked.out.name}.part")
    try:
        with open(draft, "w", encoding="utf-8-sig" if asked.bom else "utf-8", newline="") as file:
            yield file
        draft.replace(asked.out)
    finally:
        draft.unlink(missing_ok=True)


def _csv(file: TextIO, lines: Iterable[Line]) -> Iterator[int]:
    """A heading and a row each; no cell is run as a formula."""
    writer = csv.writer(file)
    for number, line in enumerate(lines, 1):
        if number == 1:
            writer.writerow(line)
        writer.writerow([calm(_cell(value)) for value in line.values()])
        yield number


def _jsonl(file: TextIO, lines: Iterable[Line]) -> Iterator[int]:
    for number, line in enumerate(lines, 1):
        file.write(
            json.dumps({name: _plain(value) for name, value in line.items()}, ensure_ascii=False) + "\n"
        )
        yield number


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else _plain(value)


def _id(number: int | None) -> str | None:
    return None if number is None else ids.text(number)


def _chosen(asked: argparse.Namespace) -> QuerySet[Matter]:
    """The matters asked for. Refusal ``export.no_place`` for a code nobody knows."""
    found = Matter.objects.order_by("id")
    if asked.since:
        found = found.filter(day__gte=asked.since)
    if asked.until:
        found = found.filter(day__lt=asked.until)
    if asked.place:
        node = tree().by_code(asked.place)
        if node is None:
            raise Refusal("export.no_place", kind="missing", place=asked.place)
        found = found.filter(gate.under(node.path))
    return found


def _lots(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    running = rows.iterator(chunk_size=LOT)
    while lot := list(islice(running, LOT)):
        yield lot


def _matters(asked: argparse.Namespace) -> tuple[Iterator[Line], int]:
    chosen = _chosen(asked)
    return _matter_lines(chosen, asked), chosen.count()


def _matter_lines(chosen: QuerySet[Matter], asked: argparse.Namespace) -> Iterator[Line]:
    for lot in _lots(chosen):
        private = _private(lot, asked.why) if asked.with_contacts else {}
        for matter in lot:
            yield _matter_line(matter) | private.get(matter.id, {})


def _matter_line(matter: Matter) -> Line:
    pack = editions.edition(matter.edition)
    node = tree().get(matter.place_id)
    return {
        "id": ids.text(matter.id), "number": matter.number, "day": matter.day, "pack": matter.pack, "edition": matter.edition[:12],
        "kind": matter.kind, "condition": matter.condition, "title": title_of(pack, matter.kind, matter.condition, "zh"),
        "grade": matter.grade, "stage": matter.stage, "outcome": matter.outcome, "source": matter.source, "found": matter.found,
        "anonymous": matter.anonymous, "place": node.code if node else None, "place_name": node.name if node else None,
        "lon": None if matter.area_only else matter.lon, "lat": None if matter.area_only else matter.lat,
        "opened_at": matter.opened_at, "handled_at": matter.handled_at, "ended_at": matter.ended_at, "due_at": matter.due_at,
        "broken": matter.broken, "holder_role": matter.holder_role, "round": matter.round, "steps": matter.steps, "me_too": matter.me_too,
        "parent": _id(matter.parent_id), "into": _id(matter.into_id),
    }  # fmt: skip


def _private(lot: list[Matter], why: str) -> dict[int, Line]:
    """Who reported, and what they said; every matter is recorded as looked at first."""
    for matter in lot:
        looks.record(SYSTEM, "export", matter.id, why.strip())
    keys = [matter.id for matter in lot]
    found: dict[int, Line] = {
        matter.id: {"address": matter.address, "words": "", "reporter": "", "phone": "", "room": ""}
        for matter in lot
    }
    for row in Contact.objects.filter(matter_id__in=keys, part="reporter", erased_at=None):
        opened = {"reporter": row.name, "phone": row.phone, "room": row.room}
        found[row.matter_id] |= {
            name: sealed.unseal(value) if value else "" for name, value in opened.items()
        }
    for matter_id, text in (
        Words.objects.filter(matter_id__in=keys, field="words", erased_at=None)
        .order_by("-id")
        .values_list("matter_id", "text")
    ):
        found[matter_id]["words"] = text  # the last one read is the first one written
    return found


def _steps(asked: argparse.Namespace) -> tuple[Iterator[Line], int]:
    chosen = (
        Step.objects.filter(matter__in=_chosen(asked).order_by())
        .select_related("matter")
        .order_by("matter_id", "seq")
    )
    return _step_lines(chosen, asked), chosen.count()


def _step_lines(chosen: QuerySet[Step], asked: argparse.Namespace) -> Iterator[Line]:
    looked: set[int] = set()
    for lot in _lots(chosen):
        texts: dict[int, dict[str, str]] = {}
        if asked.with_contacts:
            for matter_id in {step.matter_id for step in lot} - looked:
                looks.record(SYSTEM, "export", matter_id, asked.why.strip())
                looked.add(matter_id)
            for row in Words.objects.filter(step_id__in=[step.id for step in lot], erased_at=None):
                texts.setdefault(row.step_id, {})[row.field] = row.text
        for step in lot:
            yield _step_line(step) | ({"texts": texts.get(step.id, {})} if asked.with_contacts else {})


def _step_line(step: Step) -> Line:
    return {
        "matter": ids.text(step.matter_id), "number": step.matter.number, "seq": step.seq, "step": ids.text(step.id), "act": step.act,
        "does": step.does, "by": step.actor_kind, "person": _id(step.actor_id), "role": step.role, "unit": _id(step.unit_id),
        "deputy_for": _id(step.deputy_for), "at": step.at, "recorded_at": step.recorded_at, "from": step.stage_from, "to": step.stage_to,
    }  # fmt: skip


def _ledger(asked: argparse.Namespace) -> tuple[Iterator[Line], int]:
    """Every sequenced entry, in order. It holds nothing personal."""
    return _entry_lines(), ledger.size()


def _entry_lines() -> Iterator[Line]:
    after = 0
    while lot := ledger.read(after, LOT):
        for entry in lot:
            yield {
                "idx": entry.idx, "id": ids.text(entry.id), "kind": entry.kind, "subject": entry.subject, "seq": entry.seq, "at": entry.at,
                "leaf": entry.leaf.hex(), "body": entry.body,
            }  # fmt: skip
        after = lot[-1].idx + 1


WHAT: dict[str, Callable[[argparse.Namespace], tuple[Iterator[Line], int]]] = {
    "matters": _matters,
    "steps": _steps,
    "ledger": _ledger,
}
