"""How people speak, and what is found."""

from __future__ import annotations

import pytest

from linli.kernel.places.address import AddressHit, find
from linli.kernel.places.tree import Tree, tree
from tests.kernel.places.town import COMMUNITY, micro, spot


def first(text: str, **more: object) -> AddressHit:
    hits = find(text, **more)  # type: ignore[arg-type]
    assert hits, f"nothing found for {text}"
    return hits[0]


@pytest.mark.parametrize(
    "said",
    [
        "和平苑三号楼二单元",
        "和平苑3#2单元",
        "和平苑3栋2门",
        "和平苑3-2-501",
        "和平苑３号楼２单元",
        "和平苑 3 2 501",
        "和平苑小区第三栋二单元",
        "和平苑#3 2单元",
        "我家在和平苑三号樓二單元五楼",
        "清河区柳荫街道柳荫社区和平苑3幢2单元501室",
        "和平苑，3号楼，2单元，灯坏了",
        "Heping Court Building 3 Entrance 2",
        "heping court bldg. 3, unit 2, room 501",
        "Building 3, Entrance 2, Heping Court",
        "HEPING COURT 3-2",
        "和平苑03号楼2单元",
        "老和平苑3号楼2单元",
    ],
)
def test_building_three_entrance_two_is_found_however_it_is_said(settled: Tree, said: str) -> None:
    hit = first(said)
    building = settled.by_code(f"{COMMUNITY}001B03")
    assert building
    assert (hit.place_id, hit.unit, hit.entrance) == (building.id, "2", "2")
    assert hit.compound in ("和平苑",)
    assert tree().place(hit.micro_grid or 0).code == micro(1)


def test_what_was_named_and_is_alone_is_exact(settled: Tree) -> None:
    hit = first("和平苑3号楼2单元501")
    assert hit.exact and hit.score == 1.0
    assert (hit.label, hit.rest) == ("和平苑3号楼2单元", "501")
    assert first("和平苑3号楼2单元", lang="en").label == "Heping Court, Building 3, Entrance 2"


def test_the_position_is_that_of_the_entrance_where_it_is_known(settled: Tree) -> None:
    building = settled.by_code(f"{COMMUNITY}001B03")
    assert building and building.lon
    assert first("和平苑3号楼").lon == building.lon
    assert first("和平苑3号楼2单元").lon == pytest.approx(building.lon + 2e-5)


def test_an_entrance_nobody_knows_is_still_told_to_the_report(settled: Tree) -> None:
    hit = first("和平苑3号楼9单元")
    assert (hit.unit, hit.entrance) == ("9", None)


def test_a_number_alone_means_the_building_nearby(settled: Tree) -> None:
    here, there = spot(0.5, 0.5), spot(2.5, 0.9)
    assert first("三号楼二单元", near=here).compound == "和平苑"
    assert first("三号楼二单元", near=there).compound == "柳荫里小区"
    assert not first("三号楼二单元").exact


def test_a_search_keeps_within_its_part_of_the_tree(settled: Tree) -> None:
    lane = settled.by_code(f"{COMMUNITY}002")
    assert lane
    hits = find("3号楼", within_path=lane.path)
    assert [hit.compound for hit in hits] == ["柳荫里小区"]


def test_a_compound_is_found_without_the_word_people_leave_out(settled: Tree) -> None:
    assert first("柳荫里三号楼").compound == "柳荫里小区"
    assert first("柳荫里小区三号楼").exact


def test_a_road_and_its_plate_lead_to_the_building(settled: Tree) -> None:
    hit = first("柳荫路６号")
    assert settled.place(hit.place_id).code == f"{COMMUNITY}001B03"
    assert hit.label == "柳荫路6号"


def test_an_old_name_of_a_compound_still_works(settled: Tree) -> None:
    hit = first("老柳荫院2号楼")
    assert settled.place(hit.place_id).code == f"{COMMUNITY}002B02"


def test_typing_shows_what_may_come(settled: Tree) -> None:
    assert first("和").compound == "和平苑"
    assert first("和平").place_id == settled.by_code(f"{COMMUNITY}001").id  # type: ignore[union-attr]
    labels = [hit.label for hit in find("和平苑1")]
    assert labels == ["和平苑1号楼", "和平苑10号楼", "和平苑11号楼", "和平苑12号楼"]
    assert first("hep").compound == "和平苑"


def test_one_wrong_character_is_forgiven_but_not_called_exact(settled: Tree) -> None:
    hit = first("和萍苑3号楼")
    assert settled.place(hit.place_id).code == f"{COMMUNITY}001B03"
    assert not hit.exact and hit.score < 0.7


def test_a_building_the_compound_does_not_have_leads_to_the_compound(settled: Tree) -> None:
    hit = first("和平苑99号楼")
    assert settled.place(hit.place_id).name == "和平苑"
    assert not hit.exact


def test_nonsense_finds_nothing(settled: Tree) -> None:
    for text in ("", "   ", "！！！", "火星基地", "x" * 500, "#-#-"):
        assert find(text) == []


def test_an_area_is_an_answer_too(settled: Tree) -> None:
    hit = first("柳荫社区")
    assert settled.place(hit.place_id).code == COMMUNITY


def test_no_room_number_ever_becomes_place_data(settled: Tree) -> None:
    from linli.kernel.places.models import Address

    assert not any("501" in text for text in Address.objects.values_list("text", flat=True))
    assert first("和平苑3-2-501").rest == "501"
