"""Two at once: of two acts on the same view one is refused, of many sendings of one report one is a matter. Real threads, real commits."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import acts, audit, due
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.models import Clock, Contribution, Key, Matter, Step
from linli.kernel.people.actors import PUBLIC
from tests import town as towns
from tests.standing import forget
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = local("2026-03-04 09:00")


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    forget()
    yield towns.build()
    forget()


def together(*doings: Callable[[], object]) -> list[object]:
    """Each in a thread of its own, let go at the same instant; what each answered, or the refusal or error it met."""
    gate, answers = threading.Barrier(len(doings)), [None] * len(doings)

    def run(place: int, doing: Callable[[], object]) -> None:
        try:
            gate.wait()
            with moment.at(MORNING + timedelta(minutes=5)):
                answers[place] = doing()  # type: ignore[call-overload]
        except Exception as error:
            answers[place] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert list(audit.differences()) == []
    return list(answers)


def said(answers: list[object]) -> Counter[str]:
    return Counter(a.code if isinstance(a, Refusal) else type(a).__name__ for a in answers)


def opened(town: Town) -> int:
    with moment.at(MORNING):
        return town.report().matter_id


def test_of_two_acts_on_one_view_one_is_refused(town: Town) -> None:
    number = opened(town)
    worker, leader = town.actor("worker"), town.actor("leader")
    note = Inputs(words="我先到")
    found = together(
        lambda: acts.take(worker, number, "note", note, version=1),
        lambda: acts.take(leader, number, "note", note, version=1),
    )
    assert said(found) == {"Taken": 1, "act.moved_on": 1}
    assert Matter.objects.get(pk=number).steps == 2 == Step.objects.filter(matter_id=number).count()


def test_two_who_arrive_at_once_are_one_arrival(town: Town) -> None:
    number = opened(town)
    worker, leader = town.actor("worker"), town.actor("leader")
    here = Inputs(position=spot(501))
    found = together(
        lambda: acts.take(worker, number, "arrive", here), lambda: acts.take(leader, number, "arrive", here)
    )
    assert said(found) == {"Taken": 1, "act.not_now": 1}


def test_one_report_sent_eight_times_at_once_is_one_matter(town: Town) -> None:
    found = together(*[lambda: town.report(key="sent-eight-times", photos=(photo(),)) for _ in range(8)])
    assert said(found) == {"Receipt": 8}
    assert len({(r.matter_id, r.token, r.code) for r in found}) == 1  # type: ignore[attr-defined]
    assert (Matter.objects.count(), Key.objects.count()) == (1, 1)
    assert Entry.objects.filter(kind="matter.step").count() == 1


def test_one_act_sent_eight_times_at_once_is_done_once(town: Town) -> None:
    """Also where the act, once done, could not be done again: all eight are answered, none is refused."""
    number = opened(town)
    worker = town.actor("worker")
    here = Inputs(position=spot(501))
    found = together(
        *[lambda: acts.take(worker, number, "arrive", here, key="one-arrival") for _ in range(8)]
    )
    assert said(found) == {"Taken": 8}
    assert len({t.step_id for t in found}) == 1  # type: ignore[attr-defined]
    assert Matter.objects.get(pk=number).steps == 2


def test_many_who_join_at_once_are_all_counted(town: Town) -> None:
    number = opened(town)
    found = together(*[lambda: acts.take(PUBLIC, number, "me_too") for _ in range(6)])
    assert said(found) == {"Taken": 6}
    assert Matter.objects.get(pk=number).me_too == 6 == Contribution.objects.filter(matter_id=number).count()


def test_two_clocks_and_an_arrival_at_once_fire_each_thing_once(town: Town) -> None:
    with moment.at(MORNING - timedelta(minutes=10)):
        number = town.report().matter_id
    leader = town.actor("leader")
    found = together(
        due.run_due, due.run_due, lambda: acts.take(leader, number, "note", Inputs(words="在路上"))
    )
    assert "Taken" in said(found)
    with moment.at(MORNING + timedelta(minutes=5)):
        due.run_due()
    fired = Counter(Step.objects.filter(matter_id=number, does="clock").values_list("act", "facts__clock"))
    assert all(times <= 1 or act == "clock:escalated" for (act, _), times in fired.items()), fired
    assert fired["clock:broken", "arrive"] == 1


def test_reports_at_once_have_numbers_of_their_own(town: Town) -> None:
    found = together(*[lambda: town.report() for _ in range(8)])
    assert said(found) == {"Receipt": 8}
    assert len({r.number for r in found}) == 8  # type: ignore[attr-defined]
    assert Clock.objects.filter(state="running").count() == 16


def test_merging_into_each_other_at_once_leaves_one_open(town: Town) -> None:
    one, two = opened(town), opened(town)
    leader = town.actor("leader")
    together(
        lambda: acts.take(leader, one, "merge", Inputs(matter_id=two)),
        lambda: acts.take(leader, two, "merge", Inputs(matter_id=one)),
    )
    assert Matter.objects.filter(ended_at=None).count() == 1
