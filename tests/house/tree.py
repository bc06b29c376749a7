"""The source as the house rules see it: which files there are and what each imports. Reads, never runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "linli"
WEB = ROOT / "web" / "src"


def files(under: Path, *endings: str) -> list[Path]:
    """Every file below with one of the endings, built and fetched things left out."""
    left_out = {"__pycache__", "node_modules", "dist"}
    found = (path for path in under.rglob("*") if path.suffix in endings and path.is_file())
    return sorted(path for path in found if not left_out & set(path.parts))


def named(path: Path) -> str:
    """A file's name in a message: from the repository's root."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module named in an import, with its line. ``from a import b`` names both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def file_of(module: str) -> Path | None:
    """The file of one of our modules, or None."""
    base = ROOT / "src" / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None
