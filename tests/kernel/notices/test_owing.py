"""What is owed reaches whom it is owed to, once, in their language, and not in the night unless it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest

from linli.kernel import moment
from linli.kernel.ledger import follow, sequence
from linli.kernel.matters.models import Contact, Matter
from linli.kernel.notices import acts, deliver, quiet, reads
from linli.kernel.notices.addresses import contact_ref
from linli.kernel.notices.following import Notices
from linli.kernel.notices.models import Notice
from linli.kernel.people import accounts, rota
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.rota import TurnAsk
from tests.kernel.people.town import BEGAN, local, person

pytestmark = pytest.mark.usefixtures("places", "outbox")

WORDS = {"zh": "李秀兰最晚 14:32 到场。", "en": "Li Xiulan will be there by 14:32."}
NOON, NIGHT, MORNING = local("2026-03-04 12:00"), local("2026-03-04 23:30"), local("2026-03-05 07:00")
Lines = Callable[[], list[list[str]]]


def states() -> list[tuple[str, str]]:
    return sorted(Notice.objects.values_list("channel", "state"))


def test_a_notice_to_a_colleague_stands_in_the_inbox_at_once() -> None:
    worker = person("worker", "grid_worker", 501)
    acts.owe(worker, 7, "act:dispatch", WORDS, dedupe_key="e1")
    (line,) = reads.inbox(worker, lang="en")
    assert (line.words, line.matter_id, line.kind, line.read_at) == (WORDS["en"], 7, "act:dispatch", None)
    assert reads.unread(worker) == 1
    assert states() == [("inbox", "sent")]


def test_the_same_key_owes_nothing_twice_however_often_a_follower_repeats_itself() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 502)
    assert len(acts.owe(worker, 7, "opened", WORDS, dedupe_key="e1")) == 1
    assert acts.owe(worker, 7, "opened", WORDS, dedupe_key="e1") == ()
    assert len(acts.owe(mate, 7, "opened", WORDS, dedupe_key="e1")) == 1
    assert len(acts.owe(worker, 7, "opened", WORDS, dedupe_key="e2")) == 1


def test_a_reporter_without_an_account_gets_a_text_message_in_their_language(
    contact: Contact, outbox: Lines
) -> None:
    Contact.objects.filter(id=contact.id).update(lang="en")
    acts.owe(contact_ref(contact.id), contact.matter_id, "opened", WORDS, dedupe_key="e1")
    assert deliver.run_once() == 1
    ((_, phone, weight, words),) = outbox()
    assert (phone, weight, words) == ("13800001234", "plain", WORDS["en"])
    assert deliver.run_once() == 0 and len(outbox()) == 1


def test_nothing_readable_about_anybody_stands_in_the_store(contact: Contact) -> None:
    acts.owe(contact_ref(contact.id), contact.matter_id, "opened", WORDS, dedupe_key="e1")
    row = Notice.objects.get()
    for value in (row.words, row.dedupe, row.address.encode(), row.error.encode()):
        assert "秀兰".encode() not in bytes(value) and b"13800001234" not in bytes(value)


def test_a_reporter_who_left_no_number_is_owed_nothing(contact: Contact) -> None:
    Contact.objects.filter(id=contact.id).update(phone=None)
    assert acts.owe(contact_ref(contact.id), contact.matter_id, "opened", WORDS) == ()


def test_at_night_only_what_is_urgent_goes_out(contact: Contact, outbox: Lines) -> None:
    with moment.at(NIGHT):
        acts.owe(contact_ref(contact.id), contact.matter_id, "opened", WORDS, dedupe_key="plain")
        acts.owe(contact_ref(contact.id), contact.matter_id, "clock", WORDS, urgent=True, dedupe_key="urgent")
        assert deliver.run_once() == 1
    assert [line[2] for line in outbox()] == ["urgent"]
    held = Notice.objects.get(state="held")
    assert held.next_at == MORNING
    with moment.at(MORNING):
        assert deliver.run_once() == 1
    assert [line[2] for line in outbox()] == ["urgent", "plain"]


def test_whoever_is_on_duty_at_night_is_awake(settings: object) -> None:
    settings.CHANNELS = ("inbox", "email")  # type: ignore[attr-defined]
    awake, asleep = (
        person(name, "street_duty_officer", 2, email=f"{name}@example.org") for name in ("awake", "asleep")
    )
    with moment.at(BEGAN):
        turns = [TurnAsk(awake, 20 * 60, 8 * 60, weekday=day) for day in range(7)]
        rota.set_roster(SYSTEM, "street_duty_officer", 2, turns)
    with moment.at(NIGHT):
        for one in (awake, asleep):
            acts.owe(one, 7, "opened", WORDS, dedupe_key="e1")
    rows = dict(Notice.objects.filter(channel="email").values_list("person_id", "state"))
    assert rows == {awake: "queued", asleep: "held"}


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        ("22:00-07:00", "2026-03-04 22:00", "2026-03-05 07:00"),
        ("22:00-07:00", "2026-03-05 06:59", "2026-03-05 07:00"),
        ("22:00-07:00", "2026-03-05 07:00", None),
        ("22:00-07:00", "2026-03-04 21:59", None),
        ("12:00-14:00", "2026-03-04 13:00", "2026-03-04 14:00"),
        ("12:00-14:00", "2026-03-04 23:00", None),
        ("", "2026-03-04 23:00", None),
    ],
)
def test_quiet_hours_end_when_they_say(hours: str, at: str, until: str | None) -> None:
    assert quiet.over_at(local(at), quiet.parse(hours)) == (local(until) if until else None)


def test_quiet_hours_that_begin_and_end_together_are_none() -> None:
    assert quiet.parse("08:00-08:00") is None
    assert quiet.parse("22:00-07:00") == (time(22), time(7))


def test_reading_is_ones_own_and_counts_once() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 502)
    (mine,) = acts.owe(worker, 7, "opened", WORDS)
    acts.owe(worker, 8, "opened", WORDS)
    assert acts.mark_read(mate, [mine]) == 0
    assert acts.mark_read(worker, [mine]) == 1 and acts.mark_read(worker, [mine]) == 0
    assert [line.matter_id for line in reads.inbox(worker, unread_only=True)] == [8]
    assert acts.mark_read_of(worker, 8) == 1 and reads.unread(worker) == 0


def test_erased_words_are_gone_and_what_was_not_sent_is_not_sent(contact: Contact, outbox: Lines) -> None:
    acts.owe(contact_ref(contact.id), contact.matter_id, "opened", WORDS)
    assert acts.erase_words(matter_id=contact.matter_id) == 1
    assert deliver.run_once() == 0 and outbox() == []
    assert Notice.objects.get().words is None
    assert reads.undelivered(("/1/",)) == ()
    with pytest.raises(ValueError, match="whose"):
        acts.erase_words()


def test_somebody_whose_account_is_gone_is_owed_nothing() -> None:
    resident = accounts.register_resident("wang.min", "a long password", phone="13800001234")
    accounts.erase_person(SYSTEM, resident)
    assert acts.owe(resident, 7, "opened", WORDS) == ()


def test_a_resident_with_an_account_finds_their_matter_in_the_inbox_as_well(
    matter: Matter, contact: Contact
) -> None:
    resident = accounts.register_resident("wang.min", "a long password")
    Contact.objects.filter(id=contact.id).update(person_id=resident)
    acts.owe(contact_ref(contact.id), matter.id, "opened", WORDS)
    assert states() == [("file", "queued"), ("inbox", "sent")]
    assert reads.unread(resident) == 1


def test_what_is_owed_to_somebody_on_leave_reaches_their_deputy(outbox: Lines) -> None:
    worker = person("worker", "grid_worker", 501, phone="13800001111")
    mate = person("mate", "grid_worker", 502, phone="13800002222")
    rota.take_leave(SYSTEM, worker, mate, moment.now(), moment.now() + timedelta(days=1))
    acts.owe(worker, 7, "clock:arrive:warned", WORDS, urgent=True, dedupe_key="e1")
    assert acts.owe(worker, 7, "clock:arrive:warned", WORDS, urgent=True, dedupe_key="e1") == ()
    deliver.run_once()
    assert reads.unread(worker) == reads.unread(mate) == 1
    assert [line[1] for line in outbox()] == ["13800002222"]


def test_when_a_person_is_erased_the_words_told_to_them_go_too() -> None:
    resident = accounts.register_resident("wang.min", "a long password")
    acts.owe(resident, 7, "opened", WORDS)
    accounts.erase_person(SYSTEM, resident)
    sequence.sequence()
    follow.run_once(Notices())
    assert Notice.objects.get().words is None
