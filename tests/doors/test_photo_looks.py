"""Staff who look at the pictures of a matter leave a look behind: one for a page, in the ledger, and seen by the person concerned."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from linli.kernel import ids, moment
from linli.kernel.ledger import audit, rows, sequence
from linli.kernel.matters.models import Evidence
from linli.kernel.packspec import editions
from linli.kernel.people import audit as people_audit
from linli.kernel.people import looks, snapshot
from linli.kernel.people.models import AccessLog
from linli.kernel.places import epochs
from tests import town as towns
from tests.doors.test_my_data import signed_in, text_of
from tests.town import Town, photo


def addresses(matter_id: int) -> list[str]:
    numbers = Evidence.objects.filter(matter_id=matter_id).values_list("id", flat=True)
    return [f"/photos/{ids.text(each)}{small}.jpg" for each in numbers for small in (".thumb", "")]


def test_a_page_with_many_pictures_is_one_look_and_its_reporter_sees_whose(town: Town) -> None:
    receipt = town.report(photos=(photo(), photo("before"), photo("after")))
    worker = signed_in(town, "worker")
    for address in addresses(receipt.matter_id):
        assert worker.get(address).status_code == 200
    (row,) = AccessLog.objects.filter(what="photos")
    assert (row.person_id, row.matter_id) == (town.ids["worker"], receipt.matter_id)
    sequence.sequence()
    (entry,) = rows.about(f"look:{ids.text(row.id)}")
    assert entry.body["row"] == looks.commitment_of(row) and entry.body["matter"] == ids.text(
        receipt.matter_id
    )
    assert audit.verify().clean
    assert [one for one in people_audit.differences() if one.table == "people_access_log"] == []
    name = town.actor("worker").name
    for lang, what in (("zh", "照片"), ("en", "Pictures")):
        shown = text_of(Client(), f"/my/data/{receipt.token}/", lang)
        assert name in shown and what in shown.partition(name)[2]


def test_each_person_each_matter_and_each_later_look_is_one_of_its_own(town: Town) -> None:
    first, second = town.report(photos=(photo(),)), town.report(photos=(photo(),))
    worker, secretary = signed_in(town, "worker"), signed_in(town, "secretary")
    now = moment.now()
    with moment.at(now):
        for client in (worker, secretary):
            for receipt in (first, second):
                client.get(addresses(receipt.matter_id)[0])
    assert AccessLog.objects.filter(what="photos").count() == 4
    with moment.at(now + looks.ONE_LOOK - timedelta(seconds=1)):
        worker.get(addresses(first.matter_id)[0])
    assert AccessLog.objects.filter(what="photos").count() == 4
    with moment.at(now + looks.ONE_LOOK):
        answer = worker.get(addresses(first.matter_id)[0])
    assert AccessLog.objects.filter(what="photos").count() == 5
    assert f"max-age={int(looks.ONE_LOOK.total_seconds())}," in answer["Cache-Control"], (
        "a browser that kept it longer would hide the later look"
    )


def test_another_process_knows_of_the_look(town: Town) -> None:
    receipt = town.report(photos=(photo(),))
    worker = town.actor("worker")
    assert looks.record_once(worker, "photos", receipt.matter_id) is not None
    looks.forget()  # as a process that was not asked before
    assert looks.record_once(worker, "photos", receipt.matter_id) is None


def test_whoever_reported_it_looks_at_their_own_and_whoever_may_not_see_it_looks_at_nothing(
    town: Town,
) -> None:
    receipt = town.report(photos=(photo(),))
    reporter = Client()
    reporter.get(f"/m/{receipt.token}/")
    (_, address) = addresses(receipt.matter_id)
    assert (
        reporter.get(address).status_code == 200 and "max-age=86400" in reporter.get(address)["Cache-Control"]
    )
    assert Client().get(address).status_code == 404
    assert signed_in(town, "admin").get(address).status_code == 404
    assert not AccessLog.objects.exists()


def test_a_look_is_never_recorded_where_an_act_could_undo_it(town: Town) -> None:
    from linli.kernel.store import acting

    receipt = town.report(photos=(photo(),))
    connection.atomic_blocks[0]._from_testcase = False
    try:
        with pytest.raises(RuntimeError), acting():
            looks.record_once(town.actor("worker"), "photos", receipt.matter_id)
    finally:
        connection.atomic_blocks[0]._from_testcase = True


@pytest.mark.django_db(transaction=True)
def test_ten_pictures_asked_for_at_once_are_one_look() -> None:
    town = towns.build()
    receipt = town.report(photos=tuple(photo("other") for _ in range(3)))
    worker = town.actor("worker")

    def look(_: int) -> int | None:
        try:
            looks.forget()
            return looks.record_once(worker, "photos", receipt.matter_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        kept = [number for number in pool.map(look, range(24)) if number is not None]
    try:
        assert len(kept) == 1 == AccessLog.objects.filter(what="photos").count()
    finally:
        for module in (editions, epochs, snapshot, looks):
            module.forget()
