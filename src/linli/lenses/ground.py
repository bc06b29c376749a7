"""The ground a figure is about: rows under several paths, the places a wall names, and their outlines for a map that stands still."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import shapely
from django.db.models import Q

from linli.kernel import ids
from linli.kernel.matters import gate
from linli.kernel.places.epochs import epoch
from linli.kernel.places.tree import Node, tree

#: More places of one level than this are not told apart on a wall; those above them are.
MOST_NAMED = 10
MOST_OUTLINED = 90
_FINE = 8e-6  # degrees, under a metre: nobody sees it at five metres


def under_any(paths: Sequence[str], field: str = "path") -> Q:
    """Rows at or below any of these paths; none for no paths."""
    found = Q(pk__in=[])
    for path in paths:
        found |= gate.under(path, field)
    return found


def within(node: Node, paths: Sequence[str]) -> bool:
    return any(node.path.startswith(path) for path in paths)


@lru_cache(maxsize=16)
def _named(generation: str, paths: tuple[str, ...]) -> tuple[tuple[Node, tuple[int, ...]], ...]:
    """Each place a wall names with the micro-grids in it, worked out once for each state of the ground."""
    del generation
    ground = tree()
    inside = [node for node in ground.nodes if within(node, paths) and node.level != "building"]
    grids = [node for node in inside if node.level == "micro_grid"] or [
        n for n in inside if n.level == "grid"
    ]
    for level in ("community", "street", "district"):
        named = [node for node in inside if node.level == level]
        if named and (len(named) <= MOST_NAMED or level == "district"):
            return tuple((n, tuple(g.id for g in grids if g.path.startswith(n.path))) for n in named)
    return tuple((node, (node.id,)) for node in grids[:MOST_NAMED])


def named(paths: Sequence[str]) -> tuple[tuple[Node, tuple[int, ...]], ...]:
    """The communities on that ground (streets, where there are too many), each with the ids of its micro-grids."""
    return _named(tree().generation, tuple(paths))


def title(paths: Sequence[str], lang: str) -> str:
    """安和区·柳荫街道: from the top down as far as there is only one way to go."""
    ground = tree()
    starts = [node for path in paths if (node := ground.get(_last(path)))]
    if not starts:
        return ""
    if len(starts) > 1:
        return (
            "、".join(n.called(lang) for n in starts)
            if lang != "en"
            else ", ".join(n.called(lang) for n in starts)
        )
    node = starts[0]
    chain = [n for n in ground.chain(node.id) if n.level not in ("province", "city")]
    while node.level == "district" and len(below := ground.children(node.id)) == 1:
        node = below[0]
        chain.append(node)
    names = [n.called(lang) for n in chain[-2:]]
    return "·".join(names) if lang != "en" else ", ".join(reversed(names))


def where(path: str, area_only: bool, lang: str) -> str:
    """柳荫 05, the micro-grid a matter stands on; the community alone for what is only drawn as an area."""
    ground = tree()
    node = ground.get(_last(path))
    if node is not None and area_only:
        node = ground.up_to(node.id, "community") or node
    return node.called(lang) if node else ""


def _last(path: str) -> int:
    return int(path.strip("/").rpartition("/")[2])


def outline(paths: Sequence[str], lang: str) -> dict[str, Any]:
    """What a still map is lettered with: ``bounds``, ``named`` places and ``grids``, each with its ring in degrees."""
    return _outline(tree().generation, tuple(paths), lang)


@lru_cache(maxsize=16)
def _outline(generation: str, paths: tuple[str, ...], lang: str) -> dict[str, Any]:
    shown, ground = named(paths), tree()
    grids = [node for _, inside in shown for node in map(ground.get, inside) if node is not None]
    if len(grids) > MOST_OUTLINED:
        grids = []
    shapes = _shapes([node for node, _ in shown] + grids)
    boxes = [shapes[node.id].bounds for node, _ in shown if node.id in shapes]
    return {
        "generation": generation,
        "bounds": _around(boxes),
        "named": [_drawn(node, short(node, lang), shapes) for node, _ in shown if node.id in shapes],
        "grids": [_drawn(node, _number(node, lang), shapes) for node in grids if node.id in shapes],
    }


def _shapes(nodes: Sequence[Node]) -> dict[int, Any]:
    wanted = {node.version_id: node.id for node in nodes}
    rows = (
        epoch().versions().filter(pk__in=list(wanted), geometry__isnull=False).values_list("id", "geometry")
    )
    return {wanted[number]: shapely.from_wkb(bytes(wkb or b"")) for number, wkb in rows}


def _around(boxes: Sequence[tuple[float, ...]]) -> list[float] | None:
    if not boxes:
        return None
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return [round(v, 6) for v in (west, south, max(b[2] for b in boxes), max(b[3] for b in boxes))]


def _drawn(node: Node, name: str, shapes: dict[int, Any]) -> dict[str, Any]:
    parts = shapely.get_parts(shapes[node.id].simplify(_FINE))
    largest = max(parts, key=lambda part: part.area)
    ring = [[round(x, 6), round(y, 6)] for x, y in largest.exterior.coords[:-1]]
    return {"id": ids.text(node.id), "name": name, "ring": ring}


def short(node: Node, lang: str) -> str:
    """柳荫, not 柳荫社区: where it stands says what it is."""
    name = node.called(lang)
    if lang == "en":
        return name.removesuffix(" Community").removesuffix(" Street")
    return name.removesuffix("社区").removesuffix("街道")


def _number(node: Node, lang: str) -> str:
    """05 of 柳荫 05; the whole name where it carries no number."""
    last = node.called(lang).rsplit(" ", 1)[-1]
    return last if last.isdigit() else node.called(lang)
