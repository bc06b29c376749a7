"""Nothing leaves the machine (law 12): no page, script or style names a foreign host, and only what an office configures to can call out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.tree import SRC, WEB, files, imports, named, syntax

ADDRESS = re.compile(r"(?:https?:|wss?:)?//([a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)")
NAMES_ONLY = {
    # XML namespaces are names that look like addresses; nothing asks for them
    "www.w3.org",
    # reserved for examples (RFC 2606)
    "example.org",
    "example.com",
    "example.invalid",
}

CALLING = {
    "aiohttp", "ftplib", "http.client", "httpx", "imaplib", "nntplib", "poplib", "requests", "smtplib", "socket", "telnetlib", "urllib.request",
    "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
#: The modules that can speak to another machine, or look as if they could, and why they may.
MAY = {
    "src/linli/kernel/ledger/witnessing.py": "to witnesses that LINLI_WITNESSES names",
    "src/linli/kernel/notices/channels/email.py": "to the mail server that LINLI_SMTP_URL names",
    "src/linli/doors/cli/witness_log.py": "to the log that `linli witness` is asked to watch",
    "src/linli/demo/life.py": "to the sample town's own doors",
    "src/linli/bench/intake.py": "to the program it measures",
    "src/linli/bench/machine.py": "a socket to itself",
    "src/linli/config/server.py": "the socket it listens on",
    "src/linli/config/several.py": "the socket it listens on",
}


def callers(tree: ast.AST) -> set[str]:
    """The modules named in a source by which it could speak to another machine."""
    return {
        name for name, _ in imports(tree) if any(name == one or name.startswith(f"{one}.") for one in CALLING)
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


def test_only_what_an_office_configures_to_can_call_out() -> None:
    found = {named(path) for path in files(SRC, ".py") if callers(syntax(path))}
    assert found == set(MAY), "a module that can call out says here to whom, and by which setting"


def test_a_module_that_can_call_out_is_found_however_it_is_imported() -> None:
    assert callers(ast.parse("import urllib.request")) == {"urllib.request"}
    assert callers(ast.parse("from urllib import request")) == {"urllib.request"}
    assert callers(ast.parse("def f():\n    from http.client import HTTPSConnection")) >= {"http.client"}
    assert callers(ast.parse("from urllib.parse import quote\nimport http")) == set()
