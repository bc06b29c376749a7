"""Leave, hand-over and the end of a post never leave a matter without a responsible one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.kernel import moment
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import succession
from linli.kernel.matters.models import Clock, Matter, Step
from linli.kernel.people import acts, rota
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Assignment
from tests.town import Town, local, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")
LATER = MORNING + timedelta(minutes=5)


def opened(town: Town) -> Matter:
    with moment.at(MORNING):
        return Matter.objects.get(pk=town.report().matter_id)


def post_of(town: Town, login: str) -> int:
    return Assignment.objects.get(person_id=town.ids[login], until=None).id


def passed_on() -> int:
    with moment.at(LATER):
        return succession.run_once()


def test_a_matter_stays_with_whoever_still_answers(town: Town) -> None:
    before = opened(town)
    assert passed_on() == 0
    assert Matter.objects.get(pk=before.pk).steps == before.steps


def test_a_hand_over_passes_the_open_matters_on_with_their_clocks(town: Town) -> None:
    before = opened(town)
    due = Clock.objects.get(matter=before, key="arrive").due_at
    with moment.at(MORNING + timedelta(minutes=1)):
        acts.hand_over(SYSTEM, town.ids["worker"], town.ids["mediator"])
    assert passed_on() == 1 and passed_on() == 0
    after = Matter.objects.get(pk=before.pk)
    assert (after.holder_id, after.holder_role, after.stage) == (
        town.ids["mediator"],
        "grid_worker",
        before.stage,
    )
    assert Clock.objects.get(matter=before, key="arrive").due_at == due
    step = Step.objects.filter(matter=before).latest("seq")
    assert (step.act, step.actor_kind) == ("passed_on", "system")
    assert Entry.objects.filter(kind="matter.step", seq=step.seq).exists()


def test_a_post_left_empty_passes_its_matters_up_the_ladder(town: Town) -> None:
    before = opened(town)
    with moment.at(MORNING + timedelta(minutes=1)):
        acts.end_appointment(SYSTEM, post_of(town, "worker"))
    assert passed_on() == 1
    after = Matter.objects.get(pk=before.pk)
    assert (after.holder_id, after.holder_role) == (town.ids["leader"], "grid_leader")


def test_a_deputy_answers_during_leave_and_the_returned_holder_after_it(town: Town) -> None:
    with moment.at(MORNING - timedelta(hours=1)):
        end = MORNING + timedelta(minutes=2)
        rota.take_leave(SYSTEM, town.ids["worker"], town.ids["worker2"], moment.now(), end)
    before = opened(town)
    assert before.holder_id == town.ids["worker2"]
    with moment.at(MORNING + timedelta(minutes=1)):
        assert succession.run_once() == 0
        town.take("worker2", before.pk, "arrive", position=spot(501))
    assert passed_on() == 1
    assert Matter.objects.get(pk=before.pk).holder_id == town.ids["worker"]


def test_an_organisation_left_by_everybody_gives_its_matters_back(town: Town) -> None:
    before = opened(town)
    unit = town.units["heat"]
    with moment.at(MORNING + timedelta(minutes=1)):
        held = town.take("leader", before.pk, "dispatch", units=(unit,))
    assert held.holder_unit_id == unit
    with moment.at(MORNING + timedelta(minutes=2)):
        for one in Assignment.objects.filter(unit_id=unit, until=None):
            acts.end_appointment(SYSTEM, one.id)
    assert passed_on() == 1
    after = Matter.objects.get(pk=before.pk)
    assert (after.holder_id, after.holder_unit_id) == (town.ids["leader"], None)


def test_an_ended_matter_is_left_alone(town: Town) -> None:
    number = opened(town).pk
    with moment.at(MORNING + timedelta(minutes=1)):
        town.take("operator", number, "note", words="查无此事")
        Matter.objects.filter(pk=number).update(ended_at=moment.now())
        acts.hand_over(SYSTEM, town.ids["worker"], town.ids["mediator"])
    assert passed_on() == 0
