"""Acts that share one commit on SQLite: each whole by itself, acknowledged after the disk, none if it fails. Real threads, a real file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import acts, audit
from linli.kernel.matters.asks import Inputs, Receipt, Report
from linli.kernel.matters.models import Matter, Words
from linli.kernel.people.actors import PUBLIC
from tests import town as towns
from tests.standing import forget
from tests.town import Town, local, spot

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = local("2026-03-04 09:00")


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL shares its commits by itself")
    forget()
    yield towns.build()
    forget()


def report(number: int, place: int = 501, words: str = "楼道漏水") -> Receipt:
    lon, lat = spot(place, dx=number * 1e-6)
    with moment.at(MORNING):
        return acts.open_matter(
            PUBLIC, Report("repair", "water_leak", lon=lon, lat=lat, words=f"{words} {number}")
        )


def behind_one_who_writes(*doings: Callable[[], object]) -> list[object]:
    """All of them wait in line before the first of them may begin; what each answered or raised."""
    answers: list[object] = [None] * len(doings)

    def run(place: int, doing: Callable[[], object]) -> None:
        try:
            answers[place] = doing()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(doings)]
    with store.alone():
        for thread in threads:
            thread.start()
        waiting = store._sqlite_writer._threads._line
        for _ in range(2000):
            if len(waiting) == len(doings):
                break
            threading.Event().wait(0.005)
        assert len(waiting) == len(doings)
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return answers


def said_by_the_store(doing: Callable[[], list[object]]) -> tuple[list[object], list[str]]:
    """What was answered, and every statement that the shared connection was sent meanwhile."""
    report(0)  # so that there is one
    shared = store._sqlite_writer._connection()
    heard: list[str] = []
    shared.connection.set_trace_callback(heard.append)
    try:
        return doing(), heard
    finally:
        shared.connection.set_trace_callback(None)


def test_reports_that_wait_share_one_commit_and_each_has_its_receipt(town: Town) -> None:
    doings = [lambda n=n: report(n) for n in range(1, 9)]
    answers, heard = said_by_the_store(lambda: behind_one_who_writes(*doings))
    assert all(isinstance(answer, Receipt) for answer in answers), answers
    numbers = {answer.number for answer in answers if isinstance(answer, Receipt)}
    assert len(numbers) == 8 and Matter.objects.count() == 9
    assert Entry.objects.filter(kind="matter.step").count() == 9
    assert 1 <= heard.count("COMMIT") < 8 and heard.count("COMMIT") == heard.count("BEGIN IMMEDIATE")
    assert list(audit.differences()) == []


def test_one_that_is_refused_on_the_way_takes_nobody_along_and_leaves_nothing(town: Town) -> None:
    def refused() -> None:
        with store.acting(together=True):
            Words.objects.update(text="nothing of this may stay")
            raise Refusal("act.moved_on", kind="conflict")

    answers = behind_one_who_writes(lambda: report(1), refused, lambda: report(2), lambda: report(3), refused)
    assert [type(answer).__name__ for answer in answers].count("Receipt") == 3
    assert [answer.code for answer in answers if isinstance(answer, Refusal)] == ["act.moved_on"] * 2
    assert Matter.objects.count() == 3
    assert not Words.objects.filter(text="nothing of this may stay").exists()
    assert list(audit.differences()) == []


def test_the_same_act_sent_twice_is_answered_twice_though_the_first_is_not_committed_yet(town: Town) -> None:
    """The second finds it done already by an act of its own group, is refused, and must then find what the first was answered."""
    number = report(1).matter_id
    worker, here = town.actor("worker"), Inputs(position=spot(501))

    def arrive() -> object:
        with moment.at(MORNING + timedelta(minutes=5)):
            return acts.take(worker, number, "arrive", here, key="one-arrival")

    answers = behind_one_who_writes(*(arrive for _ in range(6)))
    assert {type(answer).__name__ for answer in answers} == {"Taken"}, answers
    assert len({answer.step_id for answer in answers}) == 1  # type: ignore[attr-defined]
    assert Matter.objects.get(pk=number).steps == 2


def test_the_same_report_sent_many_times_at_once_is_one_matter(town: Town) -> None:
    def again() -> Receipt:
        lon, lat = spot(501)
        with moment.at(MORNING):
            return acts.open_matter(
                PUBLIC, Report("repair", "water_leak", lon=lon, lat=lat, words="漏水"), key="one-report"
            )

    answers = behind_one_who_writes(*(again for _ in range(6)))
    assert {type(answer).__name__ for answer in answers} == {"Receipt"}, answers
    assert len({answer.token for answer in answers}) == 1 and Matter.objects.count() == 1  # type: ignore[attr-defined]


def test_when_the_store_is_full_none_of_those_together_is_acknowledged_and_later_ones_are(town: Town) -> None:
    report(0)
    shared = store._sqlite_writer._connection()
    shared.connection.execute("VACUUM")  # no room is left over from tests before
    pages = shared.connection.execute("PRAGMA page_count").fetchone()[0]
    shared.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    before = Matter.objects.count(), Entry.objects.count()
    answers = behind_one_who_writes(*(lambda n=n: report(n, words="长" * 480) for n in range(1, 13)))
    failed = [answer for answer in answers if isinstance(answer, OperationalError)]
    given = [answer for answer in answers if isinstance(answer, Receipt)]
    assert failed and len(failed) + len(given) == 12, answers
    assert Matter.objects.count() == before[0] + len(given)
    for receipt in given:
        assert Entry.objects.filter(id=receipt.entry_id).exists()
    store._sqlite_writer._connection().connection.execute("PRAGMA max_page_count = 1000000")
    assert isinstance(report(9), Receipt)  # as soon as there is room again
    assert list(audit.differences()) == []


def test_an_act_within_an_act_belongs_to_it(town: Town) -> None:
    with pytest.raises(ZeroDivisionError):
        with store.acting(together=True):
            report(1)
            raise ZeroDivisionError
    assert Matter.objects.count() == 0
    with store.acting():
        report(2)
    with store.alone():
        report(3)
    assert Matter.objects.count() == 2


def test_a_reader_sees_nothing_of_it_before_its_commit(town: Town) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(Matter.objects.count())
        connection.close()

    with store.acting(together=True):
        report(1)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(30)
    look()
    assert seen == [0, 1]


def test_whoever_was_to_commit_and_was_interrupted_leaves_nobody_waiting(town: Town) -> None:
    """A thread that stands in line and is interrupted there must not keep those waiting who counted on it."""
    report(0)
    writer, entered, answers = store._sqlite_writer, threading.Event(), []

    def first() -> None:
        with store.acting(together=True):
            entered.set()
            for _ in range(2000):
                if writer._threads._line:
                    break
                threading.Event().wait(0.005)
            report(1)
        answers.append("acknowledged")
        connection.close()

    def interrupted() -> None:
        writer._threads.enter(joins=True)  # and goes without a word
        writer._threads.__exit__()

    one = threading.Thread(target=first)
    one.start()
    assert entered.wait(30)
    two = threading.Thread(target=interrupted)
    two.start()
    one.join(30)
    two.join(30)
    assert answers == ["acknowledged"] and Matter.objects.count() == 2
