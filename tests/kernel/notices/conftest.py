from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from linli.kernel import ids, moment
from linli.kernel.matters.models import Contact, Matter
from linli.kernel.packspec import editions
from linli.kernel.people import sealed, snapshot
from tests.kernel.people import town


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """These tests run at noon: what they say must not depend on whether it is night here."""
    with moment.at(town.local("2026-03-04 12:00")):
        yield


@pytest.fixture
def places(db: None) -> Iterator[None]:
    """The small district, with the packs' roles in force."""
    editions.forget()
    editions.install()
    town.build()
    snapshot.forget()
    yield
    editions.forget()
    snapshot.forget()


@pytest.fixture
def outbox(tmp_path: Path, settings: Any) -> Callable[[], list[list[str]]]:
    """A data folder of its own, and what the file channel wrote there: one list of columns a line."""
    secrets = Path(settings.DATA) / "secrets"
    settings.DATA = tmp_path
    secrets.mkdir(parents=True, exist_ok=True)
    (tmp_path / "secrets").symlink_to(secrets)

    def lines() -> list[list[str]]:
        files = sorted((tmp_path / "outbox").glob("*.txt"))
        return [line.split("\t") for file in files for line in file.read_text("utf-8").splitlines()]

    return lines


@pytest.fixture
def matter(places: None) -> Matter:
    """A matter in the first grid of Qinghe, held by nobody yet."""
    now = moment.now()
    return Matter.objects.create(
        day=moment.local(now).date(),
        serial=412,
        pack="repair",
        edition="0" * 64,
        kind="leak",
        condition="burst",
        grade="ordinary",
        stage="reported",
        source="portal",
        place_id=501,
        place_version_id=1,
        path=town.path(501),
        opened_at=now,
        stage_since=now,
        held_since=now,
        holder_role="grid_worker",
    )


@pytest.fixture
def contact(matter: Matter) -> Contact:
    """The reporter of ``matter``: a number and nothing else."""
    return Contact.objects.create(
        id=ids.new_id(),
        matter=matter,
        part="reporter",
        phone=sealed.seal("13800001234"),
        phone_key=sealed.lookup("13800001234"),
        token_key=b"t" * 32,
        code_key=b"c" * 32,
        at=moment.now(),
    )
