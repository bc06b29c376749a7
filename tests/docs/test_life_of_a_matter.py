"""docs/life-of-a-matter.md names every file that one matter's life runs through, and no other: compared with a real life, traced."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from linli.kernel import ids, moment
from linli.kernel.ledger import follow, rows, sequence
from linli.kernel.matters import due
from linli.kernel.matters.models import Matter
from linli.kernel.packspec import editions
from linli.kernel.people import snapshot
from linli.kernel.places import epochs
from tests import town as towns
from tests.town import local, photo, spot

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "linli"
WHAT = "repair/water_leak/drip"
PAGE = ROOT / "docs" / "life-of-a-matter.md"
MORNING = local("2026-03-04 09:00")


@contextmanager
def followed() -> Iterator[set[str]]:
    """The source files in which a function was called meanwhile. Modules that are only imported do not count."""
    touched: set[str] = set()

    def look(frame: FrameType, event: str, argument: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(str(SOURCE)) and frame.f_code.co_name != "<module>":
            touched.add(Path(name).relative_to(ROOT).as_posix())

    sys.setprofile(look)
    try:
        yield touched
    finally:
        sys.setprofile(None)


def lived() -> set[str]:
    """One report through the portal, routed, warned, arrived, finished, called back, told and shown."""
    from linli.doors.live_map import events_of
    from linli.kernel.notices import deliver
    from linli.kernel.notices.following import Notices

    town = towns.build()
    lon, lat = spot(501)
    client = Client()
    client.get("/report/")  # what is imported and read once at start has been
    with followed() as touched:
        with moment.at(MORNING):
            client.post("/report/", {"what": WHAT})
            client.post("/report/where/", {"by": "pin", "lon": str(lon), "lat": str(lat), "address": ""})
            answer = client.post(
                "/report/words/", {"words": "三楼拐角漏水", "phone": "19900001234", "name": "赵师傅"}
            )
            assert answer.status_code == 303, answer.content.decode()[:500]
        matter = Matter.objects.get()
        with moment.at(MORNING + timedelta(minutes=8)):
            due.run_due()
            town.take("worker", matter.id, "arrive", position=spot(501))
        with moment.at(MORNING + timedelta(minutes=20)):
            town.take("worker", matter.id, "finish", words="换了垫圈", photos=(photo("after"),))
            town.take("operator", matter.id, "call_back", contacted=True, solved=True, satisfied=True)
        with moment.at(MORNING + timedelta(minutes=21)):  # by day: at night what is owed waits
            sequence.sequence_all()
            notices = Notices()
            while follow.run_once(notices):
                pass
            for entry in rows.read(0, 1000):
                list(events_of(entry))
            deliver.run_once()
    assert Matter.objects.get().outcome == "solved" and ids.text(matter.id)
    return touched


ON_SQLITE = {"src/linli/kernel/lines.py"}  # PostgreSQL has many writers and no line


@pytest.mark.django_db(transaction=True)
def test_the_page_names_every_file_one_matter_runs_through_and_no_other() -> None:
    try:
        touched = lived()
    finally:
        for kept in (editions, epochs, snapshot):
            kept.forget()
    way, _, once = PAGE.read_text("utf-8").partition("\n## Read once")
    on_the_way, at_start = (set(re.findall(r"`(src/linli/[\w/]+\.py)`", part)) for part in (way, once))
    assert sorted(touched - on_the_way - at_start) == [], (
        "these files are part of the way and the page does not name them"
    )
    elsewhere = set() if connection.vendor == "sqlite" else ON_SQLITE
    assert sorted(on_the_way - touched - elsewhere) == [], (
        "the page names these files on the way, but no matter comes by"
    )
    assert all((ROOT / name).is_file() for name in at_start)
