"""The base map: what is on a tile, and how it is served."""

from __future__ import annotations

import gzip
import json
import math

import pytest
import shapely
from django.test import RequestFactory

from linli.doors import tiles as door
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.places.buildings import Furniture, furnish
from linli.kernel.places.importing import apply, plan_import
from linli.kernel.places.tree import Tree
from linli.lenses.tiles import tile as lens
from tests.kernel.places.town import FIRST_DAY, SECOND_DAY, micro, spot, town
from tests.unit.test_places_tile_encoding import area, decode

REQUESTS = RequestFactory()


def at(z: int, x: float, y: float) -> tuple[int, int, int]:
    """The tile over a lattice position."""
    lon, lat = spot(x, y)
    side = 1 << z
    down = 0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)
    return z, int((lon / 360 + 0.5) * side), int(down * side)


def names(layer: list[dict[str, object]]) -> set[str]:
    # type: ignore[operator,index]
    return {str(f["properties"]["name"]) for f in layer if "name" in f["properties"]}


def test_a_near_tile_shows_micro_grids_with_their_words(settled: Tree) -> None:
    layers = decode(lens.tile(*at(15, 1.5, 1)))
    found = {f["properties"]["name"]: f for f in layers["places"]}
    grid = found["柳荫02"]
    node = settled.by_code(micro(2))
    assert node
    assert grid["properties"] == {
        "id": ids.text(node.id),
        "level": "micro_grid",
        "code": node.code,
        "name": "柳荫02",
    }
    assert found["柳荫社区"]["properties"]["name_en"] == "Liuyin Community"
    assert area(grid["paths"][0]) > 0
    assert {f["properties"]["kind"] for f in layers["labels"]} >= {"micro_grid", "compound", "community"}


def test_a_far_tile_shows_only_what_is_coarse(settled: Tree) -> None:
    assert names(decode(lens.tile(*at(9, 1, 1)))["places"]) == {"清河区", "柳荫街道"}
    assert names(decode(lens.tile(*at(11, 1, 1)))["places"]) == {"清河区", "柳荫街道", "柳荫社区"}


def test_districts_far_apart_are_named_on_the_tile_that_holds_them_all(settled: Tree) -> None:
    layers = decode(lens.tile(*at(3, 1, 1)))
    assert names(layers["labels"]) == {"清河区"}, "an office of several cities opens its map from so far"


def test_an_empty_tile_is_empty(settled: Tree) -> None:
    assert lens.tile(12, 0, 0) == b""
    assert not lens.exists(3, 8, 0) and not lens.exists(-1, 0, 0) and lens.exists(3, 7, 7)


def test_the_map_under_the_places_is_drawn_in_its_layers(settled: Tree) -> None:
    west, east = spot(0, 1), spot(4, 1)
    river = shapely.box(*spot(0, 0), *spot(4, 0.1))
    furnish(
        [
            Furniture("road", shapely.LineString([west, east]), "main", "柳荫路", "Liuyin Road"),
            Furniture("road", shapely.LineString([spot(1, 0), spot(1, 2)]), "lane"),
            Furniture("water", river, "river", "清河"),
            Furniture("park", shapely.Point(*spot(2, 1)).buffer(0.0005), name="柳荫公园"),
            Furniture("rail", shapely.LineString([spot(0, 2), spot(4, 2)])),
            Furniture("building", shapely.box(*spot(0.4, 0.4), *spot(0.6, 0.6)), name="社区中心"),
        ],
        valid_from=FIRST_DAY,
    )
    near = decode(lens.tile(*at(14, 1, 1)))
    assert set(near) == set(lens.LAYERS)
    assert names(near["roads"]) == {"柳荫路"} and len(near["roads"]) == 2
    assert [f["type"] for f in near["roads"]] == [2, 2]
    assert names(near["buildings"]) == {"社区中心"}
    assert len(decode(lens.tile(*at(12, 1, 1)))["roads"]) == 1


def test_neighbouring_grids_share_their_border_to_the_point(settled: Tree) -> None:
    layers = decode(lens.tile(*at(16, 1, 1)))
    rings = {f["properties"]["code"]: set(f["paths"][0]) for f in layers["places"]}
    assert len(rings[micro(1)] & rings[micro(2)]) >= 2


def test_a_new_survey_makes_new_tiles(settled: Tree) -> None:
    before, name = lens.tile(*at(15, 1.5, 1)), lens.generation()
    made = town()
    made["features"][6]["properties"]["name"] = "新名字"
    apply(plan_import([made], valid_from=SECOND_DAY))
    assert lens.generation() != name
    assert lens.tile(*at(15, 1.5, 1)) != before
    assert "新名字" in names(decode(lens.tile(*at(15, 1.5, 1)))["places"])


def test_a_tile_is_served_zipped_and_tagged_and_asked_for_once(settled: Tree) -> None:
    z, x, y = at(15, 1.5, 1)
    first = door.base(REQUESTS.get("/", headers={"accept-encoding": "gzip, br"}), z, x, y)
    assert (first.status_code, first["Content-Encoding"]) == (200, "gzip")
    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert gzip.decompress(first.content) == lens.tile(z, x, y)
    plain = door.base(REQUESTS.get("/"), z, x, y)
    assert plain.content == lens.tile(z, x, y) and "Content-Encoding" not in plain
    again = door.base(REQUESTS.get("/", headers={"if-none-match": first["ETag"]}), z, x, y)
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in door.base(REQUESTS.get("/", {"g": lens.generation()}), z, x, y)["Cache-Control"]
    assert "immutable" not in first["Cache-Control"]
    assert door.base(REQUESTS.get("/"), 12, 0, 0).status_code == 204


def test_a_tile_that_cannot_be_is_refused(settled: Tree) -> None:
    with pytest.raises(Refusal):
        door.base(REQUESTS.get("/"), 3, 99, 0)


def test_the_map_knows_where_to_begin(settled: Tree) -> None:
    said = json.loads(door.town(REQUESTS.get("/")).content)
    assert said["bounds"] == [116.0, 39.0, 116.008, 39.004]
    assert said["centre"] == [116.004, 39.002]
    assert [level["key"] for level in said["levels"]][-1] == "building"
    assert said["generation"] == lens.generation()


def test_a_town_without_places_has_a_map_without_places(db: None) -> None:
    assert json.loads(door.town(REQUESTS.get("/")).content)["bounds"] is None
    assert lens.tile(0, 0, 0) == b""


def test_tiles_tell_nothing_but_places(settled: Tree) -> None:
    words = set()
    for features in decode(lens.tile(*at(15, 1, 1))).values():
        for feature in features:
            words |= set(feature["properties"])
    assert words <= {"id", "level", "code", "name", "name_en", "kind"}
