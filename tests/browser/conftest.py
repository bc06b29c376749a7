"""One small town for all tests of this folder, and sessions that notice what a person at the screen would not see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.machine import Program
from tests.town import spot

ROOT = Path(__file__).resolve().parents[2]
WALL = {"width": 1920, "height": 1080}


def beside(data: Path, *words: str) -> Any:
    """Run ``tests.browser.beside`` on that store; what it printed."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
    env |= {"LINLI_DATA": str(data), "LINLI_MODE": "demo", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.browser.beside", *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout) if done.stdout.strip() else None


@dataclass
class Town:
    """The program, and what happened there a while ago."""

    program: Program
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.program.url

    def reported(self, seconds_ago: int, **more: Any) -> dict[str, Any]:
        """Somebody reported something that long ago: its id, number, token and code."""
        found: dict[str, Any] = beside(
            self.program.data, "report", json.dumps({"seconds_ago": seconds_ago} | more)
        )
        return found


@pytest.fixture(scope="session")
def town(chromium: str, program: Callable[..., Program], tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The small town, served as a sample town in which nobody acts by itself."""
    del chromium  # without one there is nothing to start
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)  # maps are drawn without a graphics card here
    data = tmp_path_factory.mktemp("town")
    beside(data, "seed")
    return Town(program("demo", "--speed", "0", data=data))


Door = Callable[..., Any]


@pytest.fixture
def door(visitor: Door, town: Town) -> Iterator[Door]:
    """``door("/field/", login="worker", phone=True, at=501)`` opens a page as somebody, standing on that micro-grid.

    The test fails if any page complained: an uncaught error, an error on the console, something the security policy blocked.
    """
    complaints: list[str] = []

    def listen(page: Any) -> None:
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda line: _note(complaints, page, line))

    def open_door(path: str, *, login: str = "", at: int = 0, wall: bool = False, **options: Any) -> Any:
        if at:
            lon, lat = spot(at)
            options |= {
                "geolocation": {"longitude": lon, "latitude": lat, "accuracy": 8},
                "permissions": ["geolocation"],
            }
        if wall:
            options |= {"viewport": WALL}
        page = visitor(f"{town.url}/healthz", **options)
        listen(page)
        page.context.on("page", listen)
        if login:
            page.goto(f"{town.url}/demo/as/{login}?next={path}")
        else:
            page.goto(f"{town.url}{path}")
        return page

    open_door.forgive = complaints.clear  # type: ignore[attr-defined]  # what a test itself provoked
    yield open_door
    assert complaints == []


def _note(complaints: list[str], page: Any, line: Any) -> None:
    """An answer of 422 is how a form says what is missing; everything else the console calls an error is one."""
    about = line.location.get("url", "")
    if line.type == "error" and "status of 422" not in line.text and not about.endswith("/favicon.ico"):
        complaints.append(f"{page.url}: {line.text} {about}")
