"""The one way the kernel says no: a code, a sentence in each language, and the facts behind it. Knows no HTTP."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_HOME = Path(__file__).resolve().parent.parent


class _Facts(dict[str, Any]):
    """A fact that a sentence names and the refusal lacks is shown as its name, never a crash while refusing."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def sentences() -> dict[str, dict[str, str]]:
    """All refusal sentences, ``{code: {"zh": …, "en": …}}``, read from every ``refusals.toml`` of kernel and doors."""
    found: dict[str, dict[str, str]] = {}
    for part in ("kernel", "lenses", "instruments", "doors"):
        for path in sorted((_HOME / part).rglob("refusals.toml")):
            for code, words in _flatten(tomllib.loads(path.read_text("utf-8"))):
                found[code] = words
    return found


def _flatten(table: dict[str, Any], prefix: str = "") -> list[tuple[str, dict[str, str]]]:
    if "zh" in table and isinstance(table["zh"], str):
        return [(prefix, table)]
    rows: list[tuple[str, dict[str, str]]] = []
    for key, value in table.items():
        rows += _flatten(value, f"{prefix}.{key}" if prefix else key)
    return rows


class Refusal(Exception):
    """An act, a read or an input that may not be. Nothing was changed.

    ``code`` is ``area.what`` and stable (clients switch on it); ``facts`` fill the sentence and are
    safe to show to whoever asked; in English a fact ``role_en`` stands for ``role``. ``kind`` is a hint, not
    HTTP: ``missing`` (absent or forbidden look alike), ``forbidden``, ``invalid`` (input), ``conflict`` (state
    moved on), ``busy`` (try again later), ``away`` (the store or its disk is in trouble), ``method`` (the address
    knows no such method).
    """

    def __init__(self, code: str, *, kind: str = "invalid", field: str | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.field = field
        self.facts = facts

    def sentence(self, lang: str = "zh") -> str:
        """What a resident is told, in ``zh`` or ``en``."""
        words = sentences().get(self.code)
        if words is None:
            return self.code
        if not lang.startswith("en"):
            return words["zh"].format_map(_Facts(self.facts))
        english = {key.removesuffix("_en"): fact for key, fact in self.facts.items() if key.endswith("_en")}
        return words["en"].format_map(_Facts(self.facts | english))

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence('en')}"
