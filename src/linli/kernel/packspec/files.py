"""Which files make an edition: the pack's folder, the libraries it uses and its profile, by exact bytes.

Names are relative to the folder of packs: ``repair/pack.toml``, ``grid/words/en.toml``,
``profiles/1341.toml``.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from linli.kernel.packspec.faults import Fault, PackRefused, fault
from linli.kernel.packspec.words import toml_line

PROFILES = "profiles"


def gather(folder: Path, libraries: Path) -> dict[str, bytes]:
    """Every file of the pack in ``folder`` and of what it uses from ``libraries``. A library that is not
    there is left out; ``load`` says so with the line that names it. Raises PackRefused where there is no
    readable ``pack.toml`` to start from."""
    key = folder.name
    files = _folder(folder, key)
    if f"{key}/pack.toml" not in files:
        raise PackRefused(key, [fault("no_pack", (f"{key}/pack.toml", 0), pack=key)])
    tree, faults = read_toml(files, f"{key}/pack.toml")
    if faults:
        raise PackRefused(key, faults)
    waiting, seen = _names(tree.get("uses")), {key}
    while waiting:
        name = waiting.pop(0)
        if name in seen or not (libraries / name / "pack.toml").is_file():
            continue
        seen.add(name)
        files |= _folder(libraries / name, name)
        more, _ = read_toml(files, f"{name}/pack.toml")
        waiting += _names(more.get("uses"))
    profile = libraries / PROFILES / f"{tree.get('profile', '')}.toml"
    if profile.is_file():
        files[f"{PROFILES}/{profile.name}"] = profile.read_bytes()
    return files


def read_toml(files: Mapping[str, bytes], name: str) -> tuple[dict[str, Any], list[Fault]]:
    """The tables of one file, or the one fault that makes it unreadable. Not to be changed by the caller."""
    try:
        return _parsed(files[name]), []
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        return {}, [fault("unreadable", (name, toml_line(problem)), problem=problem)]


@lru_cache(maxsize=64)
def _parsed(data: bytes) -> dict[str, Any]:
    return tomllib.loads(data.decode("utf-8"))


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and bytes in order of name; lengths keep one file from flowing into the next."""
    total = hashlib.sha256(b"linli pack edition 1\n")
    for name in sorted(files):
        total.update(f"{name}\n{len(files[name])}\n".encode())
        total.update(files[name])
    return total.hexdigest()


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip that is the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """What ``packed`` packed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _folder(folder: Path, key: str) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__")) for part in inside.parts):
            found[f"{key}/{inside.as_posix()}"] = path.read_bytes()
    return found


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
