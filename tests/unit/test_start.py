"""What start.py decides before it runs anything, and when the pages are built anew."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from linli.config import assets, progress
from tests.house.tree import ROOT


@pytest.fixture(scope="module")
def start() -> Iterator[ModuleType]:
    import start

    yield start


def test_a_mirror_named_for_pip_serves_uv_too(start: ModuleType) -> None:
    env = start.network({"PIP_INDEX_URL": "https://mirror.example.org/simple"})
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.example.org/simple"


def test_a_mirror_named_for_uv_serves_pip_too(start: ModuleType) -> None:
    env = start.network({"UV_DEFAULT_INDEX": "https://mirror.example.org/simple"})
    assert env["PIP_INDEX_URL"] == "https://mirror.example.org/simple"


def test_a_mirror_in_pips_own_files_serves_uv_too(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "pip_conf", lambda env: "https://conf.example.org/simple")
    assert start.network({})["UV_DEFAULT_INDEX"] == "https://conf.example.org/simple"


def test_what_the_person_set_is_not_set_again(start: ModuleType) -> None:
    env = start.network(
        {"UV_SYSTEM_CERTS": "0", "UV_INDEX_URL": "https://a.example.org/", "PIP_INDEX_URL": "x"}
    )
    assert (env["UV_SYSTEM_CERTS"], env["PIP_INDEX_URL"]) == ("0", "x")
    assert "UV_DEFAULT_INDEX" not in env


def test_a_proxys_certificates_are_trusted_by_pip_and_node(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "pip_conf", lambda env: "")
    assert start.network({"SSL_CERT_FILE": "/tmp/office.pem"})["PIP_CERT"] == "/tmp/office.pem"
    monkeypatch.setenv("SSL_CERT_FILE", "/tmp/office.pem")
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)
    assert assets.environment(Path("/x/node"))["NODE_EXTRA_CA_CERTS"] == "/tmp/office.pem"


def test_uv_itself_is_fetched_by_hash(start: ModuleType) -> None:
    pin = start.pinned("uv")
    assert pin.startswith("uv==") and "--hash=sha256:" in pin
    assert "uvicorn" not in pin


def test_the_advice_fits_what_went_wrong(start: ModuleType) -> None:
    assert "SSL_CERT_FILE" in start.advice("invalid peer certificate: UnknownIssuer")
    assert "mirror" in start.advice("Max retries exceeded")
    assert "disk" in start.advice("OSError: No space left on device")


def test_an_old_python_is_told_so_in_one_line(tmp_path: Path) -> None:
    pretend = "import sys, runpy; sys.version_info = (3, 9, 2); sys.argv = ['start.py']; runpy.run_path(%r)"
    code = pretend % str(ROOT / "start.py")
    env = {"PATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert run.returncode == 1
    assert run.stderr.startswith("linli: needs Python 3.11 or later; this is 3.9")


def test_pages_are_stale_when_a_source_changed_and_fresh_when_none_did(tmp_path: Path) -> None:
    web, dist = tmp_path / "web", tmp_path / "dist"
    (web / "src").mkdir(parents=True)
    dist.mkdir()
    (web / "package.json").write_text("{}")
    (web / "src" / "map.ts").write_text("1")
    assert not assets.fresh(web, dist)
    (dist / ".stamp").write_text(assets.digest(web))
    assert assets.ensure(web, dist) == "fresh"
    (web / "src" / "map.ts").write_text("2")
    assert not assets.fresh(web, dist)


def test_an_installed_linli_has_nothing_to_build(tmp_path: Path) -> None:
    assert assets.ensure(tmp_path / "web", tmp_path / "dist") == "installed"


def test_a_slow_command_says_what_it_does_and_a_failed_one_what_it_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"PATH": "/usr/bin:/bin"}
    progress.run("counting", [sys.executable, "-c", "print(1)"], cwd=tmp_path, env=env)
    assert "linli: counting … done in" in capsys.readouterr().err
    with pytest.raises(progress.Failed) as failure:
        progress.run(
            "failing", [sys.executable, "-c", "raise SystemExit('no such town')"], cwd=tmp_path, env=env
        )
    assert "no such town" in failure.value.output
