"""The real division files. They are not part of the repository: where they are absent this says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from linli.kernel.places.importing import apply, plan_import
from linli.kernel.places.locate import owner_of
from linli.kernel.places.tree import tree
from tests.kernel.places.town import FIRST_DAY, SECOND_DAY

REAL = Path(__file__).resolve().parents[4] / "shared/data/admin"
TABLES = [REAL / f"{name}.csv" for name in ("provinces", "cities", "areas")]

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real division files (../shared/data/admin) are not on this machine"
)


def test_division_tables_and_borders_in_both_systems_go_in_and_stay_in(db: None) -> None:
    plan = plan_import(TABLES, valid_from=FIRST_DAY)
    assert plan.problems == []
    apply(plan)
    assert len(tree()) == 31 + 342 + 2978
    borders = plan_import([REAL / "districts_wgs84.geojson"], valid_from=FIRST_DAY.replace(day=2))
    assert borders.ok, [p.line("en") for p in borders.errors][:5]
    assert (len(borders.new), len(borders.changed)) == (0, 70)
    apply(borders)
    assert plan_import([*TABLES, REAL / "districts_wgs84.geojson"], valid_from=SECOND_DAY).changed == []
    hit = owner_of(112.4329, 39.3188)
    assert hit and [n.name for n in tree().chain(hit.place_id)] == ["山西省", "朔州市", "朔城区"]
    later = plan_import([REAL / "districts_gcj02/140600.json"], crs="gcj02", valid_from=SECOND_DAY)
    assert later.ok, [p.line("en") for p in later.errors][:5]
    apply(later)
    assert owner_of(112.4329, 39.3188).place_id == hit.place_id  # type: ignore[union-attr]


def test_borders_alone_stand_at_the_top_until_their_parents_come(db: None) -> None:
    plan = plan_import([REAL / "districts_wgs84.geojson"], valid_from=FIRST_DAY)
    assert plan.ok and len(plan.new) == 70
    assert {problem.reason for problem in plan.warnings} == {"no_parent"}
    apply(plan)
    table = plan_import(TABLES, valid_from=SECOND_DAY)
    apply(table)
    hit = owner_of(112.4329, 39.3188)
    assert hit and [n.level for n in tree().chain(hit.place_id)] == ["province", "city", "district"]


def test_villages_without_their_streets_are_orphans_every_one(db: None) -> None:
    plan = plan_import([REAL / "villages_8cities.csv"])
    assert len(plan.errors) == 19_756 and {p.reason for p in plan.errors} == {"orphan"}
    assert plan.errors[0].row == 2


@pytest.mark.slow
def test_sixty_thousand_divisions_go_in_at_once(db: None) -> None:
    plan = plan_import([*TABLES, REAL / "streets.csv", REAL / "villages_8cities.csv"], valid_from=FIRST_DAY)
    assert plan.problems == []
    apply(plan)
    node = tree().by_code("650106001009")
    assert node and "柯坪路北社区" in node.name
    assert [n.level for n in tree().chain(node.id)] == ["province", "city", "district", "street", "community"]
