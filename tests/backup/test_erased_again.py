"""What was erased after a backup is erased again when that backup is restored: nobody's words come back with an old disk."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from linli.config.backups import making, restoring, vault
from linli.doors.cli import main, privacy
from linli.kernel import ids, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import sequence
from linli.kernel.matters import held_about, photos, reads
from linli.kernel.matters.acts import take
from linli.kernel.matters.asks import Receipt, Reporter
from linli.kernel.matters.models import Contact, Evidence, Matter, Words
from linli.kernel.notices import erased_again, rights
from linli.kernel.packspec import editions
from linli.kernel.people import accounts, acts, erasures, snapshot
from linli.kernel.people.actors import CLOCK, SYSTEM, actor_of
from linli.kernel.people.models import Person
from linli.kernel.places import epochs
from tests import audited
from tests.kernel.privacy.test_rights import ended, followers, subject
from tests.town import Town, photo

PHRASE = "a long enough passphrase"
WORDS, NAME, PHONE = "石板路尽头的记号甲", "石板路记号乙", "19977744411"
sqlite_only = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="the store is a file here"
)


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    erasures.path().unlink(missing_ok=True)
    yield audited.build()
    for module in (editions, epochs, snapshot):
        module.forget()


@pytest.fixture
def kept(tmp_path: Path) -> vault.Vault:
    return vault.opened(tmp_path / "kept", passphrase=PHRASE, make=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Where a PostgreSQL store may be restored to; empty where the store is a file."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return ""
    return str(request.getfixturevalue("postgres_cluster").database("again"))


def reported(town: Town, **more: object) -> Receipt:
    given: dict[str, object] = {
        "reporter": Reporter(NAME, PHONE, "602"),
        "words": WORDS,
        "photos": (photo(),),
    }
    receipt = town.report(**(given | more))
    followers()
    return receipt


def erased(receipt: Receipt, **how: bool) -> None:
    rights.erase(reads.by_link(receipt.token), subject(receipt), **how)
    sequence.sequence()


def marks_in(folder: Path) -> list[str]:
    marks = (WORDS.encode(), NAME.encode(), PHONE.encode())
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(mark in path.read_bytes() for mark in marks)
    ]


def test_an_erasure_since_the_backup_is_made_again_and_every_table_verifies(
    town: Town, kept: vault.Vault, tmp_path: Path, database: str
) -> None:
    receipt = reported(town)
    ended(town, receipt)
    stays = town.report(photos=(photo(),), words="别人的话留着")
    old = making.make(kept).name
    gone = [photos.path_of(row.id) for row in Evidence.objects.filter(matter_id=receipt.matter_id)]
    left = photos.path_of(Evidence.objects.get(matter_id=stays.matter_id).id)
    erased(receipt)
    done = restoring.restore(kept, tmp_path / "new", name=old, database=database)
    assert (done.erased["named"], done.erased["made"], done.erased["left"]) == (1, 1, [])
    assert done.erased["counts"]["contacts"] == 1 and done.erased["counts"]["photos"] == len(gone) > 0
    assert done.erased["differences"] == [] and done.erased["newer"]
    here = [tmp_path / "new" / path.relative_to(settings.DATA) for path in (*gone, left)]
    assert [path.is_file() for path in here] == [*[False] * len(gone), True]
    if not database:
        assert marks_in(tmp_path / "new") == []


@sqlite_only
def test_a_newer_backup_of_the_folder_tells_it_where_the_machine_is_lost(
    town: Town, kept: vault.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = reported(town)
    ended(town, receipt)
    old = making.make(kept).name
    erased(receipt)
    making.make(kept)
    monkeypatch.setenv("LINLI_DATA", str(tmp_path / "lost"))
    done = restoring.restore(kept, tmp_path / "new", name=old)
    assert done.erased["made"] == 1 and marks_in(tmp_path / "new") == []
    again = restoring.restore(kept, tmp_path / "newest")
    assert (again.erased["named"], again.erased["made"]) == (1, 0), "what is gone in it needs nothing"


@sqlite_only
def test_the_command_says_what_it_erased_and_what_it_cannot_know(
    town: Town,
    kept: vault.Vault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    receipt = reported(town)
    ended(town, receipt)
    making.make(kept)
    monkeypatch.setenv("LINLI_BACKUP_PASSPHRASE", PHRASE)
    erased(receipt)
    shutil.copy(erasures.path(), tmp_path / "elsewhere.journal")
    monkeypatch.setenv("LINLI_DATA", str(tmp_path / "lost"))
    assert main.main(["restore", str(tmp_path / "kept"), "--to", str(tmp_path / "blind")]) == 0
    said = capsys.readouterr().out
    assert "No journal of erasures newer than this backup" in said and "没有比这份备份更新的删除记录" in said
    given = ["--erasures", str(tmp_path / "elsewhere.journal")]
    assert main.main(["restore", str(tmp_path / "kept"), "--to", str(tmp_path / "told"), *given]) == 0
    said = capsys.readouterr().out
    assert "of 1 erasures on record 1 were made again here" in said and "No journal" not in said
    assert "db.sqlite3" in marks_in(tmp_path / "blind") and marks_in(tmp_path / "told") == []


@sqlite_only
def test_a_journal_that_is_none_is_refused(town: Town, kept: vault.Vault, tmp_path: Path) -> None:
    reported(town)
    making.make(kept)
    (tmp_path / "letters").write_text("dear all\n")
    with pytest.raises(Refusal) as refusal:
        restoring.restore(kept, tmp_path / "new", journals=[tmp_path / "letters"])
    assert refusal.value.code == "erasures.unreadable" and not (tmp_path / "new").exists()


def test_the_journal_holds_ids_and_nothing_else(town: Town) -> None:
    receipt = reported(town)
    contact = Contact.objects.get(matter_id=receipt.matter_id)
    erased(receipt)
    written = erasures.path().read_text("utf-8")
    assert not any(mark in written for mark in (WORDS, NAME, PHONE, receipt.token))
    assert erasures.path().stat().st_mode & 0o077 == 0
    (one,) = erasures.read(written)
    assert (one.contacts, one.wishes, one.persons) == ((contact.id,), (), ())


def test_an_erasure_that_was_refused_in_the_end_is_not_asked_for_again(town: Town) -> None:
    worker = town.actor("worker")
    reported(town, reporter=Reporter(NAME, PHONE, "", True, "zh", worker.person_id))
    with pytest.raises(Refusal):
        rights.erase(worker, held_about.subject_of(worker))
    assert '"undone"' in erasures.path().read_text("utf-8")
    assert erasures.read(erasures.path().read_text("utf-8")) == ()


def test_where_the_journal_cannot_be_written_nothing_is_erased(
    town: Town, tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    receipt = reported(town)
    settings.ERASURES = tmp_path / "not there" / "erasures.journal"  # type: ignore[attr-defined]
    with pytest.raises(Refusal) as refusal:
        erased(receipt)
    assert refusal.value.code == "erasures.unwritable" and refusal.value.kind == "away"
    assert Words.objects.filter(matter_id=receipt.matter_id, text=WORDS).exists()


def test_what_was_asked_for_before_a_crash_counts_and_a_torn_line_does_not(town: Town) -> None:
    """The line stands on the disk before the act is durable: a machine that stops in between has been asked."""
    contact = Contact.objects.get(matter_id=reported(town).matter_id)
    with erasures.asked():
        erasures.note(contacts=[contact.id])
    with open(erasures.path(), "a") as journal:
        journal.write('{"erasure": "0cut')
    done = erased_again.apply(erasures.read(erasures.path().read_text("utf-8")))
    contact.refresh_from_db()
    assert done.made == 1 and contact.erased_at is not None


def test_a_wish_for_the_end_is_kept_and_what_the_end_took_goes_again(town: Town) -> None:
    first, second = reported(town), reported(town)
    erased(first, at_end=True)
    erased(second, at_end=True)
    ended(town, second)
    rights.wished(CLOCK)
    journal = erasures.read(erasures.path().read_text("utf-8"))
    assert [(len(one.contacts), len(one.wishes)) for one in journal] == [(0, 1), (0, 1), (1, 0)]
    Contact.objects.filter(matter_id=first.matter_id).update(keep_until=None)  # as the older store has it
    assert erased_again.apply(journal).made == 1
    assert Contact.objects.get(matter_id=first.matter_id).keep_until is not None
    assert erased_again.apply(journal).made == 0, "twice does nothing"


def test_the_reporters_own_release_is_in_the_journal_and_the_clocks_is_not(town: Town) -> None:
    mine, times = reported(town), reported(town)
    for receipt in (mine, times):
        ended(town, receipt)
    take(reads.by_link(mine.token), mine.matter_id, "release_words")
    take(CLOCK, times.matter_id, "release_words")
    (one,) = erasures.read(erasures.path().read_text("utf-8"))
    assert one.contacts == tuple(
        Contact.objects.filter(matter_id=mine.matter_id).values_list("id", flat=True)
    )


def test_an_account_that_holds_a_post_in_the_older_store_is_named_and_goes_after_the_handover(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    person = accounts.register_resident("liu", "correct horse battery", NAME, phone=PHONE)
    receipt = reported(town, by=actor_of(person), reporter=Reporter(NAME, PHONE, "", True, "zh", person))
    ended(town, receipt)
    post = acts.appoint(SYSTEM, person, "volunteer", Matter.objects.get(pk=receipt.matter_id).place_id)
    with erasures.asked():
        erasures.note(contacts=held_about.subject_of(actor_of(person)).contact_ids, persons=[person])
    assert privacy.run(["again"]) == 1
    assert ids.text(person) in capsys.readouterr().out
    assert Person.objects.get(pk=person).erased is None
    assert not Words.objects.filter(matter_id=receipt.matter_id).exclude(text="").exists()
    acts.end_appointment(SYSTEM, post)
    assert privacy.run(["again"]) == 0
    assert Person.objects.get(pk=person).erased is not None


@sqlite_only
def test_the_copy_that_was_restored_knows_the_erasures_for_the_next_time(
    town: Town, kept: vault.Vault, tmp_path: Path
) -> None:
    receipt = reported(town)
    ended(town, receipt)
    making.make(kept)
    with store.acting():
        erased(receipt)
    restoring.restore(kept, tmp_path / "new")
    assert erasures.read((tmp_path / "new" / erasures.NAME).read_text("utf-8")) == erasures.read(
        erasures.path().read_text("utf-8")
    )
    with sqlite3.connect(tmp_path / "new" / "db.sqlite3") as restored:
        (kinds,) = restored.execute(
            "SELECT COUNT(*) FROM ledger_entry WHERE kind = 'privacy.erased'"
        ).fetchone()
    restored.close()
    assert kinds == 1
