"""Imports run one way, and what is pure stays free of Django. The layers themselves are contracts in pyproject.toml."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SRC, file_of, files, imports, named, syntax

PURE = (
    "kernel/errors.py",
    "kernel/ids.py",
    "kernel/moment.py",
    "kernel/ledger/canon.py",
    "kernel/ledger/tree.py",
    "kernel/packspec/schema.py",
    "kernel/packspec/load.py",
    "kernel/packspec/prove.py",
    "kernel/packspec/words.py",
    "kernel/matters/workflow.py",
    "kernel/matters/clocks.py",
    "kernel/matters/calendars.py",
    "kernel/places/crs.py",
)
BUS_WORDS = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.test.signals")


def framework_behind(path: Path) -> list[str]:
    """How Django gets into a file, by itself or through modules of ours that it imports. Empty when it does not."""
    found: list[str] = []
    todo, seen = [path], {path}
    while todo:
        here = todo.pop()
        for module, line in imports(syntax(here)):
            if module.split(".")[0] in ("django", "ninja"):
                found.append(f"{named(here)}:{line} imports {module}")
            further = file_of(module) if module.startswith("linli.") else None
            if further and further not in seen:
                seen.add(further)
                todo.append(further)
    return sorted(set(found))


def side_bus(tree: ast.AST) -> list[tuple[int, str]]:
    """Django signals and on-commit callbacks: facts travel by the ledger and by nothing else."""
    found = [(line, module) for module, line in imports(tree) if module.startswith(BUS_WORDS)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "on_commit":
                found.append((node.lineno, "on_commit"))
    return found


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_does_not_know_django(name: str) -> None:
    path = SRC / name
    assert path.is_file(), f"{name} is listed as pure and is not there"
    assert framework_behind(path) == []


def test_the_instruments_do_not_know_django() -> None:
    assert [line for path in files(SRC / "instruments", ".py") for line in framework_behind(path)] == []


def test_packs_import_nothing_of_ours() -> None:
    rules = files(SRC / "packs", ".py")
    ours = [
        named(path) for path in rules for module, _ in imports(syntax(path)) if module.startswith("linli")
    ]
    assert ours == []


def test_django_is_found_behind_a_detour(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("import math\nfrom linli.kernel.errors import Refusal\n")
    bad.write_text("from linli.kernel.store import acting\n")
    assert framework_behind(good) == []
    assert any("kernel/store.py" in line for line in framework_behind(bad))


def test_the_ledger_is_the_only_bus() -> None:
    found = [(named(path), *hit) for path in files(SRC, ".py") for hit in side_bus(syntax(path))]
    assert found == []


def test_a_signal_and_an_on_commit_callback_are_found() -> None:
    assert side_bus(ast.parse("from django.db.models.signals import post_save"))
    assert side_bus(ast.parse("transaction.on_commit(lambda: None)"))
    assert not side_bus(ast.parse("from linli.kernel.store import acting"))


def test_every_import_contract_holds() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
