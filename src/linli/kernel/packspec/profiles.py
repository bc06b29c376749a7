"""Profiles: how long each promise has, as data. ``profiles/1341.toml`` names grades and, under
``[limits.CLOCK]``, a limit for each grade, for ``kind.condition``, or for ``*``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from linli.kernel.packspec.faults import Fault, Where, fault
from linli.kernel.packspec.files import PROFILES
from linli.kernel.packspec.lines import key_lines
from linli.kernel.packspec.schema import Limit, Text
from linli.kernel.packspec.sections import texts
from linli.kernel.packspec.tables import Notes, Table
from linli.kernel.packspec.words import toml_line


@dataclass(slots=True)
class Profile:
    """What one profile file says."""

    key: str
    text: Text | None = None
    grades: dict[str, Text] = field(default_factory=dict)
    limits: dict[str, dict[str, Limit]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)


def read_profile(files: Mapping[str, bytes], key: str) -> Profile | None:
    """The profile named ``key``; None if there is no such file."""
    name = f"{PROFILES}/{key}.toml"
    if name not in files:
        return None
    profile = Profile(key)
    try:
        text = files[name].decode("utf-8")
        tree = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        profile.faults.append(fault("unreadable", (name, toml_line(problem)), problem=problem))
        return profile
    profile.lines = {f"profile.{at}": (name, line) for at, line in key_lines(text).items()}
    notes = Notes(Where({at.removeprefix("profile."): where for at, where in profile.lines.items()}, name))
    top = Table(notes, "", tree)
    profile.text = top.need_text("name")
    top.string("summary")
    profile.grades = texts(notes, {"grades": top.table("grades")}, "grades")
    for clock, limits in top.table("limits").items():
        table = Table(notes, f"limits.{clock}", limits)
        read = {
            grade: table.limit(grade, f"{key}: {clock}.{grade}")
            for grade in (limits if isinstance(limits, dict) else ())
        }
        profile.limits[clock] = {grade: limit for grade, limit in read.items() if limit}
    top.done()
    profile.faults += notes.faults
    return profile
