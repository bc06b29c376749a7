"""The one way an entry is written as bytes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.ledger import canon
from linli.kernel.ledger.canon import NotCanonical

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-canon.GREATEST, canon.GREATEST) | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz中é😀", max_size=5), inner, max_size=4)
    ),
    max_leaves=15,
)


def test_keys_stand_in_the_order_of_rfc_8785() -> None:
    shuffled = {"€": 1, "\r": 2, "\uff21": 3, "1": 4, "😀": 5, "\u0080": 6, "ö": 7}
    assert list(json.loads(canon.text_of(shuffled))) == ["\r", "1", "\u0080", "ö", "€", "😀", "\uff21"]


def test_signs_are_escaped_as_rfc_8785_says() -> None:
    assert canon.text_of('€$\x0f\nA\'B"\\\\"/\x7f') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'
    assert canon.text_of({"b": [True, False, None, -1, 0], "a": {}}) == '{"a":{},"b":[true,false,null,-1,0]}'


@given(_VALUES)
def test_what_is_written_reads_back_the_same_and_writes_the_same_again(value: object) -> None:
    text = canon.text_of(value)
    assert canon.text_of(json.loads(text)) == text


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 9), max_size=6))
def test_the_order_in_which_a_dict_was_filled_does_not_matter(value: dict[str, int]) -> None:
    assert canon.text_of(value) == canon.text_of(dict(reversed(value.items())))


def test_the_same_words_typed_differently_are_the_same_bytes() -> None:
    assert (
        canon.bytes_of({"e\u0301": "e\u0301"}) == canon.bytes_of({"\u00e9": "\u00e9"}) == '{"é":"é"}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        b"x",
        {1: 2},
        {"a": {2.5}},
        "\ud800",
        {"e\u0301": 1, "\u00e9": 2},
        datetime(2026, 1, 1),
    ],
)
def test_what_another_program_might_write_differently_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canon.text_of(value)


def test_a_body_nested_without_end_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(NotCanonical):
        canon.text_of(value)


def test_a_moment_is_written_in_utc_with_six_decimals() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert canon.stamp(datetime(2026, 3, 1, 8, 0, tzinfo=shanghai)) == "2026-03-01T00:00:00.000000Z"
    with pytest.raises(NotCanonical):
        canon.stamp(datetime(2026, 3, 1))


@pytest.mark.parametrize("name", ["", 'a"b', "a\\b", "a b", "街道", "x" * 61, "a\n"])
def test_a_name_that_would_need_escaping_is_refused(name: str) -> None:
    with pytest.raises(NotCanonical):
        canon.check_name(name, 60)


def test_an_entry_is_the_canonical_json_of_all_it_says() -> None:
    at = canon.stamp(datetime(2026, 3, 1, tzinfo=UTC))
    data = canon.entry_bytes(5, "matter.step", "matter:x", 2, at, canon.text_of({"b": 1, "a": "中"}))
    assert data == canon.bytes_of(json.loads(data))
    assert json.loads(data)["body"] == {"a": "中", "b": 1}


def test_a_commitment_says_nothing_without_its_salt_and_cannot_be_split_otherwise() -> None:
    salt = b"s" * 16
    assert canon.commitment(salt, "漏水") == canon.commitment(salt, "漏水".encode())
    assert canon.commitment(salt, "漏水") != canon.commitment(b"t" * 16, "漏水")
    assert canon.commitment(salt + b"x", "y") != canon.commitment(salt, "xy")
    assert canon.commitment(salt, "漏水") != hashlib.sha256(salt + "漏水".encode()).hexdigest()
    with pytest.raises(NotCanonical):
        canon.commitment(b"short", "漏水")


def test_the_quick_way_writes_the_same_bytes_as_the_careful_one() -> None:
    values = [
        {"b": [1, True, None, "x\"\\\n\x7f/<>"], "a": {"A": -(2**53) + 1, "": []}, "_": ("t", {})},
        [], {}, "", "é", {"é": 1}, [[[["deep"]]]], 2**53 - 1, {"z": {"y": {"x": False}}},
    ]  # fmt: skip
    for value in values:
        parts: list[str] = []
        canon._write(value, parts, canon.DEPTH)
        assert canon.text_of(value) == "".join(parts)
