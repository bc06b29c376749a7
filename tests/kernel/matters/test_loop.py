"""The closed loop, played with real acts on a real store: from the report to the call-back, and every turning it may take."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, due
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.models import Clock, Matter, Step
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")


def clock(matter: Matter, key: str) -> Clock:
    return Clock.objects.get(matter=matter, key=key)


def test_a_report_is_routed_promised_and_answered_for(town: Town) -> None:
    with moment.at(MORNING):
        receipt = town.report(at=502)
    matter = Matter.objects.get(pk=receipt.matter_id)
    assert (matter.holder_role, receipt.holder_name, matter.place_id) == ("grid_worker", "马会生", 502)
    assert clock(matter, "arrive").due_at == MORNING + timedelta(minutes=10)
    assert clock(matter, "solve").due_at == MORNING + timedelta(minutes=30)
    assert [promise.key for promise in receipt.promises] == ["arrive", "solve"]
    assert matter.due_clock == "arrive" and matter.due_at == MORNING + timedelta(minutes=10)


def test_the_loop_closes_by_a_call_back_of_somebody_else(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report().matter_id
    with moment.at(MORNING + timedelta(minutes=6)):
        town.take("worker", number, "arrive", position=spot(501))
    with moment.at(MORNING + timedelta(minutes=20)):
        matter = town.take("worker", number, "finish", words="换了垫圈", photos=(photo("after"),))
    assert (matter.stage, matter.holder_role) == ("done", "hotline_operator")
    assert clock(matter, "arrive").state == "kept" and clock(matter, "solve").state == "kept"
    with pytest.raises(Refusal) as refused:
        town.take("worker", number, "call_back", contacted=True, solved=True, satisfied=True)
    assert refused.value.code == "act.not_yours"
    with moment.at(MORNING + timedelta(hours=1)):
        matter = town.take("operator", number, "call_back", contacted=True, solved=True, satisfied=True)
    assert (matter.stage, matter.outcome, matter.due_at) == ("ended", "solved", None)
    assert not Clock.objects.filter(matter=matter, state__in=("running", "paused")).exists()


def test_nobody_arrives_warning_then_one_level_then_the_next(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report().matter_id
    said = []
    for minutes in (6, 7, 9, 10, 15, 20, 40):
        with moment.at(MORNING + timedelta(minutes=minutes)):
            due.run_due()
            due.run_due()
            matter = Matter.objects.get(pk=number)
            said.append((minutes, matter.holder_role, matter.broken))
    assert said == [
        (6, "grid_worker", False),
        (7, "grid_worker", False),
        (9, "grid_worker", False),
        (10, "grid_leader", True),
        (15, "grid_leader", True),
        (20, "community_secretary", True),
        (40, "street_duty_officer", True),
    ]
    acts_ = list(
        Step.objects.filter(matter_id=number, facts__clock="arrive")
        .order_by("seq")
        .values_list("act", flat=True)
    )
    assert acts_ == ["clock:warned", "clock:broken", "clock:escalated", "clock:escalated", "clock:escalated"]


def test_not_satisfied_goes_back_to_handling_and_keeps_the_time_used(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report().matter_id
    with moment.at(MORNING + timedelta(minutes=20)):
        town.finish(number)
    with moment.at(MORNING + timedelta(hours=2)):
        matter = town.take("operator", number, "call_back", contacted=True, solved=True, satisfied=False)
    assert (matter.stage, matter.round, matter.holder_role) == ("on_site", 1, "grid_worker")
    solve = clock(matter, "solve")
    assert solve.state == "running" and solve.due_at == MORNING + timedelta(hours=2, minutes=10)
    assert clock(matter, "arrive").state == "broken" or clock(matter, "arrive").state == "kept"


def test_downtime_fires_each_thing_once_and_in_order(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report().matter_id
    with moment.at(MORNING + timedelta(hours=3)):
        due.run_due()
        due.run_due()
    acts_ = list(
        Step.objects.filter(matter_id=number, facts__clock="arrive")
        .order_by("seq")
        .values_list("act", flat=True)
    )
    assert acts_ == ["clock:warned", "clock:broken", "clock:escalated", "clock:escalated", "clock:escalated"]


def test_the_same_key_twice_is_one_report(town: Town) -> None:
    first = town.report(key="the-same-key")
    second = town.report(key="the-same-key")
    assert second.again and (second.matter_id, second.token, second.code) == (
        first.matter_id,
        first.token,
        first.code,
    )
    assert Matter.objects.count() == 1
    with pytest.raises(Refusal) as refused:
        town.report(key="the-same-key", words="另一件事")
    assert refused.value.code == "key.used_otherwise"


def test_an_act_on_an_outdated_view_is_refused(town: Town) -> None:
    number = town.report().matter_id
    acts.take(town.actor("worker"), number, "note", Inputs(words="在路上"), version=1)
    with pytest.raises(Refusal) as refused:
        acts.take(town.actor("worker"), number, "note", Inputs(words="在路上"), version=1)
    assert refused.value.code == "act.moved_on"
