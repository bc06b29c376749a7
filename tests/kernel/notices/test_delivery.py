"""A notice that cannot be delivered is tried again, and then shown to somebody. Workers share the work."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from linli.kernel import moment
from linli.kernel.ledger.models import Entry
from linli.kernel.matters.models import Contact, Matter
from linli.kernel.notices import acts, deliver, reads
from linli.kernel.notices.addresses import contact_ref
from linli.kernel.notices.channels import Letter, Retry, Undeliverable, named
from linli.kernel.notices.models import Notice
from tests.kernel.people.town import local, person

WORDS = {"zh": "李秀兰最晚 14:32 到场。", "en": "Li Xiulan will be there by 14:32."}
NOON = local("2026-03-04 12:00")
Lines = Callable[[], list[list[str]]]


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """``trouble(error)``: from now on the file channel fails so; ``trouble(None)``: it works again."""
    channel = named("file")
    works = channel.deliver

    def set_to(error: Exception | None) -> None:
        def deliver_badly(letter: Letter) -> None:
            if error is not None:
                raise error
            works(letter)

        monkeypatch.setattr(channel, "deliver", deliver_badly)

    return set_to


def owe(contact: Contact, key: str = "e1") -> None:
    acts.owe(contact_ref(contact.id), contact.matter_id, "opened", WORDS, dedupe_key=key)


@pytest.mark.usefixtures("outbox")
def test_it_is_tried_again_at_growing_intervals_and_arrives(
    contact: Contact, outbox: Lines, trouble: Any
) -> None:
    trouble(Retry("the gateway is away"))
    waits, now = [], NOON
    with moment.at(now):
        owe(contact)
    for _ in range(5):
        with moment.at(now):
            assert deliver.run_once() == 1 and deliver.run_once() == 0
        notice = Notice.objects.get(channel="file")
        assert (notice.state, notice.error) == (
            "failed",
            "the gateway is away",
        ) and notice.next_at is not None
        waits.append(notice.next_at - now)
        now = notice.next_at
    minutes = [wait // timedelta(minutes=1) for wait in waits]
    assert minutes == [1, 5, 30, 120, 720]
    trouble(None)
    with moment.at(now):
        assert deliver.run_once() == 1
    assert Notice.objects.get(channel="file").state == "sent" and len(outbox()) == 1


@pytest.mark.usefixtures("outbox")
def test_what_is_given_up_is_shown_to_whoever_answers_for_the_matter(
    contact: Contact, matter: Matter, trouble: Any
) -> None:
    worker = person("worker", "grid_worker", 501)
    Matter.objects.filter(id=matter.id).update(holder_id=worker)
    trouble(Undeliverable("no such number"))
    owe(contact)
    deliver.run_once()
    (lost,) = reads.undelivered(("/1/2/5/",))
    assert (lost.number, lost.error, lost.to_person) == (matter.number, "no such number", None)
    assert reads.undelivered(("/1/2/52/",)) == () and reads.undelivered(()) == ()
    (line,) = reads.inbox(worker)
    assert matter.number in line.words and line.kind == "notice.given_up" and line.urgent
    assert Entry.objects.filter(kind="notice.given_up").count() == 1
    assert acts.settle(lost.id) and reads.undelivered(("/1/",)) == ()


@pytest.mark.usefixtures("outbox")
def test_when_the_holder_is_the_one_not_reached_the_next_above_is_told(matter: Matter, trouble: Any) -> None:
    worker = person("worker", "grid_worker", 501, phone="13800005678")
    leader, officer = person("leader", "grid_leader", 50), person("officer", "street_duty_officer", 2)
    Matter.objects.filter(id=matter.id).update(holder_id=worker)
    trouble(Undeliverable("no such number"))
    acts.owe(worker, matter.id, "clock:arrive:warned", WORDS, urgent=True, dedupe_key="e1")
    deliver.run_once()
    assert [line.kind for line in reads.inbox(leader)] == ["notice.given_up"]
    assert "worker" in reads.inbox(leader)[0].words and reads.inbox(officer) == ()


@pytest.mark.usefixtures("outbox")
def test_a_bug_in_a_channel_holds_up_nobody_elses_notice(
    contact: Contact, outbox: Lines, monkeypatch: Any
) -> None:
    owe(contact, "e1")
    owe(contact, "e2")
    channel, works, seen = named("file"), named("file").deliver, []

    def once_broken(letter: Letter) -> None:
        seen.append(letter.notice_id)
        if len(seen) == 1:
            raise ZeroDivisionError("13800001234")
        works(letter)

    monkeypatch.setattr(channel, "deliver", once_broken)
    assert deliver.run_once() == 2
    assert len(outbox()) == 1
    failed = Notice.objects.get(state="failed")
    assert "ZeroDivisionError" in failed.error and "13800001234" not in failed.error


@pytest.mark.usefixtures("outbox")
def test_a_claim_of_a_worker_that_died_runs_out(contact: Contact, outbox: Lines) -> None:
    with moment.at(NOON):
        owe(contact)
        deliver._claim(10)
        assert deliver.run_once() == 0
    with moment.at(NOON + deliver.LEASE):
        assert deliver.run_once() == 1
    assert len(outbox()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("outbox")
def test_several_workers_send_each_notice_once(contact: Contact, outbox: Lines) -> None:
    for number in range(60):
        owe(contact, f"e{number}")
    done: list[int] = []

    def work() -> None:
        try:
            while tried := deliver.run_once(limit=7):
                done.append(tried)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(done) == 60
    assert len({line[0] for line in outbox()}) == len(outbox()) == 60


class PostOffice(threading.Thread):
    """A mail server of this test: takes letters, or refuses with ``answer``."""

    def __init__(self, answer: str = "250 taken") -> None:
        super().__init__(daemon=True)
        self.answer, self.letters = answer, []  # type: tuple[str, list[str]]
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.start()

    def run(self) -> None:
        while True:
            try:
                visitor, _ = self.door.accept()
            except OSError:
                return
            with visitor, visitor.makefile("rwb") as talk:
                self._serve(talk)

    def _serve(self, talk: Any) -> None:
        def say(line: str) -> None:
            talk.write(line.encode() + b"\r\n")
            talk.flush()

        say("220 here")
        for line in talk:
            word = line[:4].upper()
            if word == b"DATA":
                say("354 go on")
                letter = []
                for text in talk:
                    if text == b".\r\n":
                        break
                    letter.append(text.decode())
                self.letters.append("".join(letter))
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say(self.answer if word == b"RCPT" else "250 fine")


@pytest.fixture
def post(settings: Any) -> Iterator[PostOffice]:
    office = PostOffice()
    settings.CHANNELS = ("inbox", "email")
    settings.SMTP_URL = f"smtp://127.0.0.1:{office.port}/?from=office@example.org"
    yield office
    office.door.close()


@pytest.mark.usefixtures("places")
def test_an_e_mail_is_handed_to_the_mail_server(post: PostOffice) -> None:
    worker = person("worker", "grid_worker", 501, email="worker@example.org", lang="en")
    with moment.at(NOON):
        acts.owe(worker, 7, "opened", WORDS)
        assert deliver.run_once() == 1
    (letter,) = post.letters
    assert (
        "To: worker@example.org" in letter
        and WORDS["en"] in letter
        and "Subject: A notice from Linli" in letter
    )
    assert Notice.objects.get(channel="email").state == "sent"


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(("answer", "state"), [("550 nobody here", "given_up"), ("450 later", "failed")])
def test_a_mail_server_says_whether_to_try_again(post: PostOffice, answer: str, state: str) -> None:
    post.answer = answer
    worker = person("worker", "grid_worker", 501, email="worker@example.org")
    with moment.at(NOON):
        acts.owe(worker, 7, "opened", WORDS)
        deliver.run_once()
    notice = Notice.objects.get(channel="email")
    assert notice.state == state and "worker@" not in notice.error


@pytest.mark.usefixtures("places")
def test_a_mail_server_that_is_away_is_tried_again(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    settings.CHANNELS, settings.SMTP_URL = ("inbox", "email"), f"smtp://127.0.0.1:{port}/"
    worker = person("worker", "grid_worker", 501, email="worker@example.org")
    with moment.at(NOON):
        acts.owe(worker, 7, "opened", WORDS)
        deliver.run_once()
    assert Notice.objects.get(channel="email").state == "failed"
