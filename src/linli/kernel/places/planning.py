"""What an import would do, and everything that speaks against it. Reads the store, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from linli.kernel.places import shapes as outlines
from linli.kernel.places.ground import Area, findings
from linli.kernel.places.levels import AREAS, BY_KEY, RANK
from linli.kernel.places.locate import Locator, PlaceHit
from linli.kernel.places.models import Place
from linli.kernel.places.rows import ERROR, WARNING, Problem, Row, code_fits
from linli.kernel.places.states import (
    Base,
    Wanted,
    as_stored,
    digest_of,
    stored,
    stored_shapes,
    together,
    words_only,
)

_TOP = frozenset({"province", "city", "district"})  # may stand without a parent


@dataclass
class Draft:
    """The state after the import, by code, and what was found wrong on the way."""

    wanted: dict[str, Wanted] = field(default_factory=dict)
    vanished: list[Base] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def draft(rows: Iterable[Row], valid_from: datetime, close_missing: bool, gaps: str) -> Draft:
    """Compare what was read with what is stored."""
    return _Drafting(valid_from, gaps).run(list(rows), close_missing)


class _Drafting:
    def __init__(self, valid_from: datetime, gaps: str) -> None:
        self.base = stored()
        self.valid_from = valid_from
        self.gaps = gaps
        self.out = Draft()
        self.named: dict[str, Row] = {}  # every code the files speak of, faulty rows too
        self._gone: set[str] = set()  # codes to be closed

    def run(self, rows: list[Row], close_missing: bool) -> Draft:
        for row in self._merged(rows):
            if self._acceptable(row):
                self.out.wanted[row.code] = self._wish(row)
        for wish in self.out.wanted.values():
            if wish.level != "building":
                wish.parent = self._parent(wish)
        self._vanish(close_missing)
        self._place_buildings()
        self._check_chain()
        self._finish()
        self._check_ground()
        self.out.problems.sort(key=lambda p: (p.file, p.row))
        return self.out

    def _complain(self, row: Row, reason: str, severity: str = ERROR, **facts: Any) -> None:
        self.out.problems.append(row.problem(reason, severity, **facts))

    def _merged(self, rows: list[Row]) -> Iterable[Row]:
        """One row per code. Two files may speak of one place (names here, borders there); one file may not,
        nor may two files draw it."""
        seen: dict[tuple[str, str], Row] = {}
        for row in rows:
            before, twin = self.named.get(row.code), seen.get((row.file, row.code))
            if row.code and (twin or (before and before.shape is not None and row.shape is not None)):
                first = twin or before
                assert first is not None
                self._complain(row, "duplicate_code", first=f"{first.file}:{first.row}")
                continue
            seen[(row.file, row.code)] = row
            self.named[row.code] = together(before, row) if before else row
        return self.named.values()

    def _acceptable(self, row: Row) -> bool:
        """Whether the row can be drafted at all; complains of all that is wrong with its words."""
        base = self.base.get(row.code)
        level = row.level or (base.level if base else "")
        if level not in BY_KEY:
            self._complain(row, "bad_level" if level else "bad_code", level=level)
            return False
        row.level = level
        if base is None and not code_fits(row.code, level):
            self._complain(row, "bad_code")
            return False
        if base is not None and base.level != level:
            self._complain(row, "changed_level", old=base.level, new=level)
            return False
        if base is None and row.code in self._closed:
            self._complain(row, "reused_code")
            return False
        if not (row.name or base):
            self._complain(row, "missing_name")
        if len(row.name) > 120:
            self._complain(row, "long_name")
        return True

    @cached_property
    def _closed(self) -> set[str]:
        return set(Place.objects.values_list("code", flat=True)) - self.base.keys()

    def _wish(self, row: Row) -> Wanted:
        base = self.base.get(row.code)
        lon, lat = row.lon, row.lat
        if row.shape is not None:
            lon, lat = outlines.label_point(row.shape, lon, lat)
        if base is None:
            wish = Wanted(
                *(
                    row.code,
                    row.level,
                    row.kind,
                    row.name,
                    row.name_en,
                    "",
                    lon,
                    lat,
                    row.households,
                    row.people,
                )
            )
        else:
            wish = as_stored(base)
            wish.name, wish.name_en = row.name or base.name, row.name_en or base.name_en
            if row.shape is not None or words_only(base):
                wish.lon = lon if lon is not None else base.lon
                wish.lat = lat if lat is not None else base.lat
            wish.households = row.households if row.households is not None else base.households
            wish.people = row.people if row.people is not None else base.people
        wish.shape, wish.row = row.shape, row
        return wish

    def _here(self, code: str) -> bool:
        return code in self.named or code in self.base

    def _parent(self, wish: Wanted) -> str:
        row = wish.row
        assert row is not None
        if row.parent:
            if not self._here(row.parent):
                self._complain(row, "orphan", parent=row.parent)
                return ""
            return row.parent
        above = next(
            (wish.code[:n] for n in range(len(wish.code) - 1, 1, -1) if self._here(wish.code[:n])), ""
        )
        before = wish.base.parent if wish.base else ""
        for known in (before, above):  # a hint may be vague (the province); what is known more closely counts
            if known and known.startswith(row.hint):
                return known
        if row.hint and self._here(row.hint):
            return row.hint
        if before or above:
            return before or above
        if wish.level not in _TOP:
            self._complain(row, "orphan", parent=row.hint or wish.code[: _above(wish)])
        elif row.hint:
            self._complain(row, "no_parent", WARNING, parent=row.hint)
        return ""

    def _vanish(self, close: bool) -> None:
        """Places beside those in the files (same parent, same level) that the files no longer speak of."""
        beside = {(wish.parent, wish.level) for wish in self.out.wanted.values() if wish.level != "building"}
        gone = [b for b in self.base.values() if (b.parent, b.level) in beside and b.code not in self.named]
        self.out.vanished = gone
        if close:
            codes = {b.code for b in gone}
            for below in self.base.values():
                stays = below.code not in codes and below.code not in self.out.wanted
                if below.parent in codes and stays and below.level != "building":
                    facts = {"code": below.parent, "child": below.code}
                    self.out.problems.append(Problem("-", 0, "still_used", facts))
            self._gone = codes

    @cached_property
    def shapes(self) -> dict[str, Any]:
        """The shapes of all areas as they are to be. Asked only after it is known what vanishes."""
        drawn = {code: shape for code, shape in stored_shapes().items() if code not in self._gone}
        for wish in self.out.wanted.values():
            if wish.shape is not None and wish.level in AREAS:
                drawn[wish.code] = wish.shape
        return drawn

    def _state(self, code: str) -> Wanted | Base | None:
        return self.out.wanted.get(code) or (self.base.get(code) if code not in self._gone else None)

    def _depth(self, code: str) -> int:
        depth, state, seen = 0, self._state(code), set[str]()
        while state is not None and state.parent and state.code not in seen:
            seen.add(state.code)
            depth, state = depth + 1, self._state(state.parent)
        return depth

    def _place_buildings(self) -> None:
        """Buildings stand below whoever owns the ground under them; those in the store follow moved
        borders."""
        new = [wish for wish in self.out.wanted.values() if wish.level == "building"]
        moved = any(w.shape is not None and w.level in AREAS for w in self.out.wanted.values()) or self._gone
        kept = [b for b in self.base.values() if b.level == "building"] if moved else []
        standing = [b for b in kept if b.code not in self.out.wanted]
        if not (new or standing):
            return
        grounds = self._grounds([*new, *standing])
        for wish in new:
            wish.parent = self._building_parent(wish, grounds.get(wish.code, ""))
        for base in standing:
            ground = grounds.get(base.code, "")
            if ground and ground != base.parent:
                wish = as_stored(base)
                wish.parent = ground
                self.out.wanted[base.code] = wish

    def _grounds(self, buildings: list[Wanted | Base]) -> dict[str, str]:
        """Building code → code of the area that owns its point, for those with a point."""
        codes = sorted(code for code in self.shapes if self._state(code))
        placed = [b for b in buildings if b.lon is not None and b.lat is not None]
        if not (codes and placed):
            return {}
        parents = {state.parent for state in map(self._state, codes) if state}
        hits = [PlaceHit(n, 0, "/" * (self._depth(code) + 2), "") for n, code in enumerate(codes)]
        ground = np.array([code not in parents for code in codes], dtype=bool)
        locator = Locator(hits, np.array([self.shapes[code] for code in codes], dtype=object), ground)
        lon = np.array([b.lon for b in placed], dtype=float)
        lat = np.array([b.lat for b in placed], dtype=float)
        owners = locator.owners(lon, lat)
        return {b.code: codes[hit.place_id] for b, hit in zip(placed, owners, strict=True) if hit}

    def _building_parent(self, wish: Wanted, ground: str) -> str:
        row = wish.row
        assert row is not None
        if row.compound and not self._here(row.compound):
            self._complain(row, "orphan", parent=row.compound)
        if not row.parent and ground:
            return ground
        if not row.parent and row.compound and self._here(row.compound):
            return row.compound
        return self._parent(wish)

    def _check_chain(self) -> None:
        for wish in self.out.wanted.values():
            above = self._state(wish.parent) if wish.parent else None
            if above is None or wish.row is None:
                continue
            if RANK[above.level] >= RANK[wish.level]:
                facts = {"level": wish.level, "parent": above.code, "parent_level": above.level}
                self._complain(wish.row, "level_order", **facts)

    def _finish(self) -> None:
        """Digests, and whoever stands below something that moved."""
        for wish in self.out.wanted.values():
            wish.digest = digest_of(wish)
            if wish.base and wish.changed and wish.base.valid_from >= self.valid_from:
                row = wish.row or Row("-", 0, wish.code)
                self._complain(row, "too_early", current=wish.base.valid_from.isoformat())

    def _check_ground(self) -> None:
        """Only where a shape is new or moved, or changed its parent."""
        drawn = {code for code, wish in self.out.wanted.items() if wish.changed and self._redrawn(wish)}
        if not drawn and not self._gone:
            return
        areas, bare = [], set[str]()
        for state in self._all_areas():
            shape = self.shapes.get(state.code)
            if shape is None:
                bare.add(state.parent)
            else:
                areas.append(Area(state.code, state.level, state.parent, shape, state.code in drawn))
        complete = {area.code for area in areas} - bare
        for finding in findings(areas, complete, self.gaps):
            row = self._row_for(finding.code)
            self._complain(row, finding.reason, finding.severity, **{**finding.facts, "code": finding.code})

    def _redrawn(self, wish: Wanted) -> bool:
        moved = wish.base is not None and wish.parent != wish.base.parent
        return wish.level in AREAS and (wish.shape is not None or (moved and wish.code in self.shapes))

    def _all_areas(self) -> Iterator[Wanted | Base]:
        for code, base in self.base.items():
            if base.level in AREAS and code not in self._gone and code not in self.out.wanted:
                yield base
        for wish in self.out.wanted.values():
            if wish.level in AREAS:
                yield wish

    def _row_for(self, code: str) -> Row:
        """The row that states the place, or the first of its parts that a file states."""
        wish = self.out.wanted.get(code)
        if wish and wish.row:
            return wish.row
        parts = [w.row for w in self.out.wanted.values() if w.parent == code and w.row]
        return replace(parts[0], code=code) if parts else Row("-", 0, code)


def _above(wish: Wanted) -> int:
    return {"street": 6, "community": 9}.get(wish.level, 12)
