"""The sample town's ground: it tiles exactly, is the same every time, and looks like a town."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from functools import cache

import pytest
import shapely

from linli.demo import names
from linli.demo.geometry import Area, Street, Town, make_town, street_furniture, street_places
from linli.demo.geometry_cuts import Ring, degrees_of, plane, shape_of


@cache
def town(size: str = "street", seed: int = 7) -> Town:
    return make_town(seed, size)  # type: ignore[arg-type]


@cache
def home() -> Street:
    return town().home


def edges(ring: Ring) -> Counter[tuple[object, ...]]:
    return Counter(tuple(sorted(edge)) for edge in zip(ring, [*ring[1:], ring[0]], strict=True))


def tiles(whole: Area, parts: list[Area]) -> bool:
    """Every border of a part is either shared by exactly two parts or a border of the whole, point for point."""
    seen: Counter[tuple[object, ...]] = Counter()
    for part in parts:
        seen.update(edges(part.ring))
    return max(seen.values()) <= 2 and {edge for edge, n in seen.items() if n == 1} == set(edges(whole.ring))


def parts_by_parent(areas: list[Area]) -> dict[str, list[Area]]:
    found: dict[str, list[Area]] = defaultdict(list)
    for area in areas:
        found[area.parent].append(area)
    return found


def assert_tiled(street: Street) -> None:
    below = parts_by_parent(street.areas[1:])
    for area in street.areas:
        assert shape_of(area.ring).is_valid and shape_of(area.ring).exterior.is_ccw
        if area.level != "micro_grid":
            assert tiles(area, below[area.code]), area.code


def test_the_home_street_is_the_tree_of_the_sample_page() -> None:
    levels = Counter(area.level for area in home().areas)
    assert levels == {"street": 1, "community": 5, "compound": 16, "micro_grid": 39}
    said = [area.name.zh for area in home().areas if area.level == "community"]
    assert said == ["柳荫社区", "北河社区", "槐园社区", "南桥社区", "锦华社区"]
    counts = Counter(area.code[:12] for area in home().grids)
    assert list(counts.values()) == [9, 9, 7, 7, 7]


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_every_level_tiles_the_one_above_without_gap_or_overlap(seed: int) -> None:
    assert_tiled(make_town(seed, detail="none").home)


def test_streets_tile_their_district_and_districts_their_city() -> None:
    city = make_town(7, "city", detail="none")
    below = parts_by_parent(list(city.tops))
    assert len(below[""]) == 20
    for district in below[""]:
        assert tiles(district, below[district.code])
    shared: Counter[tuple[object, ...]] = Counter()
    for district in below[""]:
        shared.update(edges(district.ring))
    assert max(shared.values()) == 2


def test_a_street_of_a_city_is_made_when_it_is_asked_for_and_tiles_as_well() -> None:
    streets = itertools.islice(make_town(7, "city", detail="none").streets, 1, 3)
    for street in streets:
        assert len(street.grids) in (40, 248)
        assert all(grid.households > 0 for grid in street.grids)
        assert_tiled(street)


def test_micro_grids_are_of_about_one_size() -> None:
    sizes = [shape_of(grid.ring).area for grid in home().grids]
    assert min(sizes) > 0.6 * max(sizes)


def test_codes_are_nobodys_and_each_is_given_once() -> None:
    codes = [area.code for area in home().areas] + [one.code for one in home().buildings]
    assert len(codes) == len(set(codes))
    assert all(code.startswith("990101001") for code in codes)
    assert {len(grid.code) for grid in home().grids} == {17}


def test_micro_grids_are_numbered_through_their_community() -> None:
    first = [grid.name.zh for grid in home().grids if grid.code.startswith("990101001001")]
    assert sorted(first) == [f"柳荫 {n:02d}" for n in range(1, 10)]


def test_houses_stand_on_their_own_micro_grid_and_not_in_the_river_or_in_each_other() -> None:
    shapes = [shapely.Polygon(one.house.corners) for one in home().buildings]
    assert len(shapes) > 500
    dry = town().unbuilt
    for one, shape in zip(home().buildings, shapes, strict=True):
        assert shape_of(one.grid.ring).contains(shape) and not shape.intersects(dry)
    index = shapely.STRtree(shapes)
    left, right = index.query(shapes, predicate="intersects")
    assert (left == right).all()


def test_public_houses_stand_free_on_the_micro_grid_they_name() -> None:
    houses = shapely.union_all([shapely.Polygon(one.house.corners) for one in home().buildings])
    kinds = Counter(facility.kind for facility in home().facilities)
    assert {"clinic", "canteen", "centre", "market"} <= set(kinds)
    for facility in home().facilities:
        outline = shapely.Polygon([plane(point) for point in facility.outline])
        assert shape_of(facility.grid.ring).contains(outline) and not outline.intersects(houses)


def test_house_numbers_run_from_one_in_every_compound() -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in home().buildings:
        numbers[one.compound.code].append(one.number)
    assert len(numbers) == 16
    assert all(given == list(range(1, len(given) + 1)) for given in numbers.values())


def test_house_numbers_on_roads_are_given_once() -> None:
    given = [alias.zh for one in home().buildings for alias in one.aliases]
    assert len(given) == len(set(given)) > 100


def test_households_are_counts_that_add_up() -> None:
    total = sum(one.house.households for one in home().buildings)
    assert home().area.households == total == sum(grid.households for grid in home().grids)
    assert 10_000 < total < 60_000


def test_the_same_seed_gives_the_same_town_and_another_seed_another() -> None:
    again = make_town(7).home
    assert street_places(again) == street_places(home())
    assert street_furniture(again) == street_furniture(home())
    assert make_town(8, detail="none").home.grids[3].ring != home().grids[3].ring


def test_the_home_street_is_the_same_in_a_town_of_any_size() -> None:
    for size in ("district", "city"):
        larger = make_town(7, size, detail="none").home  # type: ignore[arg-type]
        assert [(a.code, a.name, a.ring) for a in larger.areas] == [
            (a.code, a.name, a.ring) for a in home().areas
        ]


def test_coordinates_have_seven_decimals_and_lie_in_the_desert() -> None:
    for feature in street_places(home())["features"][1:]:
        for lon, lat in feature["geometry"]["coordinates"][0]:
            assert (round(lon, 7), round(lat, 7)) == (lon, lat)
            assert 103 < lon < 103.4 and 40 < lat < 40.4
    assert degrees_of((1_032_000_000, 402_000_000)) == (103.2, 40.2)


def test_the_map_has_a_river_a_railway_named_roads_greens_and_trees() -> None:
    layers = Counter(feature["properties"]["layer"] for feature in street_furniture(home())["features"])
    assert {"road", "park", "building", "tree"} <= set(layers)
    assert {(one.layer, one.name.zh) for one in town().drawn if one.name} >= {
        ("water", "清水河"),
        ("rail", "安和线"),
        ("road", "北安路"),
    }
    roads = {one.name.zh for one in home().drawn if one.layer == "road" and one.name}
    assert {"人民路", "和平路", "槐树胡同"} <= roads


def test_the_river_runs_between_micro_grids_of_the_north_river_community() -> None:
    river = next(one for one in town().drawn if one.layer == "water")
    water = shapely.Polygon([plane(point) for point in river.points])
    wet = {grid.code[:12] for grid in home().grids if shape_of(grid.ring).intersection(water).area > 500}
    assert wet == {"990101001002"}


def test_names_are_made_up_in_both_languages_and_repeatable() -> None:
    first = list(itertools.islice(names.people(3), 200))
    assert first == list(itertools.islice(names.people(3), 200))
    assert len(set(first)) > 180 and all(
        (2 <= len(name.zh) <= 3 and name.en.isascii()) or "ü" in name.en for name in first
    )
    stems = list(itertools.islice(names.stems(3), 3000))
    assert len({stem.zh for stem in stems}) == 3000
    assert len({stem.zh for stem in stems[:1000]}) == 1000


def test_telephone_numbers_are_of_the_demo_and_shown_masked() -> None:
    assert names.phone(0) == "19900000000" and names.phone(31) == "19900000031"
    assert names.masked(names.phone(31)) == "199****0031"
    with pytest.raises(ValueError, match="ten million"):
        names.phone(10_000_000)
