"""Editions: stored by their bytes, put in force, kept for old matters."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.kernel.errors import Refusal
from linli.kernel.ledger.models import Entry
from linli.kernel.packspec import editions
from linli.kernel.packspec.load import HOME
from linli.kernel.packspec.models import Edition

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    editions.forget()
    yield
    editions.forget()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packs that come with the program, in a folder that a test may spoil."""
    return Path(shutil.copytree(HOME, tmp_path / "packs"))


def add_line(path: Path, line: str) -> None:
    path.write_text(path.read_text("utf-8") + line, "utf-8")


def test_installing_puts_every_good_service_in_force_and_writes_it_in_the_log(folder: Path) -> None:
    loaded = editions.install(folder)
    packs = editions.all_current()
    assert packs["repair"].digest == loaded.packs["repair"].digest
    assert not any(pack.library for pack in packs.values())
    entries = Entry.objects.filter(kind="pack.edition", subject="pack:repair")
    assert [entry.seq for entry in entries] == [1]


def test_installing_the_same_twice_changes_nothing(folder: Path) -> None:
    editions.install(folder)
    before = Entry.objects.count()
    editions.install(folder)
    assert Entry.objects.count() == before


def test_a_changed_pack_is_a_new_edition_and_the_old_one_can_still_be_read(folder: Path) -> None:
    editions.install(folder)
    old = editions.current("repair")
    add_line(folder / "repair" / "words" / "zh-CN.toml", "\n# 一条注释\n")
    editions.install(folder)
    new = editions.current("repair")
    assert new.digest != old.digest
    assert editions.edition(old.digest) == old
    assert list(
        Edition.objects.filter(key="repair").order_by("version").values_list("version", "current")
    ) == [
        (1, False),
        (2, True),
    ]


def test_a_changed_library_is_a_new_edition_of_what_uses_it(folder: Path) -> None:
    editions.install(folder)
    old = editions.current("repair").digest
    add_line(folder / "callback" / "pack.toml", "\n# changed\n")
    editions.install(folder)
    assert editions.current("repair").digest != old


def test_an_edition_is_read_from_its_stored_bytes_and_not_from_the_folder(folder: Path) -> None:
    editions.install(folder)
    digest = editions.current("repair").digest
    shutil.rmtree(folder)
    editions._by_digest.clear()
    assert editions.edition(digest).key == "repair"


def test_bytes_that_were_altered_in_the_store_are_not_used(folder: Path) -> None:
    editions.install(folder)
    row = Edition.objects.get(key="repair")
    Edition.objects.filter(key="repair").update(data=Edition.objects.exclude(key="repair")[0].data)
    editions._by_digest.clear()
    with pytest.raises(Refusal, match="altered_edition"):
        editions.edition(row.digest)


def test_a_faulty_pack_is_refused_while_the_others_and_its_last_good_edition_run_on(folder: Path) -> None:
    editions.install(folder)
    good = editions.current("repair").digest
    add_line(folder / "repair" / "pack.toml", "\nnonsense = 1\n")
    editions.install(folder)
    assert editions.current("repair").digest == good
    assert "patrol" in editions.all_current()
    assert editions.refused()["repair"]


def test_a_pack_that_was_never_good_is_never_in_force(folder: Path) -> None:
    add_line(folder / "repair" / "pack.toml", "\nnonsense = 1\n")
    editions.install(folder)
    with pytest.raises(Refusal, match="unknown_pack"):
        editions.current("repair")
    assert "patrol" in editions.all_current()


def test_a_service_whose_folder_is_gone_takes_no_new_matters_but_its_editions_stay(folder: Path) -> None:
    editions.install(folder)
    digest = editions.current("repair").digest
    shutil.rmtree(folder / "repair")
    editions.install(folder)
    assert "repair" not in editions.all_current()
    assert editions.edition(digest).key == "repair"
    assert Entry.objects.filter(kind="pack.withdrawn", subject="pack:repair").exists()


def test_going_back_to_an_old_edition_makes_no_new_one(folder: Path) -> None:
    words = folder / "repair" / "words" / "zh-CN.toml"
    first = words.read_bytes()
    editions.install(folder)
    digest = editions.current("repair").digest
    add_line(words, "\n# 改一下\n")
    editions.install(folder)
    words.write_bytes(first)
    editions.install(folder)
    assert editions.current("repair").digest == digest
    assert Edition.objects.filter(key="repair").count() == 2
    assert Entry.objects.filter(kind="pack.current", subject="pack:repair").count() == 1


def test_who_is_in_force_is_not_asked_of_the_store_for_every_report(
    folder: Path, django_assert_max_num_queries: object
) -> None:
    editions.install(folder)
    editions.all_current()
    with django_assert_max_num_queries(0):  # type: ignore[operator]
        for _ in range(50):
            editions.current("repair")
