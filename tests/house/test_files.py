"""Files are small and say in their name what they are about."""

from __future__ import annotations

from pathlib import Path

from tests.house.tree import ROOT, SRC, WEB, files, named

LIMIT = 400
LONGER: dict[str, str] = {
    # file: why it reads better whole
    "src/linli/kernel/matters/migrations/0001_matters.py": "written by Django, one migration for one birth",
}
DRAWERS = {
    "utils",
    "util",
    "common",
    "helpers",
    "helper",
    "core",
    "services",
    "service",
    "manager",
    "managers",
    "misc",
}


def too_long(path: Path, allowed: dict[str, str]) -> str | None:
    lines = len(path.read_text("utf-8").splitlines())
    if lines <= LIMIT or named(path) in allowed:
        return None
    return f"{named(path)} has {lines} lines; {LIMIT} is the limit"


def is_drawer(path: Path) -> bool:
    """Whether the name, or a folder's on the way, says nothing about the domain."""
    return bool(DRAWERS & {part.removesuffix(path.suffix) for part in path.parts})


def test_no_source_file_is_longer_than_four_hundred_lines_without_a_reason() -> None:
    sources = [*files(SRC, ".py", ".html", ".js"), *files(WEB, ".ts", ".css"), *files(ROOT / "tests", ".py")]
    assert [problem for path in sources if (problem := too_long(path, LONGER))] == []


def test_every_reason_for_a_long_file_is_still_needed() -> None:
    assert [name for name in LONGER if not (ROOT / name).is_file() or not too_long(ROOT / name, {})] == []


def test_a_file_over_the_limit_is_found_unless_it_has_a_reason(tmp_path: Path) -> None:
    short, long = tmp_path / "short.py", tmp_path / "long.py"
    short.write_text("x = 1\n" * LIMIT)
    long.write_text("x = 1\n" * (LIMIT + 1))
    assert too_long(short, {}) is None
    assert too_long(long, {}) is not None
    assert too_long(long, {long.as_posix(): "a table"}) is None


def test_no_module_is_a_drawer() -> None:
    ours = [path.relative_to(SRC) for path in files(SRC, ".py")] + [
        path.relative_to(WEB) for path in files(WEB, ".ts")
    ]
    assert [path.as_posix() for path in ours if is_drawer(path)] == []


def test_a_drawer_is_known_by_its_name_or_its_folder() -> None:
    assert is_drawer(Path("kernel/utils.py"))
    assert is_drawer(Path("doors/common/page.py"))
    assert not is_drawer(Path("kernel/places/locate.py"))
