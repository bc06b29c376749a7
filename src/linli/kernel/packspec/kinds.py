"""``kinds.csv``: what may be reported and how bad it is. One row a condition; a row without a kind goes on
with the one above.

Columns: kind, condition, zh, en, condition_zh, condition_en, grade, icon, group, unit, area_only, advice.
``advice`` names a sentence of the pack's words, under ``[advice]``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

from linli.kernel.packspec.faults import Fault, fault
from linli.kernel.packspec.schema import Condition, Kind, Text
from linli.kernel.packspec.tables import nearest

COLUMNS = (
    "kind",
    "condition",
    "zh",
    "en",
    "condition_zh",
    "condition_en",
    "grade",
    "icon",
    "group",
    "unit",
    "area_only",
    "advice",
)
NEEDED = ("kind", "condition", "zh", "en", "condition_zh", "condition_en", "grade", "group")


def read_kinds(
    data: bytes, file: str, grades: Mapping[str, Text], groups: Mapping[str, Text], words: Mapping[str, Text]
) -> tuple[dict[str, Kind], list[Fault], dict[str, tuple[str, int]]]:
    """Kinds by key, every problem by row, and the line of each kind and condition."""
    reading = _Reading(file, grades, groups, words)
    try:
        reading.read(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, csv.Error) as problem:
        reading.faults.append(fault("unreadable", (file, 1), problem=problem))
    return reading.kinds, reading.faults, reading.lines


class _Reading:
    def __init__(
        self, file: str, grades: Mapping[str, Text], groups: Mapping[str, Text], words: Mapping[str, Text]
    ) -> None:
        self.file, self.grades, self.groups, self.words = file, grades, groups, words
        self.kinds: dict[str, Kind] = {}
        self.faults: list[Fault] = []
        self.lines: dict[str, tuple[str, int]] = {}

    def read(self, text: str) -> None:
        rows = csv.DictReader(io.StringIO(text), strict=True)
        heads = rows.fieldnames or []
        for head in heads:
            if head not in COLUMNS:
                self._say("unknown_key", 1, name=head, hint=nearest(head, COLUMNS), table="kinds.csv")
        for head in NEEDED:
            if head not in heads:
                self._say("missing_key", 1, name="kinds.csv", key=head)
        if self.faults:
            return
        last: dict[str, str] = {}
        for row in rows:
            cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
            if not any(cells.values()):
                continue
            if not cells["kind"] and last:
                cells = {
                    **cells,
                    **{
                        key: last[key]
                        for key in ("kind", "zh", "en", "icon", "group", "unit", "area_only")
                        if key in last
                    },
                }
            last = cells
            self._row(cells, rows.line_num)

    def _row(self, cells: Mapping[str, str], line: int) -> None:
        key, name = cells["kind"], f"{cells['kind']}.{cells['condition']}"
        self.lines.setdefault(f"kinds.{key}", (self.file, line))
        if f"kinds.{name}" in self.lines:
            self._say("twice", line, name=name)
            return
        self.lines[f"kinds.{name}"] = (self.file, line)
        condition = Condition(
            cells["condition"],
            self._text(cells, "condition_", line, name),
            cells["grade"],
            self._advice(cells, line),
        )
        if cells["grade"] not in self.grades:
            self._say("unknown_grade", line, name=cells["grade"], hint=nearest(cells["grade"], self.grades))
        if key in self.kinds:
            kind = self.kinds[key]
            self.kinds[key] = replace(kind, conditions=(*kind.conditions, condition))
            return
        if cells["group"] not in self.groups:
            self._say("unknown_group", line, name=cells["group"], hint=nearest(cells["group"], self.groups))
        area = cells.get("area_only", "") in ("1", "yes", "true", "是")
        self.kinds[key] = Kind(
            key,
            self._text(cells, "", line, key),
            cells["group"],
            cells.get("icon") or "dot",
            (condition,),
            cells.get("unit") or None,
            area,
        )

    def _advice(self, cells: Mapping[str, str], line: int) -> Text | None:
        key = f"advice.{cells['advice']}" if cells.get("advice") else ""
        if key and key not in self.words:
            self._say("no_words", line, name=f"kinds.csv: {cells['kind']}", key=key)
        return self.words.get(key)

    def _text(self, cells: Mapping[str, str], prefix: str, line: int, name: str) -> Text:
        text = Text(cells[f"{prefix}zh"], cells[f"{prefix}en"])
        for lang, value, other in (("zh", text.zh, text.en), ("en", text.en, text.zh)):
            if not value:
                self._say("missing_word", line, key=name, lang=lang, other=other)
        return text

    def _say(self, code: str, line: int, **facts: object) -> None:
        self.faults.append(fault(code, (self.file, line), **facts))
