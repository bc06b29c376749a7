"""The documents cannot lie about where things are and what may be set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SRC, files, named

DOCS = [*sorted(ROOT.glob("*.md")), *files(ROOT / "docs", ".md"), *files(SRC, ".md")]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:src|tests|web|docs|\.ci)/[A-Za-z0-9_./-]+)`")
SETTING = re.compile(r"\bLINLI_[A-Z][A-Z_]*[A-Z]\b")


def dead_links(page: Path, text: str) -> list[str]:
    """Links to files that are not there. Other hosts are not asked."""
    links = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]
    return [link for link in links if not (page.parent / link).exists()]


def dead_paths(text: str) -> list[str]:
    """Paths of this repository, named in `code`, that are not there. A path with CAPITALS is a pattern, not a path."""
    built = "src/linli/doors/static/dist"
    named_here = [
        path for path in PATH.findall(text) if not re.search(r"\b[A-Z]{3,}\b", path.replace("README", ""))
    ]
    return [path for path in named_here if not path.startswith(built) and not (ROOT / path).exists()]


@pytest.mark.parametrize("page", DOCS, ids=named)
def test_every_link_and_path_in_a_document_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert dead_links(page, text) + dead_paths(text) == []


def test_every_setting_is_documented() -> None:
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    read = {name for path in files(SRC, ".py") for name in SETTING.findall(path.read_text("utf-8"))}
    assert sorted(read - set(SETTING.findall(reference))) == []


def test_every_documented_setting_is_read() -> None:
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    sources = [*files(SRC, ".py"), *files(ROOT / "tests", ".py"), ROOT / "start.py", ROOT / ".ci" / "run"]
    read = {name for path in sources for name in SETTING.findall(path.read_text("utf-8"))}
    assert sorted(set(SETTING.findall(reference)) - read) == []


def test_a_dead_link_and_a_dead_path_are_found() -> None:
    page = ROOT / "README.md"
    assert dead_links(page, "[a](LICENSE) [b](https://example.org/x) [c](#there)") == []
    assert dead_links(page, "[a](docs/nowhere.md)") == ["docs/nowhere.md"]
    assert dead_paths("`src/linli/kernel/errors.py` `src/linli/packs/NAME/pack.toml`") == []
    assert dead_paths("`src/linli/kernel/nowhere.py`") == ["src/linli/kernel/nowhere.py"]
