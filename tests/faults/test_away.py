"""The database goes away under load and comes back. Whoever asks meanwhile is told so; nobody has to start anything again."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.scene import ROUNDS, eventually, health, only, scene, store_side, well
from tests.machine import Cluster

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.postgres]


def test_a_database_that_goes_away_and_comes_back_is_missed_by_name_and_loses_nothing(
    tmp_path: Path, postgres_cluster: Cluster
) -> None:
    db = postgres_cluster.database()
    store_side(tmp_path, db, "seed", "20")
    with scene(tmp_path, db) as here:
        here.begin()
        with here.neighbours(50) as talking:
            for _ in range(2 * ROUNDS):
                here.heard(talking)
                before = len(talking.refusals)
                postgres_cluster.go_away()
                try:
                    eventually(lambda before=before: len(talking.refusals) >= before + 5, "five were refused")
                    status, told = health(here.port)
                    assert (status, told["store"]["state"], told["store"]["code"]) == (
                        503,
                        "failed",
                        "store.away",
                    )
                    _says_so(here.port)
                finally:
                    postgres_cluster.come_back()
                here.heard(talking)
        eventually(lambda: well(here.port), "it is well", lambda: health(here.port), here.lives.said)
        assert "store.away" in {one["code"] for one in health(here.port)[1]["store"]["troubles"]}
        found = here.inspected(talking)
    assert found["wrong"] == []
    assert found["fired"] > 0, "no clock fell due"
    assert only(talking, "store.away") >= 5


def _says_so(port: int) -> None:
    """A page says it as a page, in the reader's language; a program gets the code and both sentences."""
    for path, lang, words in (("/", "zh", "数据库暂时连不上"), ("/", "en", "cannot be reached just now")):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Accept": "text/html", "Accept-Language": lang}
        )
        try:
            with urllib.request.urlopen(asked, timeout=20) as page:
                assert page.status == 200  # a page that needs no store still opens
        except urllib.error.HTTPError as refused:
            with refused:
                assert refused.code == 503
                assert words in refused.read().decode()
                assert refused.headers["Retry-After"]
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/follow/nobody", headers={"Accept": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(asked, timeout=20):
        pass
    with caught.value as refused:
        assert refused.code == 503
        assert set(json.loads(refused.read())["sentence"]) == {"zh", "en"}


def test_the_first_request_after_it_is_back_is_answered_by_every_thread(
    tmp_path: Path, postgres_cluster: Cluster
) -> None:
    """Each thread keeps a connection of its own. All of them break; nobody is told of it afterwards."""
    db = postgres_cluster.database()
    store_side(tmp_path, db, "seed", "20")
    with scene(tmp_path, db) as here:
        here.begin()
        assert {_status(here.port) for _ in range(3)} == {404}
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: _status(here.port), range(64))) == {404}, (
                "every thread has asked the store"
            )
            for _ in range(2 * ROUNDS):
                postgres_cluster.go_away()
                postgres_cluster.come_back()
                assert [_status(here.port), _status(here.port, "/live/public")] == [404, 200], (
                    here.lives.said()
                )
                assert set(pool.map(lambda _: _status(here.port), range(64))) == {404}, here.lives.said()


def _status(port: int, path: str = "/api/v1/follow/nobody") -> int:
    """How a request is answered that asks the store; of a stream only its beginning is read."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            answer.read(1)
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
