"""Every sentence of every page exists in both languages, and every key that a page asks for exists."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from linli.doors.words import catalogue
from tests.house.tree import SRC, WEB, files, named, syntax

TAG = re.compile(r"{%\s*t\s+(\"[^\"]+\"|'[^']+')")
SCRIPT = re.compile(r"\bsay\(\s*(\"[^\"]+\"|'[^']+')")
FACT = re.compile(r"{(\w+)}")


def asked_in_template(text: str) -> list[str]:
    """The keys that ``{% t "key" %}`` names as words; a key held in a variable is not seen here."""
    return [key.strip("\"'") for key in TAG.findall(text)]


def asked_in_python(tree: ast.AST) -> list[str]:
    """The keys that ``say(lang, "key")`` names as words."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            key = node.args[1]
            if name == "say" and isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.append(key.value)
    return found


def lopsided(zh: dict[str, Any], en: dict[str, Any]) -> list[str]:
    """The keys that one language has and the other lacks, or whose facts differ."""
    apart = sorted(set(zh) ^ set(en))
    for key in sorted(set(zh) & set(en)):
        if set(FACT.findall(str(zh[key]))) != set(FACT.findall(str(en[key]))):
            apart.append(f"{key} (facts differ)")
    return apart


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name, value in table.items():
        rows |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return rows


def read(path: Path) -> dict[str, Any]:
    return flat(tomllib.loads(path.read_text("utf-8"))) if path.is_file() else {}


def unknown(keys: Iterable[str], path: Path) -> list[str]:
    return [f"{named(path)}: {key}" for key in keys if key not in catalogue("zh")]


def test_every_sentence_of_a_page_is_in_both_languages() -> None:
    assert lopsided(catalogue("zh"), catalogue("en")) == []


def test_no_sentence_of_a_page_is_empty() -> None:
    assert [(lang, key) for lang in ("zh", "en") for key, words in catalogue(lang).items() if not words] == []


def test_every_key_a_template_asks_for_exists() -> None:
    templates = files(SRC, ".html", ".txt")
    assert [
        line for path in templates for line in unknown(asked_in_template(path.read_text("utf-8")), path)
    ] == []


def test_every_key_the_code_asks_for_exists() -> None:
    modules = files(SRC / "doors", ".py")
    assert [line for path in modules for line in unknown(asked_in_python(syntax(path)), path)] == []


def test_every_key_a_script_asks_for_exists() -> None:
    for_scripts = {
        re.sub(r"^(?:\w+\.)?js\.", "", key) for key in catalogue("zh") if re.match(r"(?:\w+\.)?js\.", key)
    }
    asked = {
        (named(path), key.strip("\"'"))
        for path in files(WEB, ".ts")
        for key in SCRIPT.findall(path.read_text("utf-8"))
    }
    assert sorted((path, key) for path, key in asked if key not in for_scripts) == []


def test_every_pack_says_the_same_in_both_languages() -> None:
    packs = [folder for folder in sorted((SRC / "packs").glob("*/words")) if folder.is_dir()]
    apart = {}
    for folder in packs:
        zh, en = read(folder / "zh-CN.toml"), read(folder / "en.toml")
        if lopsided(zh, en):
            apart[named(folder)] = lopsided(zh, en)
    assert apart == {}


def test_a_missing_word_and_a_missing_fact_are_found() -> None:
    assert lopsided({"a": "甲"}, {"a": "A"}) == []
    assert lopsided({"a": "甲", "b": "乙"}, {"a": "A"}) == ["b"]
    assert lopsided({"a": "{n} 件"}, {"a": "some"}) == ["a (facts differ)"]


def test_keys_are_read_from_templates_and_code() -> None:
    assert asked_in_template("{% t \"a.b\" n=3 %} {%t 'c' %} {% t key %}") == ["a.b", "c"]
    assert asked_in_python(ast.parse('say(lang, "a.b", n=1); say(lang, key)')) == ["a.b"]
