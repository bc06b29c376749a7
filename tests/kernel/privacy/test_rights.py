"""A person sees, has and erases what is held about them; the loop, the ledger and everybody else stay as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import audit, follow, rows, sequence
from linli.kernel.matters import acts, calls, held_about, photos, reads
from linli.kernel.matters import audit as derived
from linli.kernel.matters.asks import Inputs, Receipt, Reporter
from linli.kernel.matters.models import Call, Contact, Evidence, Key, Matter, Step, Words
from linli.kernel.notices import deliver, rights
from linli.kernel.notices.following import Notices
from linli.kernel.notices.models import Notice
from linli.kernel.people import accounts, looks
from linli.kernel.people.actors import CLOCK, SYSTEM, actor_of
from linli.kernel.people.models import AccessLog, Person, Session
from tests.town import Town, local, photo

pytestmark = pytest.mark.django_db
MORNING = local("2026-03-04 09:00")


def reported(town: Town, **more: object) -> Receipt:
    """A report with everything personal in it, and its notices owed."""
    given: dict[str, object] = {
        "reporter": Reporter("柳三变", "19912345678", "602"), "words": "楼道漏水，我家老人出不了门", "address": "三号楼二单元",
        "photos": (photo(),), "key": "phone-offline-0001",
    }  # fmt: skip
    receipt = town.report(**(given | more))
    followers()
    return receipt


def followers() -> None:
    sequence.sequence()
    follower = Notices()
    while follow.run_once(follower):
        pass


def subject(receipt: Receipt) -> held_about.Subject:
    return held_about.subject_of(reads.by_link(receipt.token))


def ended(town: Town, receipt: Receipt) -> Matter:
    town.finish(receipt.matter_id)
    acts.take(
        town.actor("operator"),
        receipt.matter_id,
        "call_back",
        Inputs(contacted=True, solved=True, satisfied=True, words="老人说好了"),
    )
    followers()
    return Matter.objects.get(pk=receipt.matter_id)


def test_a_reporter_without_an_account_sees_by_link_all_that_is_held(town: Town) -> None:
    with moment.at(MORNING):
        receipt = reported(town)
        found = rights.held(subject(receipt), "zh")
    (one,) = found.matters
    assert (one.name, one.phone, one.room, one.address) == ("柳三变", "19912345678", "602", "三号楼二单元")
    assert "楼道漏水，我家老人出不了门" in {said.text for said in one.said}
    assert len(one.photos) == 1 and one.answers == 1 and found.account is None
    assert any(receipt.number in told.words for told in found.notices)


def test_whoever_holds_no_link_sees_nobodys_data(town: Town) -> None:
    receipt = reported(town)
    with pytest.raises(Refusal):
        held_about.subject_of(reads.by_link("not-" + receipt.token))
    for actor in (CLOCK, SYSTEM):
        with pytest.raises(Refusal) as refusal:
            held_about.subject_of(actor)
        assert refusal.value.code == "rights.link"


def test_whoever_joined_sees_their_own_part_and_not_the_reporters(town: Town) -> None:
    receipt = reported(town)
    joined = acts.take(
        actor_of(town.ids["resident"]),
        receipt.matter_id,
        "me_too",
        Inputs(reporter=Reporter("孙二娘", "19987654321")),
    )
    looks.record(town.actor("operator"), "contact", receipt.matter_id, "回访")
    found = rights.held(subject_by(joined.token), "zh")
    assert [one.name for one in found.matters] == ["孙二娘"]
    assert found.matters[0].address == "" and found.matters[0].photos == () and found.looks == ()
    assert "楼道" not in str(found)


def subject_by(token: str) -> held_about.Subject:
    return held_about.subject_of(reads.by_link(token))


def test_the_person_concerned_sees_who_looked_as_what_when_and_why(town: Town) -> None:
    receipt = reported(town)
    with moment.at(MORNING + timedelta(hours=1)):
        looks.record(town.actor("operator"), "contact", receipt.matter_id, "核实楼号")
        reads.search(town.actor("operator"), "199 1234 5678", "zh")
    seen = rights.held(subject(receipt), "zh").looks
    assert [(one.name, one.what, one.why) for one in reversed(seen)] == [
        ("韩雪", "contact", "核实楼号"), ("韩雪", "number.search", "search"),
    ]  # fmt: skip
    assert seen[-1].roles == ("hotline_operator",) and seen[-1].at == MORNING + timedelta(hours=1)


def test_a_look_stands_in_the_ledger_as_ids_and_a_commitment_to_the_rest(town: Town) -> None:
    receipt = reported(town)
    number = looks.record(town.actor("operator"), "contact", receipt.matter_id, "核实楼号")
    sequence.sequence()
    (entry,) = rows.about(f"look:{ids.text(number)}")
    assert entry.body["matter"] == ids.text(receipt.matter_id) and "核实" not in entry.text
    assert entry.body["row"] == looks.commitment_of(AccessLog.objects.get(pk=number))


def test_after_the_end_everything_goes_and_the_ledger_verifies(town: Town) -> None:
    receipt = reported(town)
    matter = ended(town, receipt)
    pictures = list(Evidence.objects.filter(matter=matter).values_list("id", flat=True))
    done = rights.erase(reads.by_link(receipt.token), subject(receipt))
    assert (
        done.counts["contacts"] == 1
        and done.counts["words"] >= 3
        and done.counts["photos"] == 2
        and done.counts["keys"] == 1
    )
    matter.refresh_from_db()
    assert (matter.address, matter.lon, matter.lat, matter.cell) == ("", None, None, None)
    assert not Words.objects.filter(matter=matter).exclude(text="").exists()
    assert not any(photos.path_of(one, thumb).exists() for one in pictures for thumb in (False, True))
    assert not Contact.objects.filter(matter=matter, erased_at=None).exists()
    assert Step.objects.filter(matter=matter).order_by("-seq").first().does == "release_words"  # type: ignore[union-attr]
    with pytest.raises(Refusal):
        reads.by_link(receipt.token)
    sequence.sequence()
    assert audit.verify().clean and list(derived.differences()) == []
    (entry,) = rows.about(f"erasure:{done.number}")
    assert entry.body["counts"] == dict(done.counts) and len(entry.body["ids"]) == 64
    assert reads.page(town.actor("operator"), matter.id, "zh").words == ""


def test_erasing_at_once_makes_an_open_matter_anonymous_and_it_ends_without_a_call_back(town: Town) -> None:
    receipt = reported(town)
    rights.erase(reads.by_link(receipt.token), subject(receipt))
    matter = Matter.objects.get(pk=receipt.matter_id)
    assert (
        matter.anonymous
        and matter.ended_at is None
        and matter.address == "三号楼二单元"
        and matter.lon is not None
    )
    assert not Words.objects.filter(matter=matter, field="words").exclude(text="").exists()
    town.finish(matter.id)
    acts.take(town.actor("operator"), matter.id, "close_without", Inputs(reason="报事人要求删除联系方式"))
    assert Matter.objects.get(pk=matter.id).ended_at is not None
    rights.wished(CLOCK)
    matter.refresh_from_db()
    assert (
        matter.address == ""
        and matter.lon is None
        and not Words.objects.filter(matter=matter).exclude(text="").exists()
    )


def test_by_wish_an_open_matter_keeps_the_contact_until_it_ends_and_then_it_goes_by_itself(
    town: Town,
) -> None:
    receipt = reported(town)
    done = rights.erase(reads.by_link(receipt.token), subject(receipt), at_end=True)
    assert done.waiting == 1 and done.counts == {}
    assert rights.held(subject(receipt), "zh").matters[0].phone == "19912345678"
    ended(town, receipt)
    gone = rights.wished(CLOCK)
    assert gone.counts["contacts"] == 1
    assert not Contact.objects.exclude(phone=None).exists()
    assert rights.wished(CLOCK).counts == {}


def test_the_others_contacts_stay(town: Town) -> None:
    receipt = reported(town)
    joined = acts.take(
        actor_of(town.ids["resident"]),
        receipt.matter_id,
        "me_too",
        Inputs(reporter=Reporter("孙二娘", "19987654321")),
    )
    ended(town, receipt)
    rights.erase(reads.by_link(receipt.token), subject(receipt))
    assert rights.held(subject_by(joined.token), "zh").matters[0].phone == "19987654321"


def test_whoever_joined_erases_their_part_and_nothing_of_the_reporters(town: Town) -> None:
    receipt = reported(town)
    joined = acts.take(
        actor_of(town.ids["resident"]),
        receipt.matter_id,
        "me_too",
        Inputs(reporter=Reporter("孙二娘", "19987654321")),
    )
    rights.erase(reads.by_link(joined.token), subject_by(joined.token))
    assert rights.held(subject(receipt), "zh").matters[0].phone == "19912345678"
    assert not Matter.objects.get(pk=receipt.matter_id).anonymous


def test_a_repeated_request_after_erasing_opens_nothing_twice(town: Town) -> None:
    receipt = reported(town)
    rights.erase(reads.by_link(receipt.token), subject(receipt))
    with pytest.raises(Refusal) as refusal:
        reported(town)
    assert refusal.value.code == "key.used_otherwise" and Matter.objects.count() == 1
    assert not Key.objects.exclude(content="").exists()


def test_calls_lose_number_and_draft(town: Town) -> None:
    operator = town.actor("operator")
    call = calls.start(operator, "19912345678")
    receipt = reported(town, by=operator, source="hotline")
    calls.end(operator, call, receipt.matter_id)
    assert len(rights.held(subject(receipt), "zh").matters[0].calls) == 1
    rights.erase(reads.by_link(receipt.token), subject(receipt))
    assert Call.objects.get(pk=call).phone is None


def test_notices_that_repeat_the_words_lose_them_and_others_keep_theirs(town: Town) -> None:
    receipt = reported(town)
    with moment.at(moment.now() + timedelta(minutes=1)):
        acts.take(
            reads.by_link(receipt.token), receipt.matter_id, "withdraw", Inputs(reason="已经自己修好了不用来")
        )
    followers()
    to_holder = Notice.objects.filter(person_id=town.ids["worker"])
    assert any("不用来" in line for line in texts(to_holder)), "the pack repeats the reason"
    before = to_holder.count()
    rights.erase(reads.by_link(receipt.token), subject(receipt))
    assert not any("不用来" in line for line in texts(to_holder))
    assert 0 < to_holder.filter(words__isnull=False).count() < before
    assert not Notice.objects.filter(address__startswith="contact:", words__isnull=False).exists()


def texts(rows_: object) -> list[str]:
    from linli.kernel.notices.reads import words_of

    return [words_of(row, "zh") for row in rows_.all()]  # type: ignore[attr-defined]


def test_lines_in_the_outbox_folder_are_blanked_in_place(town: Town) -> None:
    with moment.at(local("2026-03-04 10:00")):  # nothing is held over the quiet hours
        receipt = reported(town)
        deliver.run_once()
    from django.conf import settings

    def outbox() -> bytes:
        return b"".join(path.read_bytes() for path in sorted((settings.DATA / "outbox").glob("*.txt")))

    before = outbox()
    assert b"19912345678" in before
    rights.erase(reads.by_link(receipt.token), subject(receipt))
    assert b"19912345678" not in outbox() and len(outbox()) == len(before)


def test_an_account_goes_with_all_it_reported(town: Town) -> None:
    person = accounts.register_resident("liu", "correct horse battery", "柳三变", phone="19912345678")
    receipt = reported(
        town, by=actor_of(person), reporter=Reporter("柳三变", "19912345678", "", True, "zh", person)
    )
    ended(town, receipt)
    Session.objects.create(session_key="s" * 32, session_data="x", expire_date=moment.now(), person_id=person)
    rights.erase(actor_of(person), held_about.subject_of(actor_of(person)))
    row = Person.objects.get(pk=person)
    assert row.erased is not None and row.name == "" and not Session.objects.filter(person_id=person).exists()
    assert not Contact.objects.filter(person_id=person).exists()
    sequence.sequence()
    assert audit.verify().clean


def test_the_office_erases_on_request_with_a_reason_and_the_person_could_see_it(town: Town) -> None:
    receipt = reported(town)
    secretary = town.actor("secretary")
    found = rights.for_office(secretary, number=receipt.number)
    assert found == subject(receipt)
    with pytest.raises(Refusal) as refusal:
        rights.look(secretary, found, "export", "")
    assert refusal.value.code == "rights.why"
    rights.look(secretary, found, "export", "本人到窗口提出，核对了查询码")
    assert rights.held(found, "zh").looks[0].why == "本人到窗口提出，核对了查询码"
    rights.erase(secretary, found, why="本人到窗口提出，核对了查询码")
    assert AccessLog.objects.filter(
        what="erasure", matter_id=receipt.matter_id, person_id=secretary.person_id
    ).exists()


@pytest.mark.parametrize("login", ["worker", "secretary2", "admin", "wall", "heat", "resident"])
def test_who_does_not_answer_for_the_ground_learns_nothing(town: Town, login: str) -> None:
    receipt = reported(town)
    with pytest.raises(Refusal) as refusal:
        rights.for_office(town.actor(login), number=receipt.number)
    assert refusal.value.code == "rights.nobody"


def test_only_an_administrator_answers_for_accounts_and_sees_no_matters(town: Town) -> None:
    accounts.register_resident("liu", "correct horse battery", "柳三变")
    assert rights.for_office(town.actor("admin"), login="liu").person_id is not None
    with pytest.raises(Refusal) as refusal:
        rights.for_office(town.actor("secretary"), login="liu")
    assert refusal.value.code == "rights.not_yours"


def test_staff_keep_their_account_while_they_hold_a_post(town: Town) -> None:
    worker = town.actor("worker")
    with pytest.raises(Refusal) as refusal:
        rights.erase(worker, held_about.subject_of(worker))
    assert refusal.value.code == "people.still_holds"
    assert Person.objects.get(pk=worker.person_id).erased is None


def test_nothing_happens_by_halves(town: Town) -> None:
    """An erasure that is refused in the end has removed nothing, and no file."""
    worker = town.actor("worker")
    receipt = reported(town, reporter=Reporter("李秀兰", "19900000001", "", True, "zh", worker.person_id))
    picture = Evidence.objects.get(matter_id=receipt.matter_id)
    with pytest.raises(Refusal):
        rights.erase(worker, held_about.subject_of(worker))
    assert photos.path_of(picture.id).exists()
    assert Words.objects.filter(matter_id=receipt.matter_id, field="words").exclude(text="").exists()
