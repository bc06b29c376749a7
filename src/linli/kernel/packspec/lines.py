"""On which line each key of a TOML file stands. The standard reader tells values and no positions; a fault
without a line is half a fault.

A scanner, not a second reader: it is only ever run on text that ``tomllib`` has accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|\#[^\n]*)
      |(?P<newline>\n)
      |(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      |(?P<mark>\[\[|\]\]|[\[\]{}=,.])
      |(?P<bare>[^\s\[\]{}=,.\#"']+)""",
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=64)
def key_lines(text: str) -> dict[str, int]:
    """``{"acts.arrive.by": 41, …}`` for every table and key; an array of tables counts ``notices.0``,
    ``notices.1`` … Not to be
    changed by the caller."""
    return _Scanner(text).scan()


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    line, at = 1, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # not TOML; tomllib says so better
            return
        kind, word = match.lastgroup or "", match.group()
        if kind != "skip":
            yield kind, word, line
        line += word.count("\n")
        at = match.end()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), ("newline", "\n", 0)]
        self._at = 0
        self._found: dict[str, int] = {}
        self._arrays: dict[str, int] = {}

    def scan(self) -> dict[str, int]:
        table: tuple[str, ...] = ()
        while self._at < len(self._tokens):
            kind, word, line = self._tokens[self._at]
            if kind == "newline":
                self._at += 1
            elif word in ("[", "[["):
                self._at += 1
                table = self._table(self._key(), word == "[[", line)
                self._at += 1
            else:
                self._pair(table)
        return self._found

    def _table(self, name: tuple[str, ...], array: bool, line: int) -> tuple[str, ...]:
        dotted = ".".join(name)
        if array:
            count = self._arrays[dotted] = self._arrays.get(dotted, -1) + 1
            self._found.setdefault(dotted, line)
            name = (*name, str(count))
        self._found.setdefault(".".join(name), line)
        return name

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            kind, word, _ = self._tokens[self._at]
            parts.append(word[1:-1] if kind == "string" else word)
            self._at += 1
            if self._tokens[self._at][1] != ".":
                return tuple(parts)
            self._at += 1

    def _pair(self, table: tuple[str, ...]) -> None:
        line = self._tokens[self._at][2]
        name = (*table, *self._key())
        for depth in range(len(table) + 1, len(name) + 1):
            self._found.setdefault(".".join(name[:depth]), line)
        self._at += 1  # =
        self._value(name)

    def _value(self, name: tuple[str, ...]) -> None:
        word = self._tokens[self._at][1]
        if word in ("[", "[["):
            self._array(name)
        elif word == "{":
            self._at += 1
            while self._tokens[self._at][1] != "}":
                if self._tokens[self._at][1] == "," or self._tokens[self._at][0] == "newline":
                    self._at += 1
                else:
                    self._pair(name)
            self._at += 1
        else:
            while self._tokens[self._at][0] != "newline" and self._tokens[self._at][1] not in (
                ",",
                "}",
                "]",
                "]]",
            ):
                self._at += 1

    def _array(self, name: tuple[str, ...]) -> None:
        """Items that are tables are counted; ``]]`` and ``[[`` here are two brackets each."""
        opened = self._tokens[self._at][1]
        self._at += 1
        if opened == "[[":
            self._split("[")
        count = 0
        while self._tokens[self._at][1] not in ("]", "]]"):
            kind, word, line = self._tokens[self._at]
            if word == "," or kind == "newline":
                self._at += 1
                continue
            self._found.setdefault(".".join((*name, str(count))), line)
            self._value((*name, str(count)))
            count += 1
        if self._tokens[self._at][1] == "]]":
            self._tokens[self._at] = ("mark", "]", self._tokens[self._at][2])
            return
        self._at += 1

    def _split(self, mark: str) -> None:
        self._tokens.insert(self._at, ("mark", mark, self._tokens[self._at - 1][2]))
