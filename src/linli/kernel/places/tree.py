"""The tree of one moment, in memory: by id, by code, up and down. Reading it touches no store.

``tree()`` is the present one, ``tree(at)`` that of any past moment. A Tree never changes; ask again for news.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from linli.kernel.errors import Refusal
from linli.kernel.places.epochs import Epoch, Kept
from linli.kernel.places.levels import full_code


class Node(NamedTuple):
    """One place as it was at the moment of its tree. ``path`` is ``/root/…/self/``; ``lon``/``lat`` the
    label point."""

    id: int
    version_id: int
    code: str
    level: str
    kind: str
    name: str
    name_en: str
    parent_id: int | None
    path: str
    lon: float | None
    lat: float | None
    households: int | None
    people: int | None

    def called(self, lang: str = "zh") -> str:
        """Its name in that language; the Chinese one where no other is known."""
        return (self.name_en or self.name) if lang.startswith("en") else self.name

    @property
    def full_code(self) -> str:
        return full_code(self.code)


_COLUMNS = (
    "place_id",
    "id",
    "place__code",
    "place__level",
    "place__kind",
    "name",
    "name_en",
    "parent_id",
    "path",
    "lon",
    "lat",
    "households",
    "people",
)


class Tree:
    """All places of one epoch."""

    def __init__(self, generation: str, nodes: list[Node]) -> None:
        nodes.sort(key=lambda node: node.code)
        self.generation = generation
        self.nodes = nodes  # by code
        self._by_id = {node.id: node for node in nodes}
        self._by_code = {node.code: node for node in nodes}
        self._children: dict[int | None, list[Node]] = {}
        for node in nodes:
            self._children.setdefault(node.parent_id, []).append(node)

    def __len__(self) -> int:
        return len(self.nodes)

    def get(self, place_id: int | None) -> Node | None:
        return self._by_id.get(place_id) if place_id is not None else None

    def place(self, place_id: int) -> Node:
        """The place, or Refusal ``places.unknown`` where this moment has none of that id."""
        node = self._by_id.get(place_id)
        if node is None:
            raise Refusal("places.unknown", kind="missing")
        return node

    def by_code(self, code: str) -> Node | None:
        """By the code as stored (short) or filled up with zeros to 12 digits."""
        node = self._by_code.get(code)
        if node is None and len(code) == 12 and code.isdigit():
            for digits in (9, 6, 4, 2):
                node = self._by_code.get(code[:digits])
                if node is not None and full_code(node.code) == code:
                    return node
            return None
        return node

    @property
    def roots(self) -> list[Node]:
        return self._children.get(None, [])

    def children(self, place_id: int | None) -> list[Node]:
        """Those directly below, by code; the roots for None."""
        return self._children.get(place_id, [])

    def ancestors(self, place_id: int) -> list[Node]:
        """From the root down to the parent; empty for a root."""
        chain: list[Node] = []
        node = self.get(self.place(place_id).parent_id)
        while node is not None:
            chain.append(node)
            node = self.get(node.parent_id)
        chain.reverse()
        return chain

    def chain(self, place_id: int) -> list[Node]:
        """From the root down to the place itself."""
        return [*self.ancestors(place_id), self.place(place_id)]

    def up_to(self, place_id: int, level: str) -> Node | None:
        """The place itself or the ancestor that is of that level."""
        node = self.get(place_id)
        while node is not None and node.level != level:
            node = self.get(node.parent_id)
        return node

    def below(self, place_id: int) -> Iterator[Node]:
        """The place and everything under it, parents before children."""
        waiting = [self.place(place_id)]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(self.children(node.id)))

    def of_level(self, level: str) -> list[Node]:
        return [node for node in self.nodes if node.level == level]


def _load(epoch: Epoch) -> Tree:
    rows = epoch.versions().values_list(*_COLUMNS).iterator(chunk_size=10_000)
    return Tree(epoch.generation, [Node._make(row) for row in rows])


_kept: Kept[Tree] = Kept(_load)


def tree(at: datetime | None = None) -> Tree:
    """The tree of that moment (default: of ``moment.now()``). Never older than one second."""
    return _kept.at(at)
