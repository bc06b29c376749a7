"""The tile encoder, read back by a small decoder written from the specification."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from linli.lenses.tiles import encode


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data: bytes) -> list[tuple[int, Any]]:
    found, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 2:
            size, at = read_varint(data, at)
            found.append((tag >> 3, data[at : at + size]))
            at += size
        else:
            value, at = read_varint(data, at)
            found.append((tag >> 3, value))
    return found


def numbers(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = read_varint(data, at)
        found.append(value)
    return found


def paths(commands: list[int]) -> list[list[tuple[int, int]]]:
    x = y = at = 0
    found: list[list[tuple[int, int]]] = []
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            continue
        for _ in range(count):
            x += (commands[at] >> 1) ^ -(commands[at] & 1)
            y += (commands[at + 1] >> 1) ^ -(commands[at + 1] & 1)
            at += 2
            if command == 1:
                found.append([])
            found[-1].append((x, y))
    return found


def decode(tile: bytes) -> dict[str, list[dict[str, Any]]]:
    """Layer name → features with type, properties and paths."""
    layers = {}
    for _, body in fields(tile):
        parts = fields(body)
        keys = [value.decode() for tag, value in parts if tag == 3]
        values = [value for tag, value in parts if tag == 4]
        features = []
        for feature in (dict(fields(value)) for tag, value in parts if tag == 2):
            tags = numbers(feature.get(2, b""))
            words = {keys[k]: _value(values[v]) for k, v in zip(tags[::2], tags[1::2], strict=True)}
            features.append({"type": feature[3], "properties": words, "paths": paths(numbers(feature[4]))})
        assert dict(parts)[15] == 2 and dict(parts)[5] == 4096
        layers[dict(parts)[1].decode()] = features
    return layers


def _value(data: bytes) -> Any:
    tag, value = fields(data)[0]
    return value.decode() if tag == 1 else value


def area(ring: list[tuple[int, int]]) -> float:
    after = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, after, strict=True)) / 2


def shapes(*rows: Any) -> Any:
    return np.array(rows, dtype=object)


@given(st.lists(st.integers(0, 2**34), max_size=50))
def test_varints_are_those_of_the_specification(values: list[int]) -> None:
    data, sizes = encode.varints(np.array(values, dtype=np.int64))
    assert data == b"".join(encode.varint(value) for value in values)
    assert numbers(data) == values
    assert sizes.sum() == len(data)


def test_points_lines_and_polygons_come_back_as_they_went_in() -> None:
    made = shapes(
        shapely.Point(10, 20),
        shapely.LineString([(0, 0), (100, 0), (100, 50)]),
        shapely.box(10, 10, 60, 90),
    )
    words = [{"name": "点", "n": 7}, {"name": "线"}, {"name": "面", "empty": ""}]
    features = decode(encode.layer("all", made, words))["all"]
    assert [f["type"] for f in features] == [1, 2, 3]
    assert [f["properties"] for f in features] == [{"name": "点", "n": 7}, {"name": "线"}, {"name": "面"}]
    assert features[0]["paths"] == [[(10, 20)]]
    assert features[1]["paths"] == [[(0, 0), (100, 0), (100, 50)]]
    assert sorted(features[2]["paths"][0]) == [(10, 10), (10, 90), (60, 10), (60, 90)]


def test_outer_rings_turn_one_way_and_holes_the_other() -> None:
    with_hole = shapely.Polygon(
        [(0, 0), (100, 0), (100, 100), (0, 100)], [[(20, 20), (20, 40), (40, 40), (40, 20)]]
    )
    both = shapely.MultiPolygon([with_hole, shapely.box(200, 200, 300, 260)])
    for made in (both, shapely.reverse(both)):
        found = decode(encode.layer("l", shapes(made), [{}]))["l"]
        assert [round(area(ring)) for ring in found[0]["paths"]] == [10_000, -400, 6_000]


def test_what_rounds_to_nothing_is_left_out() -> None:
    made = shapes(shapely.box(5, 5, 5.2, 5.2), shapely.LineString([(1, 1), (1.2, 1.1)]))
    assert encode.layer("l", made, [{}, {}]) == b""
    sliver = shapely.Polygon([(0, 0), (50, 0), (100, 0.3), (50, 0.2)])
    assert encode.layer("l", shapes(sliver), [{}]) == b""


def test_repeated_and_closing_points_are_written_once() -> None:
    ring = [(0, 0), (0.2, 0.1), (50, 0), (50, 50), (0.3, 0.4), (0, 0)]
    found = decode(encode.layer("l", shapes(shapely.Polygon(ring)), [{}]))["l"]
    assert sorted(found[0]["paths"][0]) == [(0, 0), (50, 0), (50, 50)]


@given(
    st.lists(
        st.tuples(st.floats(-80, 4200), st.floats(-80, 4200), st.floats(6, 900), st.integers(3, 40)),
        min_size=1,
        max_size=12,
    )
)
def test_any_round_things_survive_with_their_area(rows: list[tuple[float, float, float, int]]) -> None:
    made = [shapely.Point(x, y).buffer(r, quad_segs=max(1, n // 4)) for x, y, r, n in rows]
    found = decode(encode.layer("l", shapes(*made), [{"n": n} for n in range(len(made))]))["l"]
    assert len(found) == len(made)
    for feature in found:
        was = made[feature["properties"].get("n", 0)]
        assert abs(area(feature["paths"][0]) - was.area) <= was.length + 4
