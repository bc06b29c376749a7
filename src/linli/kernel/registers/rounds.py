"""Patrol rounds: a kept route, walked again and again. Each passing of a stop is a change of the round, with its hour and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.packspec import editions
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree
from linli.kernel.registers import acts
from linli.kernel.registers.models import Change, Item


def pack_key() -> str:
    """The service that keeps rounds and stops. Raises Refusal ``rounds.none`` where no pack declares them."""
    for key, pack in editions.all_current().items():
        if {"round", "stop"} <= set(pack.registers):
            return key
    raise Refusal("rounds.none", kind="missing")


@dataclass(frozen=True, slots=True)
class StopLine:
    """A stop of a round, and whether it was passed this time."""

    id: str
    name: str
    lon: float
    lat: float
    look: tuple[str, ...]
    passed_at: datetime | None
    ok: bool | None


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round as its walker sees it. ``state``: waiting, walking or walked (today)."""

    id: str
    name: str
    place_id: str
    state: str
    stops: tuple[StopLine, ...]
    passed: int
    walked_at: datetime | None


def _today(at: datetime | None) -> bool:
    return at is not None and moment.local(at).date() == moment.local(moment.now()).date()


def stops(place_id: int) -> tuple[Item, ...]:
    """The stops kept for a micro-grid, oldest first."""
    return tuple(
        Item.objects.filter(pack=pack_key(), register="stop", place_id=place_id, closed_at=None).order_by(
            "id"
        )
    )


def round_of(place_id: int) -> Item | None:
    """The round of a micro-grid."""
    return (
        Item.objects.filter(pack=pack_key(), register="round", place_id=place_id, closed_at=None)
        .order_by("id")
        .first()
    )


def round_today(actor: Actor, place_id: int) -> RoundLine | None:
    """Today's round of that micro-grid, for somebody whose post reaches it; None where none is kept."""
    declared = acts.register_of(pack_key(), "round")
    node = tree().place(place_id)
    if not any(held.role in (*declared.by, *declared.seen_by) for held in actor.roles_at(node.path)):
        raise Refusal(
            "registers.not_yours", kind="forbidden", register=declared.text.zh, register_en=declared.text.en
        )
    found = round_of(place_id)
    return None if found is None else line(found)


def line(item: Item) -> RoundLine:
    kept = {ids.text(stop.id): stop for stop in stops(item.place_id)}
    passed = {str(p["stop"]): p for p in _passed(item) if _today(_time(p))}
    lines = []
    for key in item.data.get("stops", []):
        stop = kept.get(str(key))
        if stop is None:
            continue
        seen = passed.get(str(key))
        lon, lat = stop.data["spot"]
        look = tuple(str(each) for each in stop.data.get("look", []))
        at = _time(seen) if seen else None
        lines.append(
            StopLine(str(key), str(stop.data["name"]), lon, lat, look, at, bool(seen["ok"]) if seen else None)
        )
    walked = datetime.fromisoformat(item.data["walked"]) if item.data.get("walked") else None
    state = (
        "walking"
        if item.data.get("start") and _today(datetime.fromisoformat(item.data["start"]))
        else "waiting"
    )
    if _today(walked) and (state == "waiting" or walked >= datetime.fromisoformat(item.data["start"])):  # type: ignore[operator]
        state = "walked"
    return RoundLine(
        ids.text(item.id),
        str(item.data["name"]),
        ids.text(item.place_id),
        state,
        tuple(lines),
        len(passed),
        walked,
    )


def _passed(item: Item) -> list[dict[str, Any]]:
    return [each for each in item.data.get("passed", []) if isinstance(each, dict)]


def _time(passing: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(passing["at"]))


def start_round(actor: Actor, place_id: int) -> Item:
    """Set out. Raises Refusal ``rounds.none`` where no round is kept, ``rounds.walking`` when it is being walked already."""
    item = round_of(place_id)
    if item is None:
        raise Refusal("rounds.none", kind="missing")
    if line(item).state == "walking":
        raise Refusal("rounds.walking", kind="conflict")
    return acts.change(actor, item.id, {"start": moment.now().isoformat(), "passed": []}, "started")


def visit(
    actor: Actor, round_id: int, stop_id: int, ok: bool, position: tuple[float, float] | None = None
) -> Item:
    """Pass a stop: everything in order, or not (then a matter is reported beside). The position counts only for how far off it was: no trail is
    kept."""
    item = Item.objects.filter(pk=round_id, register="round", closed_at=None).first()
    stop = Item.objects.filter(pk=stop_id, register="stop", closed_at=None).first()
    if item is None or stop is None or stop.place_id != item.place_id:
        raise Refusal("rounds.none", kind="missing")
    if line(item).state != "walking":
        raise Refusal("rounds.not_started", kind="conflict")
    key = ids.text(stop_id)
    passed = [each for each in _passed(item) if each["stop"] != key]
    entry: dict[str, Any] = {"stop": key, "at": moment.now().isoformat(), "ok": ok}
    if position is not None:
        entry["near"] = _metres(position, stop.data["spot"]) <= 150
    return acts.change(actor, round_id, {"passed": [*passed, entry]}, "visited")


def _metres(a: tuple[float, float], b: list[float]) -> float:
    return float((((a[0] - b[0]) * 89_000) ** 2 + ((a[1] - b[1]) * 111_195) ** 2) ** 0.5)


def finish_round(actor: Actor, round_id: int) -> Item:
    """Back again. Raises Refusal ``rounds.left_out`` while stops have not been passed."""
    item = Item.objects.filter(pk=round_id, register="round", closed_at=None).first()
    if item is None:
        raise Refusal("rounds.none", kind="missing")
    now = line(item)
    left = [stop.name for stop in now.stops if stop.passed_at is None]
    if now.state != "walking":
        raise Refusal("rounds.not_started", kind="conflict")
    if left:
        raise Refusal("rounds.left_out", kind="conflict", stops="、".join(left), stops_en=", ".join(left))
    return acts.change(actor, round_id, {"walked": moment.now().isoformat()}, "walked")


def walked_today(path: str) -> set[int]:
    """The micro-grids under a path whose round was walked today: for the wall."""
    since = moment.local(moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Change.objects.filter(
        why="walked", at__gte=since, item__register="round", item__path__startswith=path
    )
    return set(rows.values_list("item__place_id", flat=True))
