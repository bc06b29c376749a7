"""The levels of the tree, top first. Pure: no Django."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """``digits`` is how long a code of this level is when written short (GB/T 2260, GB/T 10114, then grid
    digits); 0 means longer than the level above, any length."""

    key: str
    zh: str
    en: str
    digits: int


LEVELS: tuple[Level, ...] = (
    Level("province", "省", "Province", 2),
    Level("city", "市", "City", 4),
    Level("district", "区县", "District", 6),
    Level("street", "街道乡镇", "Street or township", 9),
    Level("community", "社区/村", "Community or village", 12),
    Level("compound", "小区", "Compound", 0),
    Level("grid", "网格", "Grid", 15),
    Level("micro_grid", "微网格", "Micro-grid", 17),
    Level("building", "楼栋", "Building", 0),
)
RANK: dict[str, int] = {level.key: n for n, level in enumerate(LEVELS)}
BY_KEY: dict[str, Level] = {level.key: level for level in LEVELS}
BY_DIGITS: dict[int, str] = {level.digits: level.key for level in LEVELS if level.digits}
#: Every place above a building covers ground; a matter stands on the deepest of these.
AREAS: frozenset[str] = frozenset(BY_KEY) - {"building"}


def level_name(key: str, lang: str = "zh") -> str:
    """What the level is called; the key itself where it is not one of ours."""
    level = BY_KEY.get(key)
    if level is None:
        return key
    return level.en if lang.startswith("en") else level.zh


def level_names(lang: str = "zh") -> dict[str, str]:
    """All levels with their names, top first."""
    return {level.key: level_name(level.key, lang) for level in LEVELS}


def full_code(code: str) -> str:
    """A division code filled up to its legal 12 digits; longer codes as they are."""
    return code.ljust(12, "0")
