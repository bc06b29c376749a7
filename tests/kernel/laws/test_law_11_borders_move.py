"""Law 11: borders move, history does not. A matter shows the grid and the holder of its day; what is reported afterwards goes by the new ones."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import shapely

from linli.kernel import moment
from linli.kernel.matters import audit, reads
from linli.kernel.matters.models import Matter
from linli.kernel.people import acts as people
from linli.kernel.people import snapshot
from linli.kernel.people.actors import SYSTEM
from linli.kernel.places import epochs
from linli.kernel.places.importing import apply, plan_import
from tests.town import SIDE, SOUTH, WEST, Town, local, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")
MOVED = local("2026-03-10 00:00")


def redraw() -> None:
    """The border between 清和 01 and 清和 02 moves east by half a grid; both are called otherwise from then on."""
    west = shapely.box(WEST, SOUTH, WEST + 1.5 * SIDE, SOUTH + SIDE)
    east = shapely.box(WEST + 1.5 * SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE)
    features = [
        {
            "type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)),
            "properties": {"code": f"99000{number}", "name": name, "level": "micro_grid", "parent": "99000050"},
        }
        for number, name, shape in ((501, "清和西", west), (502, "清和东", east))
    ]  # fmt: skip
    plan = plan_import(
        [{"type": "FeatureCollection", "name": "moved.geojson", "features": features}], valid_from=MOVED
    )
    assert plan.ok, plan.problems
    apply(plan)
    epochs.forget()
    snapshot.forget()


def test_an_old_matter_shows_its_day_and_a_new_report_goes_by_the_new_border(town: Town) -> None:
    off = (-0.25 * SIDE, 0.0)  # in 02, near the border: in 01 once it has moved
    with moment.at(MORNING):
        old = town.report(at=502, off=off).matter_id
    with moment.at(MOVED - timedelta(hours=1)):
        redraw()
        people.hand_over(SYSTEM, town.ids["worker2"], town.ids["mediator"])
    with moment.at(MOVED + timedelta(days=1)):
        epochs.forget()
        new = town.report(at=502, off=off).matter_id
        before, after = Matter.objects.get(pk=old), Matter.objects.get(pk=new)
        assert (before.place_id, after.place_id) == (502, 501)
        shown = reads.page(town.actor("secretary"), old, "zh")
        assert "清和 02" in shown.card.place and "清和东" not in shown.card.place
        assert shown.holders[-1].name == "马会生"  # who had it on its day
        assert "清和西" in reads.page(town.actor("secretary"), new, "zh").card.place
        assert after.holder_id == town.ids["worker"]
        assert spot(502)
    assert list(audit.differences()) == []


def test_whoever_has_the_ground_now_acts_on_the_old_matter(town: Town) -> None:
    with moment.at(MORNING):
        old = town.report(at=502).matter_id
    with moment.at(MOVED - timedelta(hours=1)):
        redraw()
    with moment.at(MOVED + timedelta(days=1)):
        epochs.forget()
        assert town.take("worker2", old, "arrive", position=spot(502)).stage == "on_site"
