"""What is not kept for ever goes when its time is over, by itself, with a proof in the ledger."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.conf import settings

from linli.kernel import ids, moment
from linli.kernel.ledger import audit, rows, sequence
from linli.kernel.matters import calls, photos
from linli.kernel.matters.forgetting import digest_of
from linli.kernel.matters.models import Call, Contact, Evidence, Key, Matter, Words
from linli.kernel.notices import retention
from linli.kernel.notices.models import Notice
from linli.kernel.people.models import AccessLog
from tests.kernel.privacy.test_rights import MORNING, ended, reported, subject
from tests.town import Town

pytestmark = pytest.mark.django_db


def entry_of(key: str) -> dict[str, object]:
    sequence.sequence()
    return rows.about(f"retention:{key}")[-1].body


def test_nothing_goes_before_its_time(town: Town) -> None:
    with moment.at(MORNING):
        receipt = reported(town)
        ended(town, receipt)
        assert retention.run_once() == 0
    assert not rows.about("retention:contacts")


def test_contacts_go_as_long_after_the_end_as_their_pack_says_and_the_ledger_says_how_many(
    town: Town,
) -> None:
    with moment.at(MORNING):
        receipt = reported(town)
        ended(town, receipt)
        mine = subject(receipt).contact_ids
    with moment.at(MORNING + timedelta(days=179)):
        retention.run_once()
    assert Contact.objects.get(pk=mine[0]).phone is not None
    with moment.at(MORNING + timedelta(days=181)):
        retention.run_once()
    assert Contact.objects.get(pk=mine[0]).phone is None
    said = entry_of("contacts")
    assert said["count"] == 1 and said["ids"] == digest_of([str(mine[0])])


def test_words_pictures_and_the_spot_go_after_three_years_once(town: Town) -> None:
    with moment.at(MORNING):
        receipt = reported(town)
        matter = ended(town, receipt)
        pictures = list(Evidence.objects.values_list("id", flat=True))
    for day in (3 * 365 + 1, 3 * 365 + 2):
        with moment.at(MORNING + timedelta(days=day)):
            retention.run_once()
    matter.refresh_from_db()
    assert (matter.address, matter.lon) == ("", None) and not Words.objects.exclude(text="").exists()
    assert not any(photos.path_of(one).exists() for one in pictures)
    assert len(rows.about("retention:words")) <= 1 and entry_of("words")["count"] == 1
    assert audit.verify().clean


def test_open_matters_keep_what_they_need(town: Town) -> None:
    with moment.at(MORNING):
        reported(town)
    with moment.at(MORNING + timedelta(days=4 * 365)):
        retention.run_once()
    assert Contact.objects.filter(phone__isnull=False).exists() and Words.objects.exclude(text="").exists()


def test_calls_keys_notices_and_reasons_go_each_in_its_time(town: Town) -> None:
    with moment.at(MORNING):
        call = calls.start(town.actor("operator"), "19912345678")
        receipt = reported(town)
        from linli.kernel.people import looks

        looks.record(town.actor("operator"), "contact", receipt.matter_id, "核实楼号")
    with moment.at(MORNING + timedelta(days=8)):
        retention.run_once()
    assert not Key.objects.exists() and Call.objects.get(pk=call).phone is not None
    with moment.at(MORNING + timedelta(days=366)):
        retention.run_once()
    assert Call.objects.get(pk=call).phone is None and not Notice.objects.filter(words__isnull=False).exists()
    assert AccessLog.objects.get().why == "核实楼号"
    with moment.at(MORNING + timedelta(days=3 * 365 + 1)):
        retention.run_once()
    assert AccessLog.objects.get().why == "" and AccessLog.objects.get().person_id is not None
    assert {line.key for line in retention.report() if line.last_at} >= {"calls", "keys", "notices", "looks"}


def test_picture_files_that_belong_to_nothing_are_swept_and_others_stay(town: Town) -> None:
    receipt = reported(town)
    kept = photos.path_of(Evidence.objects.get(matter_id=receipt.matter_id).id)
    stray = photos.path_of(ids.new_id())
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"picture of a refused act")
    retention.run_once()
    assert stray.exists(), "an act may be about to cite it"
    for path in (kept, stray):
        os.utime(path, (0, 0))
    retention.run_once()
    assert kept.exists() and not stray.exists()
    assert stray.is_relative_to(settings.DATA)


def test_the_report_names_every_class_with_its_purpose_and_period_in_both_languages(town: Town) -> None:
    lines = retention.report()
    assert {line.key for line in lines} == {one.key for one in retention.CLASSES}
    assert all(line.text.zh and line.text.en and line.purpose.zh and line.purpose.en for line in lines)
    assert {line.days for line in lines if line.key == "contacts"} == {180}


def test_a_withdrawn_pack_does_not_keep_its_contacts_for_ever(town: Town) -> None:
    from linli.kernel.packspec import editions
    from linli.kernel.packspec.models import Edition

    with moment.at(MORNING):
        receipt = reported(town)
        ended(town, receipt)
    Edition.objects.update(current=False)
    editions.forget()
    with moment.at(MORNING + timedelta(days=181)):
        retention.run_once()
    assert not Contact.objects.filter(phone__isnull=False).exists()
    assert Matter.objects.get(pk=receipt.matter_id).ended_at is not None
