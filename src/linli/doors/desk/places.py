"""网格: the tree of places, who answers where, who is on duty now; and places for an address typed into a form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse

from linli.doors.desk import minimap
from linli.doors.desk.shell import desk_page, highest
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import reads
from linli.kernel.matters.cards import Card
from linli.kernel.people import duty, posts
from linli.kernel.people.actors import Actor
from linli.kernel.places import address
from linli.kernel.places.tree import Node, tree

WITHOUT = ("resident", "screen", "admin")  # posts that answer for no ground
COUNTED = 2000
DRAWN = 400


@dataclass(slots=True)
class Branch:
    """One place of the tree with what is open below it."""

    node: Node
    name: str
    written: str
    open: int = 0
    broken: int = 0
    current: bool = False
    below: list[Branch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Post:
    """Who answers for a role at a place. ``from_above`` where nobody holds it there and somebody higher does."""

    role: str
    name: str
    on_duty: bool
    deputy_for: str
    from_above: bool


@who("staff")
def places(request: HttpRequest, written: str = "") -> HttpResponse:
    """The tree at the left, one place in the middle."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    node = chosen(actor, written)
    cards, _ = reads.inbox(actor, lang, tab="all", limit=COUNTED)
    counts = dict(_counts(cards))
    ground = tree()
    drawn = minimap.of_place(node.id, lang, ratio=0.42, pixels=960)
    facts = {
        "roots": [_branch(root, node, counts, lang) for root in roots(actor)],
        "node": node,
        "name": node.called(lang),
        "level": say(lang, f"desk.places.level.{node.level}"),
        "crumbs": [(ids.text(n.id), n.called(lang)) for n in ground.ancestors(node.id) if _within(actor, n)],
        "posts": list(posts_at(node, lang)),
        "units": [(unit.called(lang), unit.phone) for unit in duty.units(node.path)],
        "map": drawn,
        "dots": list(_dots(drawn, cards, node)),
        "open": counts.get(node.id, (0, 0))[0],
        "broken": counts.get(node.id, (0, 0))[1],
        "written": ids.text(node.id),
        "children": len([n for n in ground.children(node.id) if n.level != "building"]),
    }
    return desk_page(request, "desk/places.html", "places", **facts)


def roots(actor: Actor) -> list[Node]:
    """The places the actor's posts stand at."""
    ground = tree()
    found = [ground.get(int(path.strip("/").split("/")[-1])) for path in actor.paths()]
    return [node for node in found if node is not None]


def _within(actor: Actor, node: Node) -> bool:
    return any(node.path.startswith(path) for path in actor.paths())


def chosen(actor: Actor, written: str) -> Node:
    """The place asked for, if the actor's posts reach it; else the highest they hold. Raises ``places.unknown``."""
    node = tree().get(ids.parse(written)) if written else highest(actor)
    if node is None or not _within(actor, node):
        raise Refusal("places.unknown", kind="missing")
    return node


def _dots(drawn: minimap.Minimap | None, cards: tuple[Card, ...], node: Node) -> Iterator[dict[str, object]]:
    """Open matters on the place's map. What is drawn as an area has no dot."""
    for card in cards[:DRAWN] if drawn else ():
        if card.lon is None or card.lat is None or card.area_only or not card.path.startswith(node.path):
            continue
        at = drawn.xy(card.lon, card.lat) if drawn else None
        if at is not None:
            state = card.clock.state if card.clock else "plenty"
            yield {
                "id": card.id,
                "title": f"{card.number} {card.title}",
                "x": at[0],
                "y": at[1],
                "state": state,
            }


def _counts(cards: tuple[Card, ...]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Open and overdue matters of every place, by place id."""
    open_, broken = dict[int, int](), dict[int, int]()
    for card in cards:
        for part in card.path.strip("/").split("/"):
            open_[int(part)] = open_.get(int(part), 0) + 1
            broken[int(part)] = broken.get(int(part), 0) + card.broken
    for place_id, n in open_.items():
        yield place_id, (n, broken[place_id])


def _branch(node: Node, current: Node, counts: dict[int, tuple[int, int]], lang: str) -> Branch:
    """The place and what is below it; buildings are not drawn in the tree."""
    n, broken = counts.get(node.id, (0, 0))
    branch = Branch(node, node.called(lang), ids.text(node.id), n, broken, node.id == current.id)
    below = [child for child in tree().children(node.id) if child.level != "building"]
    branch.below = [_branch(child, current, counts, lang) for child in below]
    return branch


def posts_at(node: Node, lang: str) -> Iterator[Post]:
    """Every staff role that somebody answers for on this ground, those held at the place itself first."""
    found: list[tuple[bool, Post]] = []
    for key, role in posts.declared().items():
        if not role.staff or key in WITHOUT or role.unit:
            continue
        for held in duty.holders(key, node.path)[:6]:
            above = held.place_id != node.id
            absent = duty.name_of(held.deputy_for)
            found.append((above, Post(role.text.say(lang), held.name, held.on_duty, absent, above)))
    for _, post in sorted(found, key=lambda pair: pair[0]):
        yield post


@who("staff")
def spots(request: HttpRequest) -> HttpResponse:
    """Points for an address as it is typed, as radio buttons of an act's form."""
    text = request.GET.get("address", "").strip()
    lang: str = request.lang  # type: ignore[attr-defined]
    ground = tree()
    hits = [
        {
            "label": hit.label,
            "note": node.called(lang) if (node := ground.get(hit.micro_grid)) else hit.compound,
            "lon": hit.lon,
            "lat": hit.lat,
            "exact": hit.exact,
        }
        for hit in (address.find(text, lang=lang) if text else [])
        if hit.lon is not None
    ]
    return page(request, "desk/spots.html", hits=hits, text=text)
