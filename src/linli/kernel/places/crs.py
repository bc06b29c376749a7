"""Between WGS-84 (stored; CGCS2000 differs by less than a metre), GCJ-02 (Amap, Tencent) and BD-09 (Baidu).

Pure numpy; every function takes and gives arrays or floats of degrees, longitude first. Outside China
GCJ-02 *is* WGS-84. The published forward formula is used; the way back is a fixed-point iteration on it,
good to well under a millimetre, where the one-step inverse that is usually seen leaves metres.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
_AXIS = 6378245.0  # Krasovsky 1940
_ECC = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0


def _in_china(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)


def _waves(t: NDArray[np.float64], terms: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    total = np.zeros_like(t)
    for amplitude, frequency in terms:
        total += amplitude * np.sin(t * frequency * np.pi)
    return total * 2.0 / 3.0


def _shift(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Pair:
    """How far GCJ-02 moves a WGS-84 point, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    fine = _waves(x, ((20.0, 6.0), (20.0, 2.0)))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = north + fine + _waves(y, ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30)))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = east + fine + _waves(x, ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30)))
    radians = np.radians(lat)
    magic = 1.0 - _ECC * np.sin(radians) ** 2
    root_magic = np.sqrt(magic)
    d_lat = north * 180.0 / ((_AXIS * (1.0 - _ECC)) / (magic * root_magic) * np.pi)
    d_lon = east * 180.0 / (_AXIS / root_magic * np.cos(radians) * np.pi)
    inside = _in_china(lon, lat)
    return np.where(inside, d_lon, 0.0), np.where(inside, d_lat, 0.0)


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    x, y = _arrays(lon, lat)
    dx, dy = _shift(x, y)
    return x + dx, y + dy


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The point that ``wgs84_to_gcj02`` sends here. The shift changes slowly, so each round gains three
    digits."""
    goal_x, goal_y = _arrays(lon, lat)
    x, y = goal_x, goal_y
    for _ in range(6):
        dx, dy = _shift(x, y)
        x, y = goal_x - dx, goal_y - dy
    return x, y


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    x, y = _arrays(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    goal_x, goal_y = _arrays(lon, lat)
    x, y = goal_x - 0.0065, goal_y - 0.006
    for _ in range(6):
        back_x, back_y = gcj02_to_bd09(x, y)
        x, y = x + goal_x - back_x, y + goal_y - back_y
    return x, y


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def _same(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return _arrays(lon, lat)


TO_WGS84: dict[str, Callable[[ArrayLike, ArrayLike], Pair]] = {
    "wgs84": _same,
    "cgcs2000": _same,
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}


def shape_to_wgs84(shape: Any, crs: str) -> Any:
    """A shapely geometry, or an array of them, given in ``crs``, in WGS-84. Raises KeyError for another
    name."""
    turn = TO_WGS84[crs]
    if turn is _same:
        return shape
    return shapely.transform(shape, lambda c: np.column_stack(turn(c[:, 0], c[:, 1])))
