"""After a crash the health page says so, for as long as the next life lasts; an end in order is no crash, and neither is a neighbour."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linli.config import lives
from linli.config.lives import Life
from linli.doors import health as page
from tests.faults.scene import ROUNDS, Scene, eventually, health, scene, well


def _told(here: Scene) -> str:
    """What the page says about the life before this one; saying it makes nothing degraded."""
    eventually(lambda: well(here.port), "it is well", here.lives.said)
    status, told = health(here.port)
    assert (status, told["server"]["state"], told["state"]) == (200, "ok", "ok"), told
    return str(told["server"]["last_end"])


@pytest.mark.crash
@pytest.mark.slow
def test_a_killed_life_is_told_by_the_next_one_and_an_ended_one_is_not(town: Path) -> None:
    with scene(town) as here:
        here.begin()
        assert _told(here) == "in order", "a fresh folder has seen no crash"
        for _ in range(ROUNDS):
            killed = datetime.now(UTC)
            assert here.lives.end(signal.SIGKILL) == "killed"
            here.begin()
            said = _told(here)
            assert said.startswith("crashed at ")
            at = datetime.fromisoformat(said.removeprefix("crashed at "))
            assert timedelta(seconds=-2) < killed - at < timedelta(seconds=lives.EVERY + 30)
            assert here.lives.end(signal.SIGTERM) == "0"
            here.begin()
            assert _told(here) == "in order", "it is said once"
        assert here.lives.end(signal.SIGTERM) == "0"
    assert list((town / lives.FOLDER).iterdir()) == []


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(page, "_checks", {})
    yield


@pytest.mark.usefixtures("checks")
def test_a_server_that_lives_beside_this_one_has_not_crashed(tmp_path: Path) -> None:
    one, other = Life(tmp_path / "lives"), Life(tmp_path / "lives")
    one.begin()
    other.begin()
    assert (one.last_end, other.last_end) == ("in order", "in order")
    assert len(list((tmp_path / "lives").iterdir())) == 2
    one.end()
    other.end()
    assert list((tmp_path / "lives").iterdir()) == []


@pytest.mark.usefixtures("checks")
def test_of_several_crashes_the_last_sign_of_life_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "lives"
    folder.mkdir()
    for name, ago in (("0aky1hq74m1x6", 500), ("0aky1hq74m1x7", 50)):
        (folder / name).write_text("1\n")
        os.utime(folder / name, (time.time() - ago,) * 2)
    life = Life(folder)
    life.begin()
    at = datetime.fromisoformat(life.last_end.removeprefix("crashed at "))
    assert timedelta(seconds=45) < datetime.now(UTC) - at < timedelta(seconds=120)
    life.end()


@pytest.mark.usefixtures("checks")
def test_where_no_file_can_be_left_the_server_starts_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "lives").write_text("in the way")
    life = Life(tmp_path / "lives")
    life.begin()
    assert life.last_end == "unknown"
    life.end()


@pytest.mark.usefixtures("checks")
def test_processes_that_answer_for_their_keeper_tell_of_its_last_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(lives._TOLD, raising=False)
    assert lives.inherited().facts["last_end"] == "unknown"
    (tmp_path / "0aky1hq74m1x6").write_text("1\n")
    life = Life(tmp_path)
    life.begin()
    assert lives.inherited().facts["last_end"] == life.last_end != "in order"
    life.end()
