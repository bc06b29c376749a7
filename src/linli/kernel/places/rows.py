"""What an import reads before anything is stored: rows, and what is wrong with them. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from linli.kernel.errors import sentences
from linli.kernel.places.levels import BY_DIGITS, BY_KEY, level_name

ERROR, WARNING = "error", "warning"
_LEVEL_FACTS = frozenset({"level", "parent_level", "old", "new"})
_DIVISION = re.compile(r"\d+")
_FILLED = {6: (2, 4), 12: (2, 4, 6, 9)}
_FINE = re.compile(r"\d{12}[0-9A-Za-z]{1,20}")


class Problem(NamedTuple):
    """One thing wrong in one row. ``row`` is the line of a CSV file (its header is line 1) or the number of
    the feature in a GeoJSON file, from 1; 0 speaks of the whole file. ``code`` is a reason of
    ``places.*``."""

    file: str
    row: int
    reason: str
    facts: Mapping[str, Any]
    severity: str = ERROR

    def sentence(self, lang: str = "zh") -> str:
        facts = {
            key: level_name(str(value), lang) if key in _LEVEL_FACTS else value
            for key, value in self.facts.items()
        }
        words = sentences()[f"places.{self.reason}"]
        return words["en" if lang.startswith("en") else "zh"].format_map(facts)

    def line(self, lang: str = "zh") -> str:
        """``file:row  sentence``, as a report shows it."""
        return f"{self.file}:{self.row}  {self.sentence(lang)}"


class Door(NamedTuple):
    """An entrance of a building, with its position where that is known."""

    entrance: str
    lon: float | None = None
    lat: float | None = None


@dataclass(slots=True)
class Row:
    """One place as a file states it. ``None`` and ``""`` mean "not said": what the store knows then stays.

    ``parent`` is a stated parent and must exist; ``hint`` (the division columns of the statistics tables, the
    adcodes of map services) is used where it exists. ``shape`` is a valid Polygon or MultiPolygon in WGS-84.
    """

    file: str
    row: int
    code: str
    name: str = ""
    name_en: str = ""
    level: str = ""
    parent: str = ""
    hint: str = ""
    kind: str = ""
    shape: Any = None
    lon: float | None = None
    lat: float | None = None
    households: int | None = None
    people: int | None = None
    number: str = ""
    compound: str = ""
    storeys: int | None = None
    entrances: tuple[Door, ...] = field(default=())
    aliases: tuple[str, ...] = field(default=())

    def problem(self, reason: str, severity: str = ERROR, **facts: Any) -> Problem:
        return Problem(self.file, self.row, reason, {"code": self.code, **facts}, severity)

    @property
    def described(self) -> bool:
        """Whether anything is said that only a building has."""
        return bool(self.number or self.compound or self.storeys or self.entrances or self.aliases)


def short_code(text: str, level: str = "", hint: str = "") -> str:
    """The code without the zeros that fill a division code up to 6 or 12 digits (110101000000 → 110101).

    441900 stays as it is when its own parent column says 4419: it is then a district without a number of
    its own.
    """
    code = text.strip().removesuffix(".0")
    if not _DIVISION.fullmatch(code):
        return code
    wanted = BY_KEY[level].digits if level in BY_KEY else 0
    if wanted:
        return code[:wanted] if len(code) in (6, 12) and not code[wanted:].strip("0") else code
    shorter = [digits for digits in _FILLED.get(len(code), ()) if not code[digits:].strip("0")]
    return next((code[:digits] for digits in shorter if hint != code[:digits]), code)


def level_of(code: str) -> str:
    """The level a code's length tells; empty where length alone does not."""
    return BY_DIGITS.get(len(code), "") if _DIVISION.fullmatch(code) else ""


def code_fits(code: str, level: str) -> bool:
    """Whether a code may name a place of that level: divisions have a fixed length, what is finer is longer
    than 12."""
    digits = BY_KEY[level].digits
    if digits and digits <= 12:
        return len(code) == digits and _DIVISION.fullmatch(code) is not None
    return _FINE.fullmatch(code) is not None
