"""What the map is told when a matter moves: one event for the public, one for the wall, one for staff, one for whoever follows it.

A mapper of the live streams: it reads the matter as it stands now, which is never older than the entry. Two entries in one breath tell the same
state twice, and that does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from linli.doors.live.events import LiveEvent
from linli.kernel import ids
from linli.kernel.ledger.rows import EntryRow
from linli.kernel.matters import public
from linli.kernel.matters.cards import Dot
from linli.kernel.matters.models import Matter
from linli.kernel.places.tree import tree
from linli.lenses import happened


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def dot_data(dot: Dot) -> dict[str, Any]:
    """A dot as browsers get it: the same in pages, in the API and on the stream."""
    return {
        "id": dot.id, "lon": dot.lon, "lat": dot.lat, "area": dot.area, "kind": dot.kind, "title_zh": dot.title_zh,
        "title_en": dot.title_en, "stage_zh": dot.stage_zh, "stage_en": dot.stage_en, "ball": dot.ball, "place_zh": dot.place_zh,
        "place_en": dot.place_en, "clock_key": dot.clock_key, "clock_zh": dot.clock_zh, "clock_en": dot.clock_en, "state": dot.state,
        "due_at": _iso(dot.due_at), "started_at": _iso(dot.started_at), "total_seconds": dot.total_seconds, "place_id": dot.place_id,
        "opened_at": _iso(dot.opened_at),
    }  # fmt: skip


def events_of(entry: EntryRow) -> Iterable[LiveEvent]:
    """The events of one ledger entry. Nothing for entries that are not steps of matters."""
    if entry.kind == "register.change":
        yield from _round(entry)
        return
    if entry.kind != "matter.step":
        return
    matter = Matter.objects.filter(pk=ids.parse(entry.subject.partition(":")[2])).first()
    if matter is None:
        return
    number, act = ids.text(matter.id), str(entry.body["act"])
    told = {
        "id": number,
        "act": act,
        "stage": matter.stage,
        "ball": matter.ball,
        "steps": entry.seq,
        "ended": matter.ended_at is not None,
    }
    yield LiveEvent(f"matter:{number}", (matter.path,), "matter", told)
    staff = told | {
        "number": matter.number,
        "due_at": _iso(matter.due_at),
        "holder": _text(matter.holder_id),
        "broken": matter.broken,
    }
    yield LiveEvent("staff", (matter.path,), "matter", staff)
    yield from _dots(matter, told, entry.idx)
    if not happened.quiet(str(entry.body["does"])):
        yield LiveEvent("screen", (matter.path,), "happened", happened.data_of(entry, matter))
    yield LiveEvent("screen", (matter.path,), "counts", {"id": number})


def _dots(matter: Matter, told: dict[str, Any], idx: int) -> Iterable[LiveEvent]:
    """The dot as the public may see it. The wall also gets what was done and where that stands in the log,
    so that it can put a read of everything and what happened during it in order."""
    dots = public.dots_of([matter])
    if matter.ended_at is not None or not dots:
        yield LiveEvent("public", (matter.path,), "gone", {"id": told["id"]})
        yield LiveEvent("screen", (matter.path,), "gone", {"id": told["id"], "idx": idx})
        return
    data = dot_data(dots[0])
    yield LiveEvent("public", (matter.path,), "matter", data)
    yield LiveEvent("screen", (matter.path,), "matter", data | {"act": told["act"], "idx": idx})


def _round(entry: EntryRow) -> Iterable[LiveEvent]:
    if entry.body.get("register") != "round" or entry.body.get("why") != "walked":
        return
    node = tree().get(ids.parse(str(entry.body["place"])))
    if node is not None:
        yield LiveEvent("screen", (node.path,), "counts", {"round": ids.text(node.id)})


def _text(number: int | None) -> str | None:
    return None if number is None else ids.text(number)
