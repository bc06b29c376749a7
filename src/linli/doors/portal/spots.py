"""Where something is: a point of the map or an address as people say it, and who answers for that ground now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters.duplicates import metres
from linli.kernel.people import duty, posts
from linli.kernel.people.duty import Holding
from linli.kernel.places import address, locate, tree
from linli.kernel.places.address import AddressHit
from linli.kernel.places.tree import Node

NEXT_DOOR = 45  # metres: a pin this close to a building means the building
SHOWN = ("micro_grid", "compound", "community")


@dataclass(frozen=True, slots=True)
class Spot:
    """One spot, named. ``written`` is the id of the place that owns the ground."""

    lon: float
    lat: float
    label: str
    ground: str
    path: str
    place_id: int

    @property
    def written(self) -> str:
        return ids.text(self.place_id)


@dataclass(frozen=True, slots=True)
class Post:
    """Who holds what there, for a resident who asks."""

    role: str
    name: str
    place: str
    on_duty: bool
    first: bool


def at(lon: float, lat: float, lang: str, label: str = "") -> Spot:
    """The spot under a pin. Raises Refusal ``report.outside`` where nobody answers."""
    hit = locate.owner_of(lon, lat)
    if hit is None:
        raise Refusal("report.outside", field="where")
    ground = tree.tree()
    return Spot(
        lon,
        lat,
        label or _label(ground, hit.place_id, lon, lat, lang),
        _ground(ground, hit.place_id, lang),
        hit.path,
        hit.place_id,
    )


def of_hit(hit: AddressHit, lang: str) -> Spot:
    """The spot of an address. Raises Refusal ``report.outside`` for one that stands nowhere."""
    if hit.lon is None or hit.lat is None:
        raise Refusal("report.outside", field="where")
    return at(hit.lon, hit.lat, lang, hit.label)


def _ground(ground: tree.Tree, place_id: int, lang: str) -> str:
    """柳荫社区·柳荫 05: the community and what owns the ground, without saying the same name twice."""
    chain = [node for node in ground.chain(place_id) if node.level not in ("district", "street", "compound")]
    names = [node.called(lang) for node in chain] or [ground.place(place_id).called(lang)]
    return "·".join(names) if lang == "zh" else ", ".join(reversed(names))


def _label(ground: tree.Tree, place_id: int, lon: float, lat: float, lang: str) -> str:
    """The building next door with its compound, else the compound, else the ground's own name."""
    compound = ground.up_to(place_id, "compound")
    owner = compound or ground.place(place_id)
    near = [(metres((lon, lat), (node.lon, node.lat)), node) for node in _buildings(ground, owner)]
    if near and min(near)[0] <= NEXT_DOOR:
        building = min(near)[1].called(lang)
        name = owner.called(lang)
        return f"{name} {building}" if lang == "zh" else f"{building}, {name}"
    return owner.called(lang)


def _buildings(ground: tree.Tree, owner: Node) -> Iterator[Any]:
    return (node for node in ground.below(owner.id) if node.level == "building" and node.lon is not None)


def find(text: str, near: tuple[float, float] | None, lang: str) -> list[AddressHit]:
    """What may be meant, those that stand somewhere."""
    return [
        hit for hit in address.find(text, near=near, lang=lang) if hit.lon is not None and hit.lat is not None
    ]


def said(text: str, near: tuple[float, float] | None, lang: str) -> Spot | list[AddressHit]:
    """The one spot that is meant, or several to choose from. Raises Refusal ``portal.address_unknown``."""
    hits = find(text, near, lang)
    if not hits:
        raise Refusal("portal.address_unknown", field="address", address=text)
    sure = [hit for hit in hits if hit.label == text] or [hit for hit in hits if hit.exact]
    return of_hit(sure[0], lang) if sure else of_hit(hits[0], lang) if len(hits) == 1 else hits


def chosen_place(written: str, lang: str, label: str = "") -> Spot:
    """The spot of a place that was picked from a list."""
    node = tree.tree().get(ids.parse(written))
    if node is None or node.lon is None or node.lat is None:
        raise Refusal("portal.where_first", field="address")
    return at(node.lon, node.lat, lang, label)


def answers(path: str, role: str) -> Holding | None:
    """Who answers for that role on that ground now."""
    return duty.answerable(role, path, moment.now())


def chain(path: str, lang: str) -> list[Post]:
    """Everybody of the neighbourhood who answers there, nearest first."""
    ground = tree.tree()
    found: list[Post] = []
    for level in SHOWN:
        for key, role in posts.declared().items():
            if role.level != level or not role.staff or role.unit:
                continue
            held = duty.holder(key, path)
            node = ground.get(held.place_id) if held else None
            if held and node and all(post.name != held.name for post in found):
                found.append(Post(role.text.say(lang), held.name, node.called(lang), held.on_duty, not found))
    return sorted(found, key=lambda post: not post.on_duty and not post.first) if found else []


def home(request: HttpRequest) -> Node | None:
    """The place this browser calls home, if it still exists."""
    written = request.COOKIES.get("home", "")
    if len(written) != 13:
        return None
    try:
        return tree.tree().get(ids.parse(written))
    except Refusal:
        return None


def near_home(request: HttpRequest) -> tuple[float, float] | None:
    """Around where addresses are looked for first."""
    node = home(request)
    return (node.lon, node.lat) if node and node.lon is not None and node.lat is not None else None


def middle(request: HttpRequest) -> tuple[float, float]:
    """Where a map opens: home, else the middle of the town."""
    near = near_home(request)
    if near:
        return near
    for level in ("community", "street", "district"):
        for node in tree.tree().of_level(level):
            if node.lon is not None and node.lat is not None:
                return node.lon, node.lat
    return 105.0, 36.0  # a store without a single place: the middle of the country


def degrees(typed: str) -> float | None:
    """A number of degrees as a form sends it."""
    try:
        value = float(typed)
    except ValueError:
        return None
    return value if -180 <= value <= 180 else None
