"""What the web build made: the files behind each entry, from Vite's manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIST = Path(__file__).resolve().parent / "static" / "dist"
MANIFEST = DIST / ".vite" / "manifest.json"


@dataclass(frozen=True)
class Parts:
    """Paths below /static/, in the order a page needs them."""

    styles: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


_read: tuple[float, dict[str, Any]] = (0.0, {})


def parts_of(entry: str) -> Parts:
    """The parts of ``web/src/entries/<entry>.ts``. Empty where nothing was built: pages work without script."""
    manifest = _manifest()
    key = f"src/entries/{entry}.ts"
    if key not in manifest:
        return Parts()
    styles: list[str] = []
    imports: list[str] = []
    _walk(manifest, key, styles, imports, set())
    own = imports.pop()
    return Parts(tuple(f"dist/{p}" for p in styles), tuple(f"dist/{p}" for p in imports), (f"dist/{own}",))


def _walk(manifest: dict[str, Any], key: str, styles: list[str], files: list[str], seen: set[str]) -> None:
    """Depth first, so that what is shared stands before what builds on it."""
    if key in seen:
        return
    seen.add(key)
    chunk = manifest[key]
    for needed in chunk.get("imports", ()):
        _walk(manifest, needed, styles, files, seen)
    styles += [path for path in chunk.get("css", ()) if path not in styles]
    files.append(chunk["file"])


def _manifest() -> dict[str, Any]:
    """Read again when a new build replaced it."""
    global _read
    try:
        stamp = MANIFEST.stat().st_mtime
    except FileNotFoundError:
        return {}
    if stamp != _read[0]:
        _read = (stamp, json.loads(MANIFEST.read_text("utf-8")))
    return _read[1]
