"""A tiny invented town on a square lattice, as GeoJSON: for planting one fault at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

WEST, SOUTH, CELL = 116.0, 39.0, 0.002
DISTRICT, STREET, COMMUNITY = "990101", "990101001", "990101001001"
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
SECOND_DAY = datetime(2026, 6, 1, tzinfo=UTC)


def ring(x0: float, y0: float, x1: float, y1: float) -> list[list[float]]:
    """A closed rectangle in lattice steps."""
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
    return [[round(WEST + x * CELL, 7), round(SOUTH + y * CELL, 7)] for x, y in corners]


def square(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring(x0, y0, x1, y1)]}


def spot(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a lattice position."""
    return WEST + x * CELL, SOUTH + y * CELL


def feature(code: str, name: str, geometry: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, "name": name, **more}, "geometry": geometry}


def collection(*features: dict[str, Any], name: str = "town.geojson") -> dict[str, Any]:
    return {"type": "FeatureCollection", "name": name, "features": list(features)}


def micro(n: int) -> str:
    """Code of the n-th micro-grid, 1…4."""
    return f"{COMMUNITY}{(n + 1) // 2:03d}{n:02d}"


def town() -> dict[str, Any]:
    """District › street › community (4×2) › two compounds (2×2) › four micro-grids (1×2)."""
    return collection(
        feature(DISTRICT, "清河区", square(0, 0, 4, 2), name_en="Qinghe District"),
        feature(STREET, "柳荫街道", square(0, 0, 4, 2), name_en="Liuyin Street"),
        feature(COMMUNITY, "柳荫社区", square(0, 0, 4, 2), name_en="Liuyin Community", households=900),
        feature(f"{COMMUNITY}001", "和平苑", square(0, 0, 2, 2), level="compound", name_en="Heping Court"),
        feature(f"{COMMUNITY}002", "柳荫里小区", square(2, 0, 4, 2), level="compound", name_en="Liuyin Lane"),
        *(feature(micro(n), f"柳荫{n:02d}", square(n - 1, 0, n, 2), level="micro_grid") for n in range(1, 5)),
    )


def buildings() -> dict[str, Any]:
    """Twelve buildings in 和平苑 (both its micro-grids), three in 柳荫里小区, with road plates and entrances."""
    made = []
    for n in range(1, 13):
        x, y = (0.5 if n <= 6 else 1.5), 0.1 + 0.3 * ((n - 1) % 6)
        made.append(_building(f"{COMMUNITY}001B{n:02d}", n, f"{COMMUNITY}001", x, y, [f"柳荫路{n * 2}号"]))
    for n in range(1, 4):
        made.append(
            _building(f"{COMMUNITY}002B{n:02d}", n, f"{COMMUNITY}002", 2.5, 0.4 * n, [f"老柳荫院{n}号楼"])
        )
    return collection(*made, name="buildings.geojson")


def _building(code: str, n: int, compound: str, x: float, y: float, aliases: list[str]) -> dict[str, Any]:
    lon, lat = spot(x, y)
    doors = [{"n": str(d), "lon": lon + d * 1e-5, "lat": lat} for d in (1, 2, 3)]
    return feature(
        code,
        f"{n}号楼",
        level="building",
        name_en=f"Building {n}",
        number=str(n),
        compound=compound,
        storeys=6,
        lon=lon,
        lat=lat,
        entrances=doors,
        aliases=aliases,
    )
