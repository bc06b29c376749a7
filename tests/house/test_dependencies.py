"""What is installed is what was locked, by hash, and from no particular address."""

from __future__ import annotations

import json
import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def declared(project: dict[str, dict[str, list[str]]]) -> list[Requirement]:
    lines = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return [Requirement(line) for line in lines]


def pins(lock: str) -> dict[str, list[str]]:
    """Each package's pinned versions (more than one when they differ by Python or system)."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def unlocked(wanted: list[Requirement], lock: str) -> list[str]:
    """What is declared and not pinned, or pinned to a version that does not fit."""
    have = pins(lock)
    return [
        str(want)
        for want in wanted
        if not any(want.specifier.contains(version) for version in have.get(canonicalize_name(want.name), []))
    ]


def test_every_dependency_is_in_the_lock_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert unlocked(declared(project), LOCK) == [], "run `python3 start.py lock`"


def test_every_pin_carries_a_hash() -> None:
    blocks = re.split(r"^(?=\S)", LOCK, flags=re.MULTILINE)
    assert [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


def test_the_lock_files_name_no_registry() -> None:
    assert "://" not in LOCK
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_a_missing_or_outdated_pin_is_found() -> None:
    lock = "django==5.2.19 \\\n    --hash=sha256:00\n"
    assert unlocked([Requirement("Django>=5.2")], lock) == []
    assert unlocked([Requirement("django>=6")], lock) == ["django>=6"]
    assert unlocked([Requirement("shapely>=2")], lock) == ["shapely>=2"]
