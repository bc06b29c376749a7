"""Which place owns a point, and what the tree says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.kernel.errors import Refusal
from linli.kernel.places.importing import apply, plan_import
from linli.kernel.places.locate import owner_of, owners_of
from linli.kernel.places.tree import Tree, tree
from tests.kernel.places.town import (
    COMMUNITY,
    FIRST_DAY,
    SECOND_DAY,
    collection,
    feature,
    micro,
    spot,
    square,
)


def owner_code(x: float, y: float) -> str | None:
    hit = owner_of(*spot(x, y))
    return tree().place(hit.place_id).code if hit else None


def test_a_point_inside_a_micro_grid_belongs_to_it(settled: Tree) -> None:
    hit = owner_of(*spot(1.5, 1.0))
    node = settled.by_code(micro(2))
    assert hit and node
    assert (hit.place_id, hit.version_id, hit.path, hit.level) == (
        node.id,
        node.version_id,
        node.path,
        "micro_grid",
    )


def test_a_point_on_a_border_belongs_to_the_lowest_code(settled: Tree) -> None:
    assert owner_code(1.0, 1.0) == micro(1)
    assert owner_code(2.0, 1.0) == micro(2)
    assert owner_code(3.0, 2.0) == micro(3)


def test_a_point_outside_the_town_belongs_to_nobody(settled: Tree) -> None:
    assert owner_code(9.0, 9.0) is None
    assert owner_of(float("nan"), 39.0) is None


def test_no_places_no_owner(db: None) -> None:
    assert owner_of(116.0, 39.0) is None
    assert len(tree()) == 0


@given(st.floats(0, 4), st.floats(0, 2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_every_point_of_the_district_belongs_to_exactly_one_micro_grid(
    settled: Tree, x: float, y: float
) -> None:
    hit = owner_of(*spot(x, y))
    assert hit is not None and hit.level == "micro_grid"
    assert owners_of([spot(x, y)[0]], [spot(x, y)[1]]) == [hit]


def test_many_points_at_once_get_the_same_answers_as_one_by_one(settled: Tree) -> None:
    points = [spot(n * 0.37 % 5 - 0.3, n * 0.71 % 3 - 0.3) for n in range(400)]
    together = owners_of([p[0] for p in points], [p[1] for p in points])
    assert together == [owner_of(*p) for p in points]
    assert None in together


def test_ground_without_micro_grids_belongs_to_the_deepest_area_there(db: None) -> None:
    half = collection(
        feature("990101", "清河区", square(0, 0, 4, 2)),
        feature("990101001", "柳荫街道", square(0, 0, 3, 2)),
        feature(COMMUNITY, "柳荫社区", square(0, 0, 2, 2)),
        feature(COMMUNITY + "001", "甲网格", square(0, 0, 1, 2)),
    )
    apply(plan_import([half], valid_from=FIRST_DAY, gaps="warning"))
    assert [owner_code(x, 1.0) for x in (0.5, 1.5, 2.5, 3.5)] == [
        COMMUNITY + "001",
        COMMUNITY,
        "990101001",
        "990101",
    ]


def test_a_crack_thinner_than_a_metre_is_no_mans_land_to_nobody(db: None) -> None:
    crack = 0.002  # lattice steps: about 40 cm
    apply(
        plan_import(
            [
                collection(
                    feature("990101", "清河区", square(0, 0, 2, 1)),
                    feature("990101001", "柳荫街道", square(0, 0, 2, 1)),
                    feature(COMMUNITY, "柳荫社区", square(0, 0, 2, 1)),
                    feature(COMMUNITY + "001", "甲网格", square(0, 0, 1, 1)),
                    feature(COMMUNITY + "002", "乙网格", square(1 + crack, 0, 2, 1)),
                )
            ],
            valid_from=FIRST_DAY,
        )
    )
    assert owner_code(1 + crack * 0.25, 0.5) == COMMUNITY + "001"
    assert owner_code(1 + crack * 0.75, 0.5) == COMMUNITY + "002"


def test_many_threads_may_ask_at_once(settled: Tree) -> None:
    from linli.kernel.places import epochs, locate

    locator = locate._load(epochs.epoch())
    points = [spot(n * 0.0399, 1.0) for n in range(100)]
    alone = [locator.owner(*p) for p in points]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: [locator.owner(*p) for p in points], range(16))) == [alone] * 16


def test_the_tree_is_walked_up_and_down(settled: Tree) -> None:
    node = settled.by_code(micro(3))
    assert node
    assert [n.name for n in settled.ancestors(node.id)] == ["清河区", "柳荫街道", "柳荫社区", "柳荫里小区"]
    compound = settled.up_to(node.id, "compound")
    assert compound and [n.name for n in settled.children(compound.id)] == ["柳荫03", "柳荫04"]
    assert [n.code for n in settled.roots] == ["990101"]
    assert settled.by_code("990101000000") == settled.by_code("990101")
    assert sum(1 for n in settled.below(settled.roots[0].id)) == len(settled)


def test_a_place_that_is_not_there_is_refused(settled: Tree) -> None:
    with pytest.raises(Refusal) as refusal:
        settled.place(7)
    assert (refusal.value.code, refusal.value.kind) == ("places.unknown", "missing")


def test_a_path_is_no_prefix_of_its_neighbours(settled: Tree) -> None:
    """/1/5/ must not reach /1/50/: the slash at the end decides."""
    for node in settled.nodes:
        assert node.path.startswith("/") and node.path.endswith(f"/{node.id}/")
        for other in settled.nodes:
            below = node in settled.chain(other.id)
            assert other.path.startswith(node.path) == below


def test_an_old_date_still_answers_with_the_old_grid(settled: Tree) -> None:
    moved = collection(
        feature(micro(1), "柳荫01", square(0, 0, 1.5, 2)),
        feature(micro(2), "柳荫02", square(1.5, 0, 2, 2)),
    )
    plan = plan_import([moved], valid_from=SECOND_DAY)
    assert plan.ok, [p.line("en") for p in plan.errors]
    apply(plan)
    lon, lat = spot(1.25, 1.0)
    now, then = owner_of(lon, lat), owner_of(lon, lat, at=FIRST_DAY)
    assert now and then
    assert tree().place(now.place_id).code == micro(1)
    assert tree(FIRST_DAY).place(then.place_id).code == micro(2)
    assert owner_of(lon, lat, at=FIRST_DAY.replace(year=2020)) is None


def test_buildings_follow_the_ground_they_stand_on(settled: Tree) -> None:
    building = settled.by_code(f"{COMMUNITY}001B07")
    assert building and building.parent_id == settled.by_code(micro(2)).id  # type: ignore[union-attr]
    moved = collection(
        feature(micro(1), "柳荫01", square(0, 0, 1.8, 2)),
        feature(micro(2), "柳荫02", square(1.8, 0, 2, 2)),
    )
    apply(plan_import([moved], valid_from=SECOND_DAY))
    after = tree().place(building.id)
    assert tree().place(after.parent_id or 0).code == micro(1)
    assert tree(FIRST_DAY).place(building.id).parent_id == building.parent_id
