"""One pack out of its libraries and itself.

The rule, in one breath: libraries first, in the order of ``uses``, then the pack; a thing declared again
keeps the lines of the earlier declaration that the later one does not write again; ``without`` leaves
things out; questions of the pack itself come first in the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from linli.kernel.packspec.faults import Fault, fault
from linli.kernel.packspec.files import read_toml
from linli.kernel.packspec.lines import key_lines

SECTIONS = tuple(
    "form groups grades sets teams stages clocks ladders calendars roles acts notices registers".split()
)
OWN = tuple(
    "pack name summary icon uses library profile without public opened_by first first_found duplicates handlers".split()
)
SHARED = (
    "public",
    "duplicates",
    "first",
    "first_found",
    "opened_by",
)  # taken from a library where the pack is silent


@dataclass(slots=True)
class Merged:
    """The tables of a pack with its libraries in it, and where each thing was last said."""

    key: str
    tree: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)  # libraries first, the pack last
    inherited: set[str] = field(
        default_factory=set
    )  # "notices.act:plan", "handlers.arrive": said by a library only
    left_out: set[str] = field(default_factory=set)  # stages of a library that this pack does without
    faults: list[Fault] = field(default_factory=list)


def merge(files: Mapping[str, bytes], key: str) -> Merged:
    """Reads ``key/pack.toml`` and whatever it uses out of ``files``."""
    merged = Merged(key)
    _order(files, key, merged, [])
    for folder in merged.folders:
        _lay(files, folder, merged, own=folder == key)
    for name in _strings(merged.tree.get("without")):
        _leave_out(name, merged)
    return merged


def _order(files: Mapping[str, bytes], folder: str, merged: Merged, above: list[str]) -> None:
    tree, faults = read_toml(files, f"{folder}/pack.toml")
    merged.faults += faults
    for name in _strings(tree.get("uses")):
        where = (f"{folder}/pack.toml", key_lines(files[f"{folder}/pack.toml"].decode()).get("uses", 1))
        if name == folder or name in above:
            merged.faults.append(fault("uses_itself", where, (*above, folder, name), name=name))
        elif f"{name}/pack.toml" not in files:
            merged.faults.append(fault("no_library", where, name=name))
        elif name not in merged.folders:
            _order(files, name, merged, [*above, folder])
    if folder not in merged.folders:
        merged.folders.append(folder)


def _lay(files: Mapping[str, bytes], folder: str, merged: Merged, own: bool) -> None:
    name = f"{folder}/pack.toml"
    tree, _ = read_toml(files, name)
    if not own and tree.get("library") is not True:
        merged.faults.append(fault("not_a_library", merged.lines.get("uses", (name, 1)), name=folder))
    for key, line in key_lines(files[name].decode("utf-8", "replace")).items():
        if own or key.partition(".")[0] in (*SECTIONS, *SHARED, "handlers"):
            merged.lines[key] = (name, line)
    merged.lines[""] = (name, 1)
    for section, value in tree.items():
        if section in SECTIONS:
            if isinstance(value, dict):
                _section(merged, section, value, own)
            else:
                where = merged.lines.get(section, (name, 1))
                merged.faults.append(fault("wrong_type", where, name=section, wanted="[…]"))
        elif section == "handlers":
            merged.tree["handlers"] = [*_strings(merged.tree.get("handlers")), *_strings(value)]
            said = {f"handlers.{name}" for name in _strings(value)}
            merged.inherited = merged.inherited - said if own else merged.inherited | said
        elif own or section in SHARED or section not in OWN:
            merged.tree[section] = value


def _section(merged: Merged, section: str, value: Mapping[str, Any], own: bool) -> None:
    before: dict[str, Any] = merged.tree.setdefault(section, {})
    for key, item in value.items():
        name = f"{section}.{key}"
        merged.inherited.discard(name)
        if not own:
            merged.inherited.add(name)
        earlier = before.get(key)
        before[key] = {**earlier, **item} if isinstance(earlier, dict) and isinstance(item, dict) else item
    if section == "form" and own:
        merged.tree[section] = {**{key: before[key] for key in value}, **before}


def _leave_out(name: str, merged: Merged) -> None:
    section, _, key = name.partition(".")
    table = merged.tree.get(section)
    if section not in SECTIONS or not isinstance(table, dict) or key not in table:
        merged.faults.append(
            fault("nothing_left_out", merged.lines.get("without", merged.lines[""]), name=name)
        )
        return
    del table[key]
    if section == "stages":
        merged.left_out.add(key)


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
