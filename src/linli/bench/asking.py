"""What the measured residents report: kinds, words and spots drawn by a seed, never twice the same request."""

from __future__ import annotations

from random import Random
from typing import Any

KINDS = ("water_leak", "street_lamp", "lift", "drain", "heating")
WORDS = (
    "三号楼二单元楼道漏水，地上都是水",
    "楼下的灯坏了两天了",
    "电梯停在五楼不动",
    "下水道堵了，味道很大",
    "家里暖气不热",
)


class Asking:
    """Bodies for /api/v1/likely and /api/v1/reports."""

    def __init__(self, spots: list[list[Any]], seed: int, kinds: tuple[str, ...] = ()) -> None:
        self._spots, self._random = spots, Random(seed)
        self._kinds = kinds or ("water_leak",)

    def report(self, number: int) -> dict[str, Any]:
        chance = self._random
        lon, lat, name = chance.choice(self._spots)
        return {
            "pack": "repair",
            "kind": chance.choice(self._kinds),
            "lon": lon + chance.uniform(-1e-5, 1e-5),
            "lat": lat + chance.uniform(-1e-5, 1e-5),
            "address": f"{name} {number % 6 + 1} 单元",
            "words": f"{chance.choice(WORDS)}（{number}）",
            "reporter": {"name": "赵师傅", "phone": f"199{number % 100_000_000:08d}"},
        }

    @staticmethod
    def likely(report: dict[str, Any]) -> dict[str, Any]:
        """The question a real client asks before it reports."""
        return {name: report[name] for name in ("pack", "kind", "lon", "lat", "words")}
