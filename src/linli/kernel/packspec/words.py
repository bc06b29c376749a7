"""Sentences of packs: nested TOML, one file per language, flat dotted keys, both languages or a fault."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from linli.kernel.packspec.faults import Fault, fault
from linli.kernel.packspec.lines import key_lines
from linli.kernel.packspec.schema import Text

FILES = {"zh": "words/zh-CN.toml", "en": "words/en.toml"}
FACTS = frozenset("number title place holder role due time act by reason link code limit".split())


class Catalogue:
    """The sentences of one folder. ``faults`` has every key that lacks a language, every unknown or uneven
    placeholder."""

    def __init__(self, files: Mapping[str, bytes], folder: str) -> None:
        self.texts: dict[str, Text] = {}
        self.lines: dict[str, tuple[str, int]] = {}
        self.faults: list[Fault] = []
        read = {lang: self._read(files, f"{folder}/{name}") for lang, name in FILES.items()}
        for key in sorted({*read["zh"], *read["en"]}):
            self._pair(key, read, folder)

    def _read(self, files: Mapping[str, bytes], name: str) -> dict[str, tuple[str, int]]:
        if name not in files:
            return {}
        try:
            text = files[name].decode("utf-8")
            tree = tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            self.faults.append(fault("unreadable", (name, toml_line(problem)), problem=problem))
            return {}
        lines = key_lines(text)
        return {key: (value, lines.get(key, 1)) for key, value in flat(tree) if isinstance(value, str)}

    def _pair(self, key: str, read: Mapping[str, Mapping[str, tuple[str, int]]], folder: str) -> None:
        missing = next((lang for lang in FILES if not read[lang].get(key, ("", 0))[0].strip()), None)
        other = read["en" if missing == "zh" else "zh"].get(key, ("", 1))
        if missing:
            self.faults.append(
                fault(
                    "missing_word", (f"{folder}/{FILES[missing]}", 1), key=key, lang=missing, other=other[0]
                )
            )
            return
        text = Text(read["zh"][key][0], read["en"][key][0])
        self.texts[key] = text
        self.lines[key] = (f"{folder}/{FILES['zh']}", read["zh"][key][1])
        self.faults += placeholder_faults(text, self.lines[key], key)


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested tables with dotted keys."""
    for key, value in tree.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            yield from flat(value, name)
        else:
            yield name, value


def placeholders(sentence: str) -> set[str]:
    """Names in braces. Raises ValueError for braces that do not close."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def placeholder_faults(text: Text, where: tuple[str, int], key: str) -> list[Fault]:
    """Facts that nobody supplies, braces that do not close, and facts named in one language only."""
    try:
        zh, en = placeholders(text.zh), placeholders(text.en)
    except ValueError:
        return [fault("bad_braces", where, key=key)]
    strange = sorted((zh | en) - FACTS)
    faults = [
        fault("unknown_fact", where, key=key, fact=name, known=" ".join(sorted(FACTS))) for name in strange
    ]
    if zh != en:
        faults.append(fault("uneven_facts", where, key=key, facts=", ".join(sorted(zh ^ en))))
    return faults


def toml_line(problem: Exception) -> int:
    """The line that the standard reader names in its message; 1 if it names none."""
    words = str(problem).replace(",", " ").replace(")", " ").split()
    return (
        int(words[words.index("line") + 1])
        if "line" in words[:-1] and words[words.index("line") + 1].isdigit()
        else 1
    )
