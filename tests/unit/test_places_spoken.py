"""Taking spoken addresses apart; no store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.places.spoken import normalise, number_key, parse


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("三号楼二单元", "3号楼2单元"),
        ("第十二栋", "12栋"),
        ("二十三號樓", "23号楼"),
        ("一百零五号", "105号"),
        ("二〇一室", "201室"),
        ("３＃２单元", "3#2单元"),
        ("和平苑 3 2 501", "和平苑3-2-501"),
        ("五一路", "51路"),
        ("两江花园", "2江花园"),
        ("Building Three", "building3"),
    ],
)
def test_every_way_of_writing_folds_to_one(said: str, folded: str) -> None:
    assert normalise(said) == folded


@pytest.mark.parametrize(
    ("said", "scope", "number", "entrance", "rest"),
    [
        ("三号楼二单元", "", "3", "2", ""),
        ("3栋2门", "", "3", "2", ""),
        ("和平苑3-2-501", "和平苑", "3", "2", "501"),
        ("和平苑3-501", "和平苑", "3", "", "501"),
        ("和平苑3-2", "和平苑", "3", "2", ""),
        ("和平苑B座", "和平苑", "b", "", ""),
        ("柳荫路5号院3号楼2单元", "柳荫路5号院", "3", "2", ""),
        ("柳荫路12号", "柳荫路", "12", "", ""),
        ("3楼2单元", "", "3", "2", ""),
        ("和平苑3号楼501室", "和平苑", "3", "", "501室"),
        ("Block B", "", "b", "", ""),
        ("building 3 entrance 2", "", "3", "2", ""),
        ("和平苑", "和平苑", "", "", ""),
    ],
)
def test_an_address_comes_apart(said: str, scope: str, number: str, entrance: str, rest: str) -> None:
    found = parse(said)
    assert (found.scope, found.number, found.entrance, found.rest) == (scope, number, entrance, rest)


@given(st.text(max_size=60))
def test_no_text_makes_it_stumble_and_folding_twice_is_folding_once(text: str) -> None:
    parse(text)
    assert isinstance(normalise(text), str)


@given(st.integers(1, 199), st.integers(1, 9), st.sampled_from(["号楼", "栋", "幢", "#", "座"]))
def test_numbers_survive_every_unit_word(building: int, entrance: int, word: str) -> None:
    found = parse(f"和平苑{building}{word}{entrance}单元")
    assert (found.scope, found.number, found.entrance) == ("和平苑", str(building), str(entrance))


def test_leading_zeros_do_not_make_another_building() -> None:
    assert number_key("03") == number_key("三") == "3"
    assert number_key("B") == "b"
    assert number_key("0") == "0"
