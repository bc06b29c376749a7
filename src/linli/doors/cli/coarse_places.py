"""A coarse tree of places out of a table of points: each name's ground is the land nearer to its points than to any other's.

No gaps, no overlaps, and every point of the table falls into the place the table names for it. Good enough to see a map and to find whoever
answers; true borders, imported later, take its place and leave history as it was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from linli.kernel.errors import Refusal
from linli.kernel.places import importing
from linli.kernel.places.rows import Row
from linli.kernel.places.tree import tree

Names = tuple[str, ...]
RIM = 0.003  # degrees of ground around the outermost points
FAR = 0.6  # degrees from the middle: a slip, not a place


def make(
    spots: Iterable[tuple[Names, float | None, float | None]],
    made: dict[str, Any],
    since: datetime,
    note: str,
) -> int:
    """Make the tree under ``made["root"]`` from the names and points of every row; how many places are new. Nothing where the root exists.
    Raises Refusal ``import.no_made``, ``import.many_places``, ``import.places_faulty``."""
    if not made.get("root") or not made.get("levels"):
        raise Refusal("import.no_made")
    if tree().by_code(made["root"]["code"]) is not None:
        return 0
    rows = list(spots)
    grounds = _grounds(
        [(names, lon, lat) for names, lon, lat in rows if names and lon is not None and lat is not None]
    )
    wanted = _rows(
        made, sorted({names[:n] for names, _, _ in rows for n in range(1, len(names) + 1)}), grounds, note
    )
    plan = importing.plan_rows(wanted, valid_from=since, gaps="warning", note=note)
    if plan.errors:
        raise Refusal(
            "import.places_faulty", problem="; ".join(problem.line("en") for problem in plan.errors[:3])
        )
    importing.apply(plan)
    return len(wanted)


def _grounds(spots: list[tuple[Names, float, float]]) -> dict[Names, Any]:
    """The ground of each deepest name: Voronoi cells of its points, joined."""
    if len({(lon, lat) for _, lon, lat in spots}) < 4:
        return {}
    mid = np.median([[lon, lat] for _, lon, lat in spots], axis=0)
    said: dict[tuple[float, float], Counter[Names]] = defaultdict(Counter)
    for names, lon, lat in spots:
        if abs(lon - mid[0]) <= FAR and abs(lat - mid[1]) <= FAR:
            said[lon, lat][names] += 1
    points = shapely.points(list(said))
    hull = shapely.buffer(shapely.convex_hull(shapely.multipoints(points)), RIM)
    cells = np.array(shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=hull)))
    cells = shapely.intersection(cells, hull)
    at_cell, at_point = shapely.STRtree(points).query(cells, predicate="intersects")
    parts: dict[Names, list[Any]] = defaultdict(list)
    names_of = [names.most_common(1)[0][0] for names in said.values()]
    for cell, point in zip(at_cell.tolist(), at_point.tolist(), strict=True):
        parts[names_of[point]].append(cells[cell])
    return {names: shapely.union_all(shapes) for names, shapes in parts.items()}


def _rows(made: dict[str, Any], names: list[Names], grounds: dict[Names, Any], note: str) -> list[Row]:
    """Rows for the root and for every name below it, codes counted in the order of names."""
    root, levels = made["root"], [str(each["level"]) for each in made["levels"]]
    whole = shapely.union_all(list(grounds.values())) if grounds else None
    rows = [
        Row(
            note,
            0,
            root["code"],
            root["name"],
            root.get("name_en", root["name"]),
            str(root.get("level", "district")),
            shape=whole,
        )
    ]
    codes: dict[Names, str] = {(): root["code"]}
    counted: Counter[Names] = Counter()
    for number, name in enumerate(names, 1):
        above = name[:-1]
        counted[above] += 1
        if counted[above] > 999:
            raise Refusal("import.many_places", name=above[-1] if above else root["name"])
        level = levels[len(name) - 1]
        wide = {"street": 9, "community": 12}.get(level, len(codes[above]) + 3)
        codes[name] = codes[above] + f"{counted[above]:0{wide - len(codes[above])}d}"
        within = [shape for deep, shape in grounds.items() if deep[: len(name)] == name]
        shape = shapely.union_all(within) if within else None
        rows.append(Row(note, number, codes[name], name[-1], name[-1], level, codes[above], shape=shape))
    return rows


def by_names(root: str, names: Names) -> int | None:
    """The deepest place of those names under the root; None where the root or the first name is unknown."""
    ground = tree()
    node = ground.by_code(root)
    found = None
    for name in names:
        node = (
            next((child for child in ground.children(node.id) if child.name == name), None) if node else None
        )
        if node is None:
            break
        found = node.id
    return found
