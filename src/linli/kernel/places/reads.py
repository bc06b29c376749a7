"""What doors show of places. Answers in the language asked for; touches the store only for what the tree
lacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from linli.kernel import ids
from linli.kernel.places.epochs import Epoch, Kept
from linli.kernel.places.levels import level_name, level_names
from linli.kernel.places.models import Building, PlaceVersion
from linli.kernel.places.spoken import normalise
from linli.kernel.places.tree import Node, tree

__all__ = ["children", "describe", "level_names", "line", "search_places", "versions"]

#: What a line says of a place: the community and what is finer. Above that everybody knows where they are.
_SPOKEN = ("community", "compound", "grid", "micro_grid", "building")


def brief(node: Node, lang: str = "zh") -> dict[str, Any]:
    """The few words a list shows of a place."""
    return {
        "id": ids.text(node.id),
        "code": node.full_code,
        "level": node.level,
        "level_name": level_name(node.level, lang),
        "name": node.called(lang),
        "lon": node.lon,
        "lat": node.lat,
    }


def describe(place_id: int, lang: str = "zh", at: datetime | None = None) -> dict[str, Any]:
    """A place as it was at that moment, with the way to it from the root. Refusal ``places.unknown``."""
    the_tree = tree(at)
    node = the_tree.place(place_id)
    version = PlaceVersion.objects.values(
        "valid_from", "valid_to", "seq", "min_lon", "min_lat", "max_lon", "max_lat"
    ).get(id=node.version_id)
    box = [version[key] for key in ("min_lon", "min_lat", "max_lon", "max_lat")]
    return {
        **brief(node, lang),
        "kind": node.kind,
        "path": node.path,
        "line": line(place_id, lang, at),
        "above": [brief(above, lang) for above in the_tree.ancestors(place_id)],
        "parts": len(the_tree.children(place_id)),
        "households": node.households,
        "people": node.people,
        "bounds": None if box[0] is None else box,
        "version": version["seq"],
        "valid_from": version["valid_from"],
        "valid_to": version["valid_to"],
        **_building(node),
    }


def _building(node: Node) -> dict[str, Any]:
    if node.level != "building":
        return {}
    known = Building.objects.filter(place_id=node.id).values("number", "storeys", "entrances").first()
    return {"building": known}


def line(place_id: int, lang: str = "zh", at: datetime | None = None) -> str:
    """Where it is, in one line: 柳荫社区·和平苑·柳荫05. A place above the community is named alone."""
    chain = tree(at).chain(place_id)
    spoken = [node for node in chain if node.level in _SPOKEN] or chain[-1:]
    return (" · " if lang.startswith("en") else "·").join(node.called(lang) for node in spoken)


def children(place_id: int | None, lang: str = "zh", at: datetime | None = None) -> list[dict[str, Any]]:
    """The parts of a place, by code; the roots for None."""
    return [brief(node, lang) for node in tree(at).children(place_id)]


def search_places(
    text: str, lang: str = "zh", within_path: str = "/", level: str = "", limit: int = 20
) -> list[dict[str, Any]]:
    """Places whose name or code begins with, or else contains, the text. Fine for pickers; addresses are
    ``address.find``'s."""
    wanted = normalise(text)
    if not wanted:
        return []
    ranked = []
    for node, names in _names.at():
        if not node.path.startswith(within_path) or (level and node.level != level):
            continue
        rank = _rank(node, names, wanted)
        if rank:
            ranked.append((-rank, node.path.count("/"), node.code, node))
    ranked.sort(key=lambda row: row[:3])
    return [{**brief(node, lang), "line": line(node.id, lang)} for *_, node in ranked[:limit]]


def _fold(epoch: Epoch) -> list[tuple[Node, tuple[str, str]]]:
    nodes = tree(epoch.instant).nodes if epoch.instant else []
    return [(node, (normalise(node.name), normalise(node.name_en))) for node in nodes]


_names = Kept(_fold, keep=1)


def _rank(node: Node, names: tuple[str, str], wanted: str) -> int:
    """4 the name itself, 3 the name's beginning, 2 within the name, 1 the code's beginning, 0 not at all."""
    if wanted.isascii() and wanted.isdigit() and len(wanted) > 1 and node.full_code.startswith(wanted):
        return 1
    if wanted in names:
        return 4
    if any(name.startswith(wanted) for name in names):
        return 3
    return 2 if any(wanted in name for name in names) else 0


def versions(place_id: int, lang: str = "zh") -> list[dict[str, Any]]:
    """Every version of a place, the newest first: what it was called and how long it held."""
    rows = PlaceVersion.objects.filter(place_id=place_id).order_by("-seq").select_related("survey")
    return [
        {
            "version": row.seq,
            "name": (row.name_en or row.name) if lang.startswith("en") else row.name,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "survey": ids.text(row.survey_id),
            "note": row.survey.note,
        }
        for row in rows
    ]
