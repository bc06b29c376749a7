"""Coordinate systems, against each other and against real borders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.places import crs

REAL = Path(__file__).resolve().parents[3] / "shared/data/admin"
inland_lon, inland_lat = st.floats(75, 134), st.floats(19, 52)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    return float(np.hypot((lon - other_lon) * np.cos(np.radians(lat)), lat - other_lat) * 111_320)


@given(inland_lon, inland_lat)
def test_gcj02_and_back_ends_within_half_a_metre(lon: float, lat: float) -> None:
    there = crs.wgs84_to_gcj02(lon, lat)
    back = crs.gcj02_to_wgs84(*there)
    assert 20 < metres(lon, lat, float(there[0]), float(there[1])) < 1_000
    assert metres(lon, lat, float(back[0]), float(back[1])) < 0.5


@given(inland_lon, inland_lat)
def test_bd09_and_back_ends_within_half_a_metre(lon: float, lat: float) -> None:
    back = crs.bd09_to_wgs84(*crs.wgs84_to_bd09(lon, lat))
    assert metres(lon, lat, float(back[0]), float(back[1])) < 0.5


@given(st.floats(-180, 70), st.floats(-80, 80))
def test_abroad_the_two_systems_are_one(lon: float, lat: float) -> None:
    assert tuple(map(float, crs.wgs84_to_gcj02(lon, lat))) == (lon, lat)


def test_a_whole_shape_is_converted_at_once() -> None:
    square = shapely.box(116.3, 39.9, 116.4, 40.0)
    moved = shapely.transform(square, lambda c: np.column_stack(crs.wgs84_to_gcj02(c[:, 0], c[:, 1])))
    back = crs.shape_to_wgs84(moved, "gcj02")
    assert shapely.hausdorff_distance(square, back) < 1e-7
    assert crs.shape_to_wgs84(square, "wgs84") is square


def test_real_gcj02_borders_land_on_the_real_wgs84_borders() -> None:
    """朔城区 in both systems: 591 m apart as they come, less than 2 m after conversion."""
    if not REAL.is_dir():
        pytest.skip("the real division files (../shared/data/admin) are not on this machine")
    gcj = _district(REAL / "districts_gcj02/140600.json", "adcode", 140602)
    wgs = _district(REAL / "districts_wgs84.geojson", "district_adcode", 140602)
    before, after = gcj.centroid, crs.shape_to_wgs84(gcj, "gcj02").centroid
    assert metres(before.x, before.y, wgs.centroid.x, wgs.centroid.y) > 500
    assert metres(after.x, after.y, wgs.centroid.x, wgs.centroid.y) < 2


def _district(path: Path, key: str, code: int) -> shapely.Geometry:
    features = json.loads(path.read_text("utf-8"))["features"]
    found = next(f["geometry"] for f in features if f["properties"][key] == code)
    return shapely.from_geojson(json.dumps(found))
