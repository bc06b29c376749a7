"""The act behind an import: a survey, the places, their versions, the entries in the ledger. One
transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import shapely
from django.db import connection
from django.db.models import Model

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import seals
from linli.kernel.ledger.append import commit, commit_many
from linli.kernel.places import epochs, sealing
from linli.kernel.places.buildings import write_buildings
from linli.kernel.places.levels import RANK
from linli.kernel.places.models import Place, PlaceVersion, Survey
from linli.kernel.places.states import Base, Plan, Wanted, as_stored, stored
from linli.kernel.store import acting

_BATCH = 2_000
T = TypeVar("T")


class Written(NamedTuple):
    """What an import did. ``survey_id`` None: there was nothing to do."""

    survey_id: int | None
    new: int
    changed: int
    moved: int
    closed: int
    unchanged: int


def write(
    plan: Plan, by: int | None, progress: Callable[[int, int], None], fresh: Callable[[], bool]
) -> Written:
    """Carry out a plan without errors. ``fresh`` is asked inside the act."""
    if not (plan.new or plan.changed or plan.closed):
        return Written(None, 0, 0, 0, 0, plan.unchanged)
    with acting():
        if not fresh():
            raise Refusal("places.plan_stale", kind="conflict")
        survey = _survey(plan, by)
        done = _Writing(plan, survey, progress).run()
        commit("place.addresses", f"survey:{ids.text(survey.id)}", 2, {"rows": sealing.of_addresses()})
    epochs.forget()
    return done


def _survey(plan: Plan, by: int | None) -> Survey:
    rows = len(plan.new) + len(plan.changed) + len(plan.closed)
    survey = Survey(
        made_at=moment.now(),
        valid_from=plan.valid_from,
        by_person=by,
        digest=plan.digest,
        crs=plan.crs,
        note=plan.note,
        rows=rows,
    )
    survey.save(force_insert=True)
    body = {
        "digest": plan.digest,
        "from": plan.valid_from.isoformat(),
        "rows": rows,
        "row": seals.digest(survey),
    }
    commit("place.survey", f"survey:{ids.text(survey.id)}", 1, {**body, "by": ids.text(by) if by else None})
    return survey


class _Writing:
    def __init__(self, plan: Plan, survey: Survey, progress: Callable[[int, int], None]) -> None:
        self.plan = plan
        self.survey = survey
        self.progress = progress
        current = PlaceVersion.objects.filter(valid_to=None)
        rows = current.values_list("place__code", "place_id", "path").iterator(chunk_size=10_000)
        self.known = {code: (place_id, path) for code, place_id, path in rows}

    def run(self) -> Written:
        wanted = sorted([*self.plan.new, *self.plan.changed], key=lambda w: (RANK[w.level], w.code))
        self._give_ids(wanted)
        moved = list(self._carried(wanted))
        everything = sorted([*wanted, *moved], key=lambda w: RANK[w.level])
        total = len(everything) + len(self.plan.closed)
        closed = self._close(self.plan.closed)
        done = 0
        for part in _batches(everything, _BATCH):
            self._write(part)
            done += len(part)
            self.progress(done, total)
        write_buildings(
            [w for w in wanted if w.level == "building"], {c: k[0] for c, k in self.known.items()}
        )
        return Written(
            self.survey.id,
            len(self.plan.new),
            len(self.plan.changed),
            len(moved),
            closed,
            self.plan.unchanged,
        )

    def _give_ids(self, wanted: Iterable[Wanted]) -> None:
        """Ids of new places and the paths of all; parents come first, so a child's path can be built."""
        for wish in wanted:
            place_id = wish.base.place_id if wish.base else ids.new_id()
            above = self.known[wish.parent][1] if wish.parent else "/"
            self.known[wish.code] = (place_id, f"{above}{place_id}/")

    def _carried(self, wanted: Sequence[Wanted]) -> Iterator[Wanted]:
        """Whoever stands below a place whose path changed and is not spoken of itself: same place, new
        path."""
        moved = {w.base.path: self.known[w.code][1] for w in wanted if w.base}
        moved = {old: new for old, new in moved.items() if old != new}
        if not moved:
            return
        spoken = {wish.code for wish in wanted} | {base.code for base in self.plan.closed}
        below = (b for b in stored().values() if b.code not in spoken)
        for base in sorted(below, key=lambda b: RANK[b.level]):
            above = self.known[base.parent][1] if base.parent else "/"
            path = f"{above}{base.place_id}/"
            if path != base.path:
                self.known[base.code] = (base.place_id, path)
                yield as_stored(base)

    def _close(self, bases: Sequence[Base]) -> int:
        for part in _batches(bases, 500):
            PlaceVersion.objects.filter(id__in=[b.version_id for b in part]).update(
                valid_to=self.survey.valid_from
            )
        body = {"survey": ids.text(self.survey.id), "to": self.survey.valid_from.isoformat()}
        commit_many(
            ("place.closed", f"place:{ids.text(b.place_id)}", b.seq + 1, {**body, "code": b.code})
            for b in bases
        )
        return len(bases)

    def _write(self, wanted: Sequence[Wanted]) -> None:
        fresh = [w for w in wanted if w.base is None]
        _insert(
            Place, [Place(id=self.known[w.code][0], code=w.code, level=w.level, kind=w.kind) for w in fresh]
        )
        old = [w.base.version_id for w in wanted if w.base]
        borders: dict[int, Any] = {}
        for part in _batches(old, 500):
            rows = PlaceVersion.objects.filter(id__in=part)
            borders.update(rows.values_list("id", "geometry"))
            rows.update(valid_to=self.survey.valid_from)
        versions = [self._version(w, borders) for w in wanted]
        _insert(PlaceVersion, versions)
        commit_many(self._entry(wish, version) for wish, version in zip(wanted, versions, strict=True))

    def _version(self, wish: Wanted, borders: dict[int, Any]) -> PlaceVersion:
        place_id, path = self.known[wish.code]
        version = PlaceVersion(
            place_id=place_id,
            survey_id=self.survey.id,
            seq=wish.base.seq + 1 if wish.base else 1,
            name=wish.name,
            name_en=wish.name_en,
            parent_id=self.known[wish.parent][0] if wish.parent else None,
            path=path,
            lon=wish.lon,
            lat=wish.lat,
            households=wish.households,
            people=wish.people,
            digest=wish.digest,
            valid_from=self.survey.valid_from,
        )
        drawn = shapely.to_wkb(wish.shape) if wish.shape is not None else None
        if drawn is None and wish.base is not None:
            kept = borders.get(wish.base.version_id)
            drawn = bytes(kept) if kept is not None else None
        if drawn is not None:
            version.geometry = drawn
            version.min_lon, version.min_lat, version.max_lon, version.max_lat = shapely.from_wkb(
                drawn
            ).bounds
        return version

    def _place_of(self, wish: Wanted) -> Place:
        """The place as its row is. A place that is there keeps its code, level and kind, whatever a file says."""
        base = wish.base
        level, kind = (base.level, base.kind) if base else (wish.level, wish.kind)
        return Place(id=self.known[wish.code][0], code=wish.code, level=level, kind=kind)

    def _entry(self, wish: Wanted, version: PlaceVersion) -> tuple[str, str, int, dict[str, Any]]:
        body = {
            "code": wish.code,
            "level": wish.level,
            "parent": ids.text(version.parent_id) if version.parent_id else None,
            "digest": version.digest,
            "from": version.valid_from.isoformat(),
            "survey": ids.text(self.survey.id),
            "row": sealing.of_version(version, self._place_of(wish)),
        }
        return "place.version", f"place:{ids.text(version.place_id)}", version.seq, body


def _insert(model: type[Model], rows: Sequence[Model]) -> None:
    """Put new rows in. Prepared once for all of them: a country has 60,000 divisions, and bulk_create takes four
    times as long to write them."""
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({marks})", values)


def _batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
