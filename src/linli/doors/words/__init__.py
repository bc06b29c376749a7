"""The sentences that pages say, in both languages, read from the ``words/*.toml`` beside each door.

A key is dotted: ``portal.home.title`` is ``[home] title`` in ``doors/portal/words/zh-CN.toml`` (the door's name in front may
be written in the file or left out); a key of the common words, ``doors/words/``, has no door in front. A sentence
that counts has two forms, ``{ one = "…", other = "…" }``, and is chosen by the fact ``n``.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DOORS = Path(__file__).resolve().parent.parent
_APART = re.compile(
    r"(?<=[\u4e00-\u9fff]) (?=(?:昨天|明天) \d)"
)  # a space belongs before the figure of an hour, not before its day
FILES = {"zh": "zh-CN.toml", "en": "en.toml"}
Sentence = str | dict[str, str]


class _Facts(dict[str, Any]):
    """A fact that a sentence names and the page lacks is shown as its name, never as a crash."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def say(lang: str, key: str, **facts: Any) -> str:
    """The sentence ``key`` in ``zh`` or ``en``, its ``{facts}`` filled in. An unknown key answers with itself."""
    sentence = catalogue("en" if lang.startswith("en") else "zh").get(key)
    if sentence is None:
        return key
    if isinstance(sentence, dict):
        sentence = sentence["one" if facts.get("n") in (1, "1") else "other"]
    return _APART.sub("", sentence.format_map(_Facts(facts))) if "{" in sentence else sentence


def branch(lang: str, prefix: str) -> dict[str, str]:
    """All plain sentences below ``prefix``, keys shortened by it: the words an island on the page needs."""
    start = prefix + "."
    found = catalogue("en" if lang.startswith("en") else "zh")
    return {k[len(start) :]: s for k, s in found.items() if k.startswith(start) and isinstance(s, str)}


@cache
def catalogue(lang: str) -> dict[str, Sentence]:
    """Every sentence of one language, by full dotted key. Read once in the life of the process."""
    words = dict(_leaves(_read(DOORS / "words" / FILES[lang])))
    for path in sorted(DOORS.glob(f"*/words/{FILES[lang]}")):
        door = path.parent.parent.name
        for key, sentence in _leaves(_read(path)):
            words[key if key.startswith(door + ".") else f"{door}.{key}"] = sentence
    return words


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def _leaves(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Sentence]]:
    rows: list[tuple[str, Sentence]] = []
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            rows += _leaves(value, key)
        else:
            rows.append((key, value))
    return rows
