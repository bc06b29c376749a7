"""Which changes of the database this program knows. Needs no settings: it is asked before a store is touched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import linli


def known() -> frozenset[str]:
    """``app.name`` of every change of our own tables that this program can make."""
    home = Path(linli.__file__).parent / "kernel"
    return frozenset(f"{path.parent.parent.name}.{path.stem}" for path in home.glob("*/migrations/[0-9]*.py"))


def unknown(made: Iterable[str]) -> tuple[str, ...]:
    """Of the changes that were made to a store, those a newer program made. This program must not write to such a store: it
    would leave empty what it does not know of."""
    ours = known()
    areas = {name.partition(".")[0] for name in ours}
    return tuple(sorted(name for name in made if name.partition(".")[0] in areas and name not in ours))
