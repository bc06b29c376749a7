"""Kinds are heard in what a caller says, from the packs' own words alone."""

from __future__ import annotations

import pytest

from linli.doors.hotline.listen import Ear, signs
from linli.kernel.packspec.load import load_all

PACKS = [pack for pack in load_all().packs.values() if not pack.library and "resident" in pack.opened_by]


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear(PACKS)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("三号楼楼道里水管漏水，一直往下流", "water_leak"),
        ("楼道灯不亮，晚上看不见路", "stair"),
        ("我们单元停电了，电梯也不走", "power"),
        ("门口井盖翘起来了", "manhole"),
        ("there is a water leak on the stairs", "water_leak"),
    ],
)
def test_the_kind_is_among_the_first_three(ear: Ear, said: str, kind: str) -> None:
    heard = ear.hear(said, "zh")
    assert 1 <= len(heard) <= 3
    assert any(kind in each.kind for each in heard), [each.kind for each in heard]


@pytest.mark.parametrize("said", ["", "喂，您好，我想问一下", "嗯嗯", "hello"])
def test_nothing_is_heard_where_nothing_was_said(ear: Ear, said: str) -> None:
    assert ear.hear(said, "zh") == ()


def test_a_grave_condition_is_not_guessed_from_words_it_shares(ear: Ear) -> None:
    heard = next(
        each
        for each in ear.hear("a water pipe leaks and runs down the stairs", "en")
        if each.kind == "water_leak"
    )
    assert heard.condition != "burst"


def test_a_condition_that_alone_was_named_is_taken(ear: Ear) -> None:
    heard = next(each for each in ear.hear("漏水，爆管了，水漫出来了", "zh") if each.kind == "water_leak")
    assert heard.condition == "burst"


def test_signs_are_pairs_of_characters_and_long_words() -> None:
    assert signs("水管漏水 in the lift") == {"水管", "管漏", "漏水", "lift"}
