"""Everything that can be named in one epoch, read from the store: the raw material of ``address.find``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from linli.kernel.places.epochs import Epoch
from linli.kernel.places.levels import AREAS
from linli.kernel.places.models import Address, Building, Feature
from linli.kernel.places.spoken import normalise, number_key
from linli.kernel.places.tree import Node, Tree, tree


class Entrance(NamedTuple):
    entrance: str
    lon: float | None
    lat: float | None


class Target(NamedTuple):
    """One building under one scope. ``ground_id`` is its parent where that is an area."""

    place_id: int
    number: str
    name: str
    name_en: str
    compound_id: int | None
    ground_id: int | None
    path: str
    lon: float | None
    lat: float | None
    entrances: dict[str, Entrance]

    def called(self, lang: str) -> str:
        return (self.name_en or self.name) if lang.startswith("en") else self.name


@dataclass(slots=True, eq=False)
class Scope:
    """A name under which things stand: a compound, a road, an area, a park. ``key`` is the folded name.
    ``home``: the scope a building is counted under when only its number is said (its compound, not an
    alias)."""

    key: str
    name: str
    name_en: str = ""
    place_id: int | None = None
    compound_id: int | None = None
    path: str = "/"
    lon: float | None = None
    lat: float | None = None
    home: bool = False
    buildings: dict[str, list[Target]] = field(default_factory=dict)

    def add(self, number: str, target: Target) -> None:
        rows = self.buildings.setdefault(number, [])
        if all(row.place_id != target.place_id for row in rows):
            rows.append(target)


def load_scopes(epoch: Epoch) -> list[Scope]:
    nodes = tree(epoch.instant) if epoch.instant else Tree("none", [])
    areas = {node.id: _area(node) for node in nodes.nodes if node.level in AREAS}
    scopes = [scope for twins in areas.values() for scope in twins]
    entrances = _entrances()
    targets: dict[int, Target] = {}
    for place_id, compound_id, number in Building.objects.values_list("place_id", "compound_id", "number"):
        node = nodes.get(place_id)
        if node is None:
            continue
        parent = nodes.get(node.parent_id)
        compound = nodes.get(compound_id) or nodes.up_to(place_id, "compound")
        target = _target(node, parent, compound, number, entrances.get(place_id, {}))
        targets[place_id] = target
        home = compound or parent
        for scope in areas.get(home.id, []) if home else []:
            scope.add(target.number, target)
    return scopes + _other_names(targets, areas) + _furniture()


def _area(node: Node) -> list[Scope]:
    """A scope for each name of the place: Chinese, English, and without the word 小区 that people leave out."""
    names = {normalise(node.name), normalise(node.name_en), normalise(node.name.removesuffix("小区"))} - {""}
    compound_id = node.id if node.level == "compound" else None
    first = normalise(node.name)
    return [
        Scope(key, node.name, node.name_en, node.id, compound_id, node.path, node.lon, node.lat, key == first)
        for key in sorted(names)
    ]


def _target(
    node: Node, parent: Node | None, compound: Node | None, number: str, entrances: dict[str, Entrance]
) -> Target:
    ground = parent.id if parent and parent.level in AREAS else None
    return Target(
        place_id=node.id,
        number=number_key(number or node.name),
        name=node.name,
        name_en=node.name_en,
        compound_id=compound.id if compound else None,
        ground_id=ground,
        path=node.path,
        lon=node.lon,
        lat=node.lat,
        entrances=entrances,
    )


def _entrances() -> dict[int, dict[str, Entrance]]:
    found: dict[int, dict[str, Entrance]] = {}
    rows = Address.objects.exclude(entrance="").values_list("place_id", "entrance", "lon", "lat")
    for place_id, entrance, lon, lat in rows:
        found.setdefault(place_id, {})[number_key(entrance)] = Entrance(entrance, lon, lat)
    return found


def _other_names(targets: dict[int, Target], areas: dict[int, list[Scope]]) -> list[Scope]:
    """Roads with door plates and other names of compounds, from the addresses."""
    own = {(scope.key, scope.place_id) for twins in areas.values() for scope in twins}
    found: dict[tuple[str, int | None], Scope] = {}
    rows = Address.objects.filter(entrance="").exclude(scope="")
    for place_id, compound_id, scope_name, number in rows.values_list(
        "place_id", "compound_id", "scope", "number"
    ):
        target = targets.get(place_id)
        key = normalise(scope_name)
        if target is None or (key, compound_id) in own:
            continue
        scope = found.get((key, compound_id))
        if scope is None:
            home = areas[compound_id][0] if compound_id in areas else None
            scope = found[(key, compound_id)] = Scope(
                key,
                scope_name,
                "",
                home.place_id if home else None,
                compound_id,
                target.path,
                target.lon,
                target.lat,
            )
            if home:
                scope.path = home.path
        plate = target if compound_id else target._replace(name=f"{number}号", name_en=f"No. {number}")
        scope.add(number_key(number), plate)
    return list(found.values())


def _furniture() -> list[Scope]:
    """Named things of the map: parks, roads, waters. The middle of their box stands for them."""
    rows = Feature.objects.exclude(name="").values_list(
        "name", "name_en", "min_lon", "max_lon", "min_lat", "max_lat"
    )
    seen: set[str] = set()
    scopes = []
    for name, name_en, west, east, south, north in rows:
        key = normalise(name)
        if key not in seen:
            seen.add(key)
            scopes.append(Scope(key, name, name_en, lon=(west + east) / 2, lat=(south + north) / 2))
    return scopes
