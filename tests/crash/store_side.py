"""What a killed program left in its store, told by reading every row. A program of its own: it has the store's settings, the tests have others.

``python -m tests.crash.store_side seed SECONDS`` makes a small town with unattended matters whose clocks fall due during the next SECONDS;
``… inspect FILE`` compares the store with what neighbours were told (FILE, JSON) and prints every contradiction as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from linli.config import wiring

wiring.setup()

from linli.kernel import ids, moment  # noqa: E402
from linli.kernel.ledger import audit, canon, sequence  # noqa: E402
from linli.kernel.ledger.models import Entry  # noqa: E402
from linli.kernel.matters import clocks, photos, sealing  # noqa: E402
from linli.kernel.matters.models import Clock, Contact, Evidence, Key, Matter, Step, Words  # noqa: E402
from linli.kernel.matters.rows import calendars_for, ladder_of  # noqa: E402
from linli.kernel.packspec import editions  # noqa: E402
from linli.kernel.people import sealed  # noqa: E402
from linli.kernel.people.actors import SYSTEM  # noqa: E402

UNATTENDED = 60
SETTLING = timedelta(seconds=3)  # what falls due this shortly before the end may still be on its way
FIRSTS = (timedelta(minutes=7), timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30))
NAMES = {"warned": "warned", "breached": "broken", "rung": "escalated"}


def seed(seconds: int) -> None:
    """A town, and matters nobody comes to: each has something to say at its own moment of the coming ``seconds``."""
    wiring.prepare()
    from tests import town

    made, now = town.build(), moment.now()
    for number in range(UNATTENDED):
        falls_due = now + timedelta(seconds=2 + seconds * number / UNATTENDED)
        with moment.at(falls_due - FIRSTS[number % len(FIRSTS)]):
            made.report(
                "water_leak", at=(501, 502, 511, 521)[number % 4], words=f"没有人来 {number}", by=SYSTEM
            )
    sequence.sequence_all()


def inspect(said: list[dict[str, Any]], stopped: datetime, ended: datetime) -> dict[str, Any]:
    """Everything that contradicts what neighbours were told, or itself. Clocks may have spoken until ``ended``; they must have until
    ``stopped``."""
    sequence.sequence_all()
    store = Store()
    wrong = [*_halves(store), *_unkept_words(store), *_told(store, said), *_clocks(store, stopped, ended)]
    report = audit.verify()
    if not report.clean:
        wrong.append(f"ledger: {report.difference}")
    if report.unsequenced:
        wrong.append(f"ledger: {report.unsequenced} entries have no place")
    fired = sum(1 for steps in store.steps.values() for step in steps if step.does == "clock")
    return {"wrong": wrong[:5000], "matters": len(store.matters), "entries": report.size, "fired": fired}


class Store:
    """Every row, by matter."""

    def __init__(self) -> None:
        self.matters = {row.id: row for row in Matter.objects.all()}
        self.steps = _by_matter(Step.objects.order_by("seq"))
        self.clocks = _by_matter(Clock.objects.order_by("id"))
        self.contacts = _by_matter(Contact.objects.all())
        self.words = _by_matter(Words.objects.all())
        self.evidence = _by_matter(Evidence.objects.all())
        self.entries: dict[int, list[Entry]] = {}
        for entry in Entry.objects.filter(subject__startswith="matter:").order_by("seq"):
            self.entries.setdefault(ids.parse(entry.subject.removeprefix("matter:")), []).append(entry)


def _by_matter(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.matter_id, []).append(row)
    return found


def _halves(store: Store) -> Iterator[str]:
    """A matter without one of its parts, a part without its matter."""
    for name in ("steps", "clocks", "contacts", "words", "evidence", "entries"):
        for number in set(getattr(store, name)) - set(store.matters):
            yield f"{ids.text(number)}: {name} of a matter that is not there"
    for number, matter in store.matters.items():
        seqs = [step.seq for step in store.steps.get(number, ())]
        if seqs != list(range(1, matter.steps + 1)):
            yield f"{matter}: steps {seqs[:5]}…, the matter counts {matter.steps}"
        entered = [(entry.seq, json.loads(entry.body)["step"]) for entry in store.entries.get(number, ())]
        if entered != [(step.seq, ids.text(step.id)) for step in store.steps.get(number, ())]:
            yield f"{matter}: its ledger entries are not its steps"
        if not store.contacts.get(number):
            yield f"{matter}: no contact"
        pack = editions.edition(matter.edition)
        promised = {key for key, spec in pack.clocks.items() if _runs(spec, matter)}
        if {clock.key for clock in store.clocks.get(number, ())} != promised:
            yield f"{matter}: clocks {[clock.key for clock in store.clocks.get(number, ())]}, promised {promised}"
    yield from _dangling(store)


def _runs(spec: Any, matter: Matter) -> bool:
    """Whether this promise was made when the matter was opened; nothing in these tests moves one on."""
    runs = spec.runs_for(matter.grade, matter.kind, matter.condition)
    return bool(runs and matter.stage in spec.starts and not spec.per_unit and not spec.given)


def _dangling(store: Store) -> Iterator[str]:
    steps = {step.id for each in store.steps.values() for step in each}
    for key in Key.objects.all():
        if key.matter_id not in store.matters or key.step_id not in steps:
            yield f"key {key.key[:8]}: points at nothing"


def _unkept_words(store: Store) -> Iterator[str]:
    """Words and pictures that the ledger committed to: there, and the same."""
    for number, entries in store.entries.items():
        kept = {(row.step_id, row.field): row for row in store.words.get(number, ())}
        for entry in entries:
            body = json.loads(entry.body)
            for field, committed in body["words"]:
                row = kept.get((ids.parse(body["step"]), field))
                if row is None or canon.commitment(bytes(row.salt), row.text) != committed:
                    yield f"{entry.subject} {entry.seq}: {field} is not what was committed to"
            pictures = [
                row for row in store.evidence.get(number, ()) if row.step_id == ids.parse(body["step"])
            ]
            if len(pictures) != len(body["photos"]):
                yield f"{entry.subject} {entry.seq}: {len(pictures)} pictures, {len(body['photos'])} committed to"
    for rows in store.evidence.values():
        for row in rows:
            if not photos.path_of(row.id).exists() or not photos.path_of(row.id, thumb=True).exists():
                yield f"picture {ids.text(row.id)}: no file"


def _told(store: Store, said: list[dict[str, Any]]) -> Iterator[str]:
    """Every report once at most; every acknowledged one exactly as acknowledged."""
    by_words: dict[str, list[Words]] = {}
    for row in (row for rows in store.words.values() for row in rows):
        by_words.setdefault(row.text, []).append(row)
    for one in said:
        found, receipt = by_words.get(f"坏了 {one['key']}", []), one["receipt"]
        if len(found) > 1:
            yield f"{one['key']}: {len(found)} matters"
        if receipt is None:
            continue
        if not found:
            yield f"{one['key']}: acknowledged, and not there"
            continue
        yield from _as_acknowledged(store, one, found[0].matter_id)
        for key in one["supplements"]:
            count = len(by_words.get(f"补充 {key}", []))
            if count != 1:
                yield f"{one['key']}: acknowledged supplement {key} is there {count} times"


def _as_acknowledged(store: Store, one: dict[str, Any], number: int) -> Iterator[str]:
    receipt, matter = one["receipt"], store.matters[number]
    if (receipt["id"], receipt["number"]) != (ids.text(number), matter.number):
        yield f"{one['key']}: told {receipt['number']}, is {matter.number}"
    contact = next(
        (
            c
            for c in store.contacts.get(number, ())
            if bytes(c.token_key) == sealing.token_key(receipt["token"])
        ),
        None,
    )
    if contact is None or bytes(contact.code_key) != sealing.code_key(receipt["number"], receipt["code"]):
        yield f"{matter}: its link or code leads nowhere"
    elif sealed.unseal(bytes(contact.phone)) != one["form"]["reporter"]["phone"]:
        yield f"{matter}: another number to call"
    first = store.entries[number][0]
    if (ids.text(first.id), bytes(first.leaf).hex()) != (receipt["entry"]["id"], receipt["entry"]["hash"]):
        yield f"{matter}: the entry acknowledged is not the one in the ledger"
    due = {clock.key: clock.due_at for clock in store.clocks[number]}
    for promise in receipt["promises"]:
        if due.get(promise["key"]) != datetime.fromisoformat(promise["due_at"]):
            yield f"{matter}: promised {promise['key']} by {promise['due_at']}, kept is {due.get(promise['key'])}"
    if one["photo"] and not store.evidence.get(number):
        yield f"{matter}: its picture is gone"


def _clocks(store: Store, stopped: datetime, ended: datetime) -> Iterator[str]:
    """Each clock, run again from its beginning by the pure rules: every event is one step, none is missing, none came twice."""
    for number, matter in store.matters.items():
        fired = Counter(
            (step.facts["clock"], step.act, step.facts.get("rung", 0), step.at)
            for step in store.steps[number]
            if step.does == "clock"
        )
        by_now, surely = _due(matter, ended), _due(matter, stopped - SETTLING)
        for event, count in fired.items():
            if count != 1 or event not in by_now:
                yield f"{matter}: {event[0]} {event[1]} {event[2]} fired {count} times, due {event in by_now}"
        for event in surely - set(fired):
            yield f"{matter}: {event[0]} {event[1]} {event[2]} fell due at {event[3]:%H:%M:%S} and never fired"


def _due(matter: Matter, until: datetime) -> set[tuple[str, str, int, datetime]]:
    pack = editions.edition(matter.edition)
    found = set()
    for key, spec in pack.clocks.items():
        if not _runs(spec, matter):
            continue
        begun = clocks.start(
            spec, matter.grade, matter.opened_at, edition=pack.digest, calendars=calendars_for(pack), kind=matter.kind,
            condition=matter.condition,
        )  # fmt: skip
        if begun is not None:
            _, events = clocks.fire(begun, until, ladder_of(pack, key))
            found |= {(key, f"clock:{NAMES[event.what]}", event.rung, event.since) for event in events}
    return found


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        seed(int(sys.argv[2]))
    else:
        told = json.loads(Path(sys.argv[2]).read_text("utf-8"))
        stopped, ended = (
            datetime.fromtimestamp(told.get(name, told["stopped"]), UTC) for name in ("stopped", "ended")
        )
        print(json.dumps(inspect(told["said"], stopped, ended), ensure_ascii=False))
