"""Nothing leaves the machine: no page, script or style names a foreign host (law 12)."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import SRC, WEB, files, named

ADDRESS = re.compile(r"(?:https?:|wss?:)?//([a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)")
NAMES_ONLY = {
    # XML namespaces are names that look like addresses; nothing asks for them
    "www.w3.org",
    # reserved for examples (RFC 2606)
    "example.org",
    "example.com",
    "example.invalid",
}


def foreign(text: str) -> list[str]:
    """The hosts that a source names, in whatever scheme or none."""
    return [host for host in ADDRESS.findall(text) if host not in NAMES_ONLY and not host.startswith("127.")]


def hits(path: Path) -> list[str]:
    return [f"{named(path)}: {host}" for host in foreign(path.read_text("utf-8"))]


def test_no_page_script_or_style_names_a_foreign_host() -> None:
    shown = [*files(SRC, ".html", ".svg", ".js", ".css", ".txt"), *files(WEB, ".ts", ".css", ".svg", ".html")]
    assert [hit for path in shown for hit in hits(path)] == []


def test_a_foreign_host_is_found_in_every_form_and_a_namespace_is_not() -> None:
    assert foreign('<script src="https://cdn.jsdelivr.net/x.js">') == ["cdn.jsdelivr.net"]
    assert foreign('@import url("//fonts.googleapis.com/css")') == ["fonts.googleapis.com"]
    assert foreign('new WebSocket("wss://live.linli.cn/")') == ["live.linli.cn"]
    assert foreign('<svg xmlns="http://www.w3.org/2000/svg">') == []
    assert foreign("// a comment. Then more.") == []
