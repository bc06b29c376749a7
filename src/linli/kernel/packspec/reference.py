"""The reference of the pack language, made of what the reader reads: ``python -m
linli.kernel.packspec.reference`` writes it. Pure.

What each key means stands in ``reference.toml``; that every key is there, and none that is not read, is a
test.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from linli.kernel.packspec.files import gather
from linli.kernel.packspec.load import HOME, known_keys
from linli.kernel.packspec.prove_acts import BY, MUST_LEAD, NEEDS, OUTCOMES
from linli.kernel.packspec.prove_parts import OWED_TO, SHOWN
from linli.kernel.packspec.schema import Does, Input
from linli.kernel.packspec.sections import REGISTER_TYPES
from linli.kernel.packspec.words import FACTS

SAID = Path(__file__).with_name("reference.toml")
PAGE = Path("docs/reference/pack-language.md")
_NAMED = re.compile(r"^(form|groups|grades|roles|calendars|stages|clocks|acts|registers)\.[^.]+$")


def said() -> dict[str, Any]:
    """What ``reference.toml`` says."""
    return tomllib.loads(SAID.read_text("utf-8"))


def read_keys() -> dict[str, set[str]]:
    """Every key that the reader looks for in the packs that come with the program, with names taken out:
    ``acts.NAME``."""
    found: dict[str, set[str]] = {}
    for folder in sorted(path.parent for path in HOME.glob("*/pack.toml")):
        for name, keys in known_keys(gather(folder, HOME), folder.name).items():
            general = _general(name)
            if general:
                found.setdefault(general, set()).update(keys)
    return found


def _general(name: str) -> str:
    if name in ("", "public", "duplicates"):
        return name or "pack.toml"
    if re.fullmatch(r"ladders\.[^.]+\.\d+", name):
        return "ladders.NAME.N"
    if re.fullmatch(r"registers\.[^.]+\.fields\.[^.]+", name):
        return "registers.NAME.fields.NAME"
    return f"{name.partition('.')[0]}.NAME" if _NAMED.fullmatch(name) else ""


def page() -> str:
    """The whole page, ending in one newline."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    words = said()
    yield "# The pack language"
    yield ""
    yield "Everything a pack may say. Made by `python -m linli.kernel.packspec.reference`; do not edit."
    yield "How to write one: [write a pack](../howto/write-a-pack.md)."
    for section, sentence in words["sections"].items():
        yield from ["", f"## {_heading(section)}", "", sentence]
        if section in words["keys"]:
            yield from ["", "| Key | What it says |", "|---|---|"]
            yield from (f"| `{key}` | {_cell(what)} |" for key, what in words["keys"][section].items())
    yield from _acts(words)
    yield from _lists(words)


def _heading(section: str) -> str:
    return f"`{section}`" if section.endswith("toml") else f"`[{section}]`"


def _acts(words: dict[str, Any]) -> Iterator[str]:
    yield from ["", "## What an act does", "", "| `does` | | It must ask | Outcomes |", "|---|---|---|---|"]
    for does in get_args(Does):
        needs = ", ".join("/".join(one) if isinstance(one, tuple) else one for one in NEEDS.get(does, ()))
        must = MUST_LEAD.get(does, ())
        outcomes = ", ".join(f"**{one}**" if one in must else one for one in OUTCOMES.get(does, ()))
        yield f"| `{does}` | {_cell(words['does'][does])} | {needs} | {outcomes} |"
    yield ""
    yield "Outcomes in bold must be said. `contacted` is asked too, unless only the reporter answers."


def _lists(words: dict[str, Any]) -> Iterator[str]:
    yield from ["", "## Questions of a form", "", "| `type` | |", "|---|---|"]
    yield from (f"| `{key}` | {_cell(what)} |" for key, what in words["fields"].items())
    lists = {
        "What an act may ask": get_args(Input),
        "Who besides roles may act": BY,
        "Who besides roles is owed words": sorted(OWED_TO),
        "Facts of a sentence": sorted(FACTS),
        "What the public may see": sorted(SHOWN),
        "Columns of a register": REGISTER_TYPES,
    }
    for title, names in lists.items():
        yield from ["", f"## {title}", "", " ".join(f"`{name}`" for name in names)]
    yield from ["", "## Limits", ""]
    yield "`10m` `4h` `1d` run day and night; `4wh` and `5wd` count the working time of the clock's calendar."
    yield "As offices write it: `2紧急工作时` is `2h`, `4工作时` is `4wh`, `1工作日` is `1wd`, `5自然日` is `5d`."
    yield from ["", "## Events of a notice", ""]
    yield "`opened` `ended` `act:NAME` `act:NAME:OUTCOME` `clock:NAME:warned` `clock:NAME:broken` `clock:NAME:escalated`; `*` is every clock."
    yield "`broken` is the moment a limit passes; `escalated` comes with each rung of the ladder, and `rung` is who stands on it."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.write_text(page(), "utf-8")
    print(target)
