"""Address text → building or compound → who answers for the ground there.

``find`` answers while somebody is still typing, so everything it needs is in memory, built once per epoch:
scopes (compounds, roads, areas, named places) by folded name, and under each scope its buildings by number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from math import cos, hypot, radians
from typing import NamedTuple

from linli.kernel.places.epochs import Epoch, Kept
from linli.kernel.places.gazetteer import Scope, Target, load_scopes
from linli.kernel.places.locate import owner_of
from linli.kernel.places.spoken import Spoken, normalise, parse
from linli.kernel.places.tree import tree

__all__ = ["AddressHit", "Spoken", "find", "normalise", "parse"]

_FEW = 60  # of the buildings that share a number, so many are looked at
_SURE = 0.95  # a scope matched at least this well was named, not guessed


class AddressHit(NamedTuple):
    """One suggestion. ``place_id`` is the building where one was found, else the compound, area or owner of
    the ground; ``micro_grid`` the place that owns the ground. ``exact``: this is what was said and nothing
    else is.
    ``unit`` is the entrance as said, ``entrance`` the same where the building is known to have it.
    ``rest`` is what else was said (room, remark): it belongs to the report only."""

    place_id: int
    label: str
    compound: str
    micro_grid: int | None
    lon: float | None
    lat: float | None
    score: float
    exact: bool
    unit: str | None
    entrance: str | None
    rest: str = ""


class _Found(NamedTuple):
    score: float
    scope: Scope
    target: Target | None
    exact: bool


class Gazetteer:
    """All that can be named in one epoch. Immutable after it is built."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self.scopes = sorted(scopes, key=lambda scope: scope.key)
        self._keys = [scope.key for scope in self.scopes]
        self._letters: dict[str, set[int]] = defaultdict(set)
        self._numbers: dict[str, list[tuple[Scope, Target]]] = defaultdict(list)
        self._longest = max((len(key) for key in self._keys), default=0)
        for n, scope in enumerate(self.scopes):
            for piece in _pieces(scope.key):
                self._letters[piece].add(n)
            if scope.home:
                for number, targets in scope.buildings.items():
                    self._numbers[number] += [(scope, target) for target in targets]

    def exactly(self, key: str) -> list[Scope]:
        start = bisect_left(self._keys, key)
        end = start
        while end < len(self._keys) and self._keys[end] == key:
            end += 1
        return self.scopes[start:end]

    def beginning(self, key: str, most: int) -> list[Scope]:
        start = end = bisect_left(self._keys, key)
        while end < len(self._keys) and end - start < most and self._keys[end].startswith(key):
            end += 1
        return self.scopes[start:end]

    def within(self, said: str) -> list[tuple[float, Scope]]:
        """Scopes whose name stands inside what was said (清河区柳荫街道和平苑); the later and longer the better."""
        for end in range(len(said), 1, -1):
            for start in range(max(0, end - self._longest), end - 1):
                found = self.exactly(said[start:end])
                if found and (start, end) != (0, len(said)):
                    return [(0.97 if end == len(said) else 0.85, scope) for scope in found]
        return []

    def like(self, said: str, most: int = 40) -> list[tuple[float, Scope]]:
        """Scopes that contain what was said, or differ from it by one character."""
        pieces = _pieces(said)
        if len(said) < 2 or not pieces:
            return []
        counts: Counter[int] = Counter()
        for piece in pieces:
            counts.update(self._letters.get(piece, ()))
        enough = max(1, len(pieces) - (1 if said[0] > "z" else 2))
        found: list[tuple[float, Scope]] = []
        for n, shared in counts.most_common(most):
            key = self.scopes[n].key
            if shared == len(pieces) and said in key:
                found.append((0.8, self.scopes[n]))
            elif shared >= enough and len(said) > 2 and _one_apart(said, key):
                found.append((0.6, self.scopes[n]))
        return found

    def match(self, said: str) -> list[tuple[float, Scope]]:
        """The scopes that may be meant, best first."""
        bare = said.removesuffix("小区") or said
        found = [(1.0, scope) for scope in self.exactly(said) + (self.exactly(bare) if bare != said else [])]
        found = found or self.within(said)
        found += [(0.9 - 0.01 * min(9, len(s.key) - len(bare)), s) for s in self.beginning(bare, 60)]
        if not found:
            found = self.like(bare)
        best: dict[int, tuple[float, Scope]] = {}
        for score, scope in found:
            if score > best.get(id(scope), (0.0, scope))[0]:
                best[id(scope)] = (score, scope)
        return sorted(best.values(), key=lambda pair: (-pair[0], pair[1].key))

    def numbered(self, number: str) -> list[tuple[Scope, Target]]:
        return self._numbers.get(number, [])


def _pieces(key: str) -> set[str]:
    """What a name is looked up by: its Chinese characters, and pairs of Latin letters."""
    pieces = {c for c in key if c > "\u2e80"}
    return pieces | {key[n : n + 2] for n in range(len(key) - 1) if key[n] < "\x80" and key[n + 1] < "\x80"}


def _one_apart(one: str, other: str) -> bool:
    """Whether one insertion, deletion or replacement turns one into the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    return (
        one[start + 1 :] == other[start + (len(one) == len(other)) :]
        or one[start:] == other[start + 1 :]
        or (one[start + 1 :] == other[start:])
    )


def _metres(near: tuple[float, float], lon: float | None, lat: float | None) -> float:
    if lon is None or lat is None:
        return 1e7
    return 111_320 * hypot((lon - near[0]) * cos(radians(near[1])), lat - near[1])


def _closeness(near: tuple[float, float] | None, lon: float | None, lat: float | None) -> float:
    """0 … 0.3: what standing near adds when nothing but a number was said, or several names are alike."""
    return 0.0 if near is None else 0.3 / (1 + _metres(near, lon, lat) / 300)


def _in_scope(said: Spoken, quality: float, scope: Scope, within: str) -> Iterable[_Found]:
    """The buildings of one scope that fit the number, whole or as far as typed."""
    rows = scope.buildings.get(said.number, [])
    fitting = [target for target in rows if target.path.startswith(within)]
    for target in fitting:
        yield _Found(quality, scope, target, quality >= _SURE and len(fitting) == 1)
    if said.typing or not said.number:
        for number, targets in scope.buildings.items():
            if number != said.number and number.startswith(said.number):
                for target in targets:
                    if target.path.startswith(within):
                        yield _Found(quality * (0.8 if said.number else 0.7), scope, target, False)
    if not fitting and scope.path.startswith(within):
        named = not said.number and quality >= _SURE
        yield _Found(quality if not said.number else quality * 0.6, scope, None, named)


def _by_number(
    gazetteer: Gazetteer, said: Spoken, near: tuple[float, float] | None, within: str
) -> Iterable[_Found]:
    """Only a number was understood: the buildings of that number, the near ones first."""
    rows = [(s, t) for s, t in gazetteer.numbered(said.number) if t.path.startswith(within)]
    base = (0.6 if len(rows) == 1 or within != "/" else 0.4) * (0.5 if said.scope else 1.0)
    alone = len(rows) == 1 and not said.scope
    if near is not None:
        rows = nsmallest(_FEW, rows, key=lambda row: _metres(near, row[1].lon, row[1].lat))
    for scope, target in rows[:_FEW]:
        yield _Found(base + _closeness(near, target.lon, target.lat), scope, target, alone)


def _candidates(
    gazetteer: Gazetteer, said: Spoken, near: tuple[float, float] | None, within: str
) -> list[_Found]:
    found: list[_Found] = []
    matches = gazetteer.match(said.scope) if said.scope else []
    if not said.scope and said.rest:  # Building 3, Heping Court: the scope may stand behind
        matches = [pair for pair in gazetteer.match(said.rest) if pair[0] >= _SURE]
    for quality, scope in matches:
        found += _in_scope(said, quality, scope, within)
    if said.number and not any(hit.target for hit in found) and (not said.scope or near or within):
        found += _by_number(gazetteer, said, near, within)
    return found


def _ranked(found: list[_Found], near: tuple[float, float] | None, limit: int) -> list[_Found]:
    def order(hit: _Found) -> tuple[float, float, str, str]:
        spot = hit.target or hit.scope
        number = hit.target.number if hit.target else ""
        nearness = _closeness(near, spot.lon, spot.lat)
        return (-round(hit.score, 3), -nearness, hit.scope.key, number.rjust(6))

    best: dict[int, _Found] = {}
    for hit in sorted(found, key=order):
        best.setdefault(hit.target.place_id if hit.target else -id(hit.scope), hit)
    chosen = list(best.values())[:limit]
    sure = [hit for hit in best.values() if hit.exact]
    return [hit._replace(exact=hit.exact and len(sure) == 1) for hit in chosen]


def find(
    text: str,
    near: tuple[float, float] | None = None,
    within_path: str | None = None,
    limit: int = 8,
    lang: str = "zh",
) -> list[AddressHit]:
    """What may be meant by ``text``, best first; empty where nothing fits.

    ``near`` (lon, lat) decides between equals and lets a bare 三号楼 be understood; ``within_path`` keeps to one
    part of the tree. Speaks of the present only.
    """
    said = parse(text[:200])
    if not (said.scope or said.number):
        return []
    found = _candidates(_kept.at(), said, near, within_path or "/")
    return [_hit(one, said, lang) for one in _ranked(found, near, limit)]


def _hit(found: _Found, said: Spoken, lang: str) -> AddressHit:
    scope, target = found.scope, found.target
    spot = target or scope
    compound = tree().get(target.compound_id if target else scope.compound_id)
    owner = tree().get(target.ground_id) if target else None
    micro_grid = owner.id if owner else None
    if micro_grid is None and spot.lon is not None and spot.lat is not None:
        hit = owner_of(spot.lon, spot.lat)
        micro_grid = hit.place_id if hit else None
    lon, lat = spot.lon, spot.lat
    known = target.entrances.get(said.entrance) if target and said.entrance else None
    if known and known.lon is not None:
        lon, lat = known.lon, known.lat
    return AddressHit(
        place_id=target.place_id if target else scope.place_id or micro_grid or 0,
        label=_label(found, said.entrance, lang),
        compound=compound.called(lang) if compound else "",
        micro_grid=micro_grid,
        lon=lon,
        lat=lat,
        score=round(min(1.0, found.score), 3),
        exact=found.exact,
        unit=said.entrance or None,
        entrance=known.entrance if known else None,
        rest=said.rest,
    )


def _label(found: _Found, entrance: str, lang: str) -> str:
    english = lang.startswith("en")
    scope = (found.scope.name_en or found.scope.name) if english else found.scope.name
    if found.target is None:
        return scope
    name = found.target.called(lang)
    if not english:
        return scope + name + (f"{entrance.upper()}单元" if entrance else "")
    door = f"Entrance {entrance.upper()}" if entrance else ""
    return ", ".join(part for part in (scope, name, door) if part)


def _load(epoch: Epoch) -> Gazetteer:
    return Gazetteer(load_scopes(epoch))


_kept: Kept[Gazetteer] = Kept(_load, keep=1)
