"""Two at once: of two acts on the same view one is refused, of many sendings of one report one is a matter. Real threads, real commits."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models import F

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.knots import untied
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import acts, audit, due
from linli.kernel.matters.asks import Inputs, Report
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


CROSSING = {
    # both acts are done to the same two matters, each naming them in the other order: (before it, the two acts, what is said)
    "merge and merge": ("", ("merge", "merge"), {"Taken": 1, "act.other_ended": 1}),
    "link and link": ("", ("link", "link"), {"Taken": 2}),
    "unlink and unlink": ("link", ("unlink", "unlink"), {"Taken": 1, "act.not_linked": 1}),
    "unmerge and link": ("merge", ("unmerge", "link"), {"Taken": 2}),
    "merge and link": ("", ("merge", "link"), {"Taken": 2}),
}


@pytest.mark.parametrize("crossing", CROSSING)
def test_acts_on_two_matters_in_opposite_order_wait_for_each_other_and_break_nothing(
    town: Town, crossing: str
) -> None:
    before, (first, second), expected = CROSSING[crossing]
    leader, secretary = town.actor("leader"), town.actor("secretary")
    for _ in range(8):
        one, two = opened(town), opened(town)
        if before:
            with moment.at(MORNING):
                town.take("leader", one, before, matter_id=two)
        other = None if first == "unmerge" else two  # a merge that is undone names no other
        found = together(
            partial(acts.take, leader, one, first, Inputs(matter_id=other, reason="不是一回事")),
            partial(acts.take, secretary, two, second, Inputs(matter_id=one)),
        )
        assert said(found) == expected, found


def test_two_splits_at_once_give_every_part_a_number_of_its_own(town: Town) -> None:
    one, two = opened(town), opened(town)
    leader, secretary = town.actor("leader"), town.actor("secretary")
    parts = Inputs(parts=tuple(Report("repair", "stair_light", words="灯不亮") for _ in range(4)))
    found = together(
        partial(acts.take, leader, one, "split", parts), partial(acts.take, secretary, two, "split", parts)
    )
    assert said(found) == {"Taken": 2}, found
    numbers = {row.number for row in Matter.objects.filter(parent_id__in=(one, two))}
    assert len(numbers) == 8


def test_what_the_store_breaks_off_to_untie_two_acts_is_done_at_the_next_try(town: Town) -> None:
    """Two acts that take two matters in opposite order, past the one order: PostgreSQL breaks one off, and it is begun anew."""
    one, two = opened(town), opened(town)
    meet, begun = threading.Barrier(2), Counter[int]()

    def crossing(first: int, second: int) -> int:
        def act() -> int:
            begun[first] += 1
            with store.acting():
                Matter.objects.filter(pk=first).update(me_too=F("me_too") + 1)
                if begun[first] == 1 and connection.vendor == "postgresql":
                    meet.wait(20)  # each holds its first before either asks for its second
                Matter.objects.filter(pk=second).update(me_too=F("me_too") - 1)
            return first

        return untied(act)

    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda pair=pair: (answers.append(crossing(*pair)), connection.close()))
        for pair in ((one, two), (two, one))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == sorted((one, two))  # type: ignore[type-var]
    assert begun.total() > 2 or connection.vendor == "sqlite", "one of the two was broken off"
    assert set(Matter.objects.values_list("me_too", flat=True)) == {0}


def test_what_is_broken_off_again_and_again_is_refused_by_a_sentence() -> None:
    """As where many hold each other up for long: a refusal that says to try again, after four tries."""
    tries: list[int] = []

    def never() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE deadlock_detected; END $$")

    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: no two acts hold each other up")
    with pytest.raises(Refusal) as refused:
        untied(never)
    assert (refused.value.code, len(tries)) == ("store.busy", 4)
