"""What is wrong with a pack, told so that its author can mend it: where it stands, a sentence, and the way
that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linli.kernel.errors import Refusal, sentences
from linli.kernel.packspec.schema import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem of one pack. ``file`` is relative to the folder of packs; ``line`` counts from 1, 0 where
    there is none. ``path`` is the shortest way through the flow that shows it: stages and acts in turn."""

    code: str
    file: str
    line: int
    sentence: Text
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: str) -> str:
        """``file:line: sentence (path)``, as editors and terminals like it."""
        way = f"  ({' → '.join(self.path)})" if self.path else ""
        return f"{self.file}:{self.line}: {self.sentence.say(lang)}{way}"


def fault(code: str, where: tuple[str, int], path: Iterable[str] = (), /, **facts: object) -> Fault:
    """A fault with its sentence from ``refusals.toml``: section ``[packspec.<code>]``."""
    words = sentences()[f"packspec.{code}"]
    filled = {key: str(value) for key, value in facts.items()}
    text = Text(words["zh"].format_map(filled), words["en"].format_map(filled))
    return Fault(code, where[0], where[1], text, tuple(path))


class PackRefused(Refusal):
    """A pack that cannot be used; ``faults`` has every reason at once."""

    def __init__(self, key: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("packspec.refused", pack=key, count=len(self.faults), first=self.faults[0].say("en"))


class Where:
    """Finds the file and line of a declaration by its dotted name, or of the nearest one that contains it."""

    def __init__(self, lines: Mapping[str, tuple[str, int]], fallback: str) -> None:
        self._lines = lines
        self._fallback = fallback

    def __call__(self, name: str) -> tuple[str, int]:
        while name:
            if name in self._lines:
                return self._lines[name]
            name = name.rpartition(".")[0]
        return self._lines.get("", (self._fallback, 1))
