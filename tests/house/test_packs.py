"""Every pack is one whole folder: declared, told in stories, explained, and named nowhere else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.house.tree import SRC, files, named

PACKS = sorted(path.parent for path in (SRC / "packs").glob("*/pack.toml"))


def lacking(pack: Path) -> list[str]:
    """What a pack's folder must hold and does not."""
    missing = [name for name in ("pack.toml", "README.md") if not (pack / name).is_file()]
    if tomllib.loads((pack / "pack.toml").read_text("utf-8")).get("library"):
        return missing  # shared by services, which tell the stories
    if not any(path.is_file() for path in (pack / "stories").glob("*.*")):
        missing.append("stories/ with at least one story")
    return missing


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_pack_has_its_readme_and_a_story(pack: Path) -> None:
    assert lacking(pack) == []


def test_a_pack_without_a_story_is_found(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").touch()
    (tmp_path / "README.md").touch()
    assert lacking(tmp_path) == ["stories/ with at least one story"]
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "a-burst-pipe.toml").touch()
    assert lacking(tmp_path) == []


def test_a_library_needs_no_story_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text("library = true")
    assert lacking(tmp_path) == ["README.md"]


def test_there_are_packs() -> None:
    assert PACKS


def test_the_kernel_names_no_pack() -> None:
    names = {f'"{pack.name}"' for pack in PACKS if pack.name not in {"grid"}}
    found = [
        f"{named(path)}: {name}"
        for path in files(SRC / "kernel", ".py")
        for name in names
        if name in path.read_text("utf-8")
    ]
    assert found == []
