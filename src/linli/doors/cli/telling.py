"""What commands show while they work, and cells that no spreadsheet runs as a formula."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

WIDE = 30
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Bar:
    """A bar on a terminal; elsewhere a line for each tenth. On stderr, so that output stays clean."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total = name, max(total, 1)
        self._began = time.monotonic()
        self._said = -1

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.stderr.isatty():
            print(file=sys.stderr)

    def at(self, done: int) -> None:
        """So many are done."""
        part, spent = done / self._total, time.monotonic() - self._began
        left = spent / part - spent if part else 0
        if sys.stderr.isatty():
            filled = "█" * int(part * WIDE)
            print(
                f"\r{self._name} {filled:░<{WIDE}} {done}/{self._total} · {left:4.0f} s ",
                end="",
                file=sys.stderr,
                flush=True,
            )
        elif int(part * 10) > self._said:
            self._said = int(part * 10)
            print(f"{self._name}: {done}/{self._total} ({spent:.0f} s)", file=sys.stderr, flush=True)


def calm(cell: Any) -> Any:
    """A cell as a spreadsheet may have it: text that would be run as a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return cell
