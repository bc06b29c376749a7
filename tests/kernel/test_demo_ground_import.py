"""The sample town goes through the same gate as any office's own map."""

from __future__ import annotations

import pytest

from linli.demo.geometry import make_town
from linli.kernel.places.importing import apply, plan_import

pytestmark = pytest.mark.django_db


def test_the_home_street_is_imported_without_a_single_remark() -> None:
    town = make_town(7, "street")
    plan = plan_import(list(town.places()))
    assert [problem.line("en") for problem in plan.problems] == []
    apply(plan)
    again = plan_import(list(town.places()))
    assert not again.new and not again.changed


def test_a_district_is_imported_without_a_gap_or_an_overlap() -> None:
    plan = plan_import(list(make_town(11, "district", detail="none").places()))
    assert [problem.line("en") for problem in plan.problems] == []
    assert sum(wish.level == "micro_grid" for wish in plan.new) == 39 + 9 * 40
