"""Bringing places in: first a plan with every problem, then all of it or nothing.

``plan_import`` reads files and compares them with the store; it writes nothing. ``apply`` does what a plan
without errors says, in one act: new places, new versions where something changed, nothing where nothing did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.places.crs import TO_WGS84
from linli.kernel.places.models import Survey
from linli.kernel.places.planning import draft
from linli.kernel.places.reading import How, Source, read
from linli.kernel.places.rows import ERROR, Problem, Row
from linli.kernel.places.states import Plan
from linli.kernel.places.writing import Written, write

__all__ = ["Plan", "Problem", "Row", "Written", "apply", "plan_import", "plan_rows"]

Progress = Callable[[int, int], None]


def plan_import(
    paths: Sequence[Source],
    *,
    crs: str = "wgs84",
    level: str = "",
    level_map: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    valid_from: datetime | None = None,
    close_missing: bool = False,
    gaps: str = ERROR,
    note: str = "",
) -> Plan:
    """Read CSV and GeoJSON files (or FeatureCollections already parsed) and say what they would change.

    ``level`` is the level of every row, ``level_map`` turns the file's words into levels, ``columns`` names
    columns that are not recognised by themselves (see ``reading.KNOWN_COLUMNS``). ``valid_from`` is when
    the new borders begin to hold (default: now). ``close_missing`` closes places beside those read that are
    not in the files.
    ``gaps="warning"`` lists ground left over inside a parent instead of refusing it.
    """
    if crs not in TO_WGS84:
        raise Refusal("places.bad_crs", field="crs", crs=crs)
    reading = read(paths, How(crs, level, dict(level_map or {}), dict(columns or {})))
    plan = plan_rows(reading.rows, valid_from=valid_from, close_missing=close_missing, gaps=gaps, note=note)
    plan.crs, plan.digest = crs, _file_digest(paths)
    plan.note = note or ", ".join(Path(p).name for p in paths if not isinstance(p, Mapping))[:300]
    plan.problems = sorted([*reading.problems, *plan.problems], key=lambda p: (p.file, p.row))
    return plan


def plan_rows(
    rows: Iterable[Row],
    *,
    valid_from: datetime | None = None,
    close_missing: bool = False,
    gaps: str = ERROR,
    note: str = "",
) -> Plan:
    """The same for rows made by a program. Their shapes must be valid and in WGS-84."""
    rows = list(rows)
    since = valid_from or moment.now()
    mark = _mark()
    out = draft(rows, since, close_missing, gaps)
    wanted = list(out.wanted.values())
    return Plan(
        valid_from=since,
        crs="wgs84",
        digest=hashlib.sha256("".join(wish.code + wish.digest for wish in wanted).encode()).hexdigest(),
        note=note,
        read=len(rows),
        problems=out.problems,
        new=[wish for wish in wanted if wish.base is None],
        changed=[wish for wish in wanted if wish.base is not None and wish.changed],
        unchanged=sum(not wish.changed for wish in wanted),
        vanished=out.vanished,
        closing=close_missing,
        mark=mark,
    )


def apply(plan: Plan, by: int | None = None, progress: Progress | None = None) -> Written:
    """Do what the plan says, in one act. ``by`` is the id of the person who imports.

    Raises Refusal ``places.import_refused`` when the plan has errors, ``places.plan_stale`` when places
    were imported since it was made. A plan that changes nothing writes nothing, not even a survey.
    """
    if not plan.ok:
        raise Refusal("places.import_refused", errors=len(plan.errors))
    return write(plan, by, progress or _silent, lambda: _mark() == plan.mark)


def _silent(done: int, total: int) -> None:
    """Nobody is watching."""


def _mark() -> tuple[int, ...]:
    return tuple(Survey.objects.order_by("id").values_list("id", flat=True))


def _file_digest(paths: Iterable[Any]) -> str:
    total = hashlib.sha256()
    for path in paths:
        if isinstance(path, Mapping):
            total.update(repr(path).encode())
        elif Path(path).is_file():
            total.update(Path(path).read_bytes())
    return total.hexdigest()
