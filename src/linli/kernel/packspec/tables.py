"""Reading one table of a pack strictly: every key known, every value of its type, every problem kept and
none raised."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from linli.kernel.packspec.faults import Fault, Where, fault
from linli.kernel.packspec.limits import parse_limit
from linli.kernel.packspec.schema import Limit, Text


class Notes:
    """What a reading finds wrong, in order, and the places it may name by a word."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.faults: list[Fault] = []
        self.known: dict[
            str, set[str]
        ] = {}  # every key that was looked for, by table: what the reference lists

    def say(self, code: str, at: str, path: Iterable[str] = (), /, **facts: object) -> None:
        self.faults.append(fault(code, self.where(at), path, **facts))

    def unknown(self, code: str, at: str, name: str, known: Iterable[str], /, **facts: object) -> None:
        """An unknown name, with the nearest known one."""
        self.say(code, at, name=name, hint=nearest(name, known), **facts)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or all of them if none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return close[0] if close else " ".join(names)


class Table:
    """One table under its dotted name. Take what may be there, then call ``done``: what was not taken is
    not known."""

    def __init__(self, notes: Notes, name: str, value: object) -> None:
        self.notes = notes
        self.name = name
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        self._taken: set[str] = set()
        if not isinstance(value, dict):
            notes.say("wrong_type", name, name=name, wanted="{ … }")

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def raw(self, key: str) -> Any:
        self._taken.add(key)
        return self._value.get(key)

    def string(self, key: str, default: str = "", choices: Iterable[str] = ()) -> str:
        value = self._typed(key, str, '"…"')
        if value is None:
            return default
        known = tuple(choices)
        if known and value not in known:
            self.notes.unknown("unknown_choice", f"{self.name}.{key}", value, known, key=key)
        return str(value)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._typed(key, bool, "true / false")
        return default if value is None else bool(value)

    def number(self, key: str, default: int | None = None) -> int | None:
        value = self._typed(key, int, "1")
        return default if value is None or isinstance(value, bool) else int(value)

    def strings(self, key: str) -> tuple[str, ...]:
        """One string or a list of them."""
        value = self.raw(key)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self.notes.say(
                "wrong_type", f"{self.name}.{key}", name=f"{self.name}.{key}", wanted='[ "…", "…" ]'
            )
            return ()
        return tuple(items)

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._typed(key, dict, "{ … }")
        return value if value is not None else {}

    def limit(self, key: str, source: str) -> Limit | None:
        value = self.raw(key)
        return None if value is None else self.notes_limit(value, f"{self.name}.{key}", source)

    def notes_limit(self, value: object, name: str, source: str) -> Limit | None:
        limit = parse_limit(value, source)
        if limit is None:
            self.notes.say("bad_limit", name, value=value)
        return limit

    def text(self) -> Text:
        """The ``zh`` and ``en`` of this very table; both are needed."""
        return self._pair(self.name, self.raw("zh"), self.raw("en"))

    def maybe_text(self, key: str) -> Text | None:
        """A text under ``key``, if it is there."""
        if key not in self._value:
            return None
        inner = Table(self.notes, f"{self.name}.{key}" if self.name else key, self.raw(key))
        text = inner.text()
        inner.done()
        return text

    def need_text(self, key: str) -> Text:
        text = self.maybe_text(key)
        if text is None:
            self.missing(key)
        return text or Text("", "")

    def missing(self, key: str) -> None:
        self.notes.say("missing_key", self.name, name=self.name or "pack.toml", key=key)

    def done(self) -> None:
        self.notes.known.setdefault(self.name, set()).update(self._taken)
        for key in self._value:
            if key not in self._taken:
                name = f"{self.name}.{key}" if self.name else key
                self.notes.unknown("unknown_key", name, key, self._taken, table=self.name or "pack.toml")

    def _pair(self, name: str, zh: object, en: object) -> Text:
        words = {"zh": zh, "en": en}
        for lang, value in words.items():
            if not isinstance(value, str) or not value.strip():
                other = words["en" if lang == "zh" else "zh"]
                self.notes.say("missing_word", name, key=name, lang=lang, other=other or "")
        return Text(str(zh or ""), str(en or ""))

    def _typed(self, key: str, wanted: type, shown: str) -> Any:
        value = self.raw(key)
        if value is None or isinstance(value, wanted):
            return value
        name = f"{self.name}.{key}" if self.name else key
        self.notes.say("wrong_type", name, name=name, wanted=shown)
        return None
