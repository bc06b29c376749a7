"""Law 1: a matter ends by a call-back or a check of somebody who did not handle it, or with a recorded reason why none is owed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, due
from linli.kernel.matters.asks import Inputs, Reporter
from linli.kernel.matters.models import Matter, Step
from linli.kernel.packspec.load import HOME, load_all
from linli.kernel.packspec.schema import Act, Pack
from linli.kernel.people import acts as people
from linli.kernel.people import rota
from linli.kernel.people.actors import SYSTEM, actor_of
from linli.kernel.people.models import Assignment
from tests.town import BEGAN, Town, local, photo, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")
NOON = MORNING + timedelta(hours=3)
SERVICES = {key: pack for key, pack in load_all(HOME).packs.items() if not pack.library}
# how a matter may end at all: the outcome of each, and whether a reason or answers must be given
WAYS = {
    "call_back": {"contacted"},
    "check": {"verified"},
    "withdraw": {"reason"},
    "close_without": {"reason"},
    "merge": {"matter"},
    "approve": set(),  # of "out of scope", which was proposed with a reason by somebody else
}
SATISFIED = Inputs(contacted=True, solved=True, satisfied=True)


def ending(pack: Pack) -> list[Act]:
    ends = {key for key, stage in pack.stages.items() if stage.end}
    return [act for act in pack.acts.values() if ends & set(act.to.values())]


@pytest.mark.parametrize("pack", SERVICES.values(), ids=SERVICES)
def test_no_act_of_any_pack_ends_a_matter_in_another_way(pack: Pack) -> None:
    assert ending(pack)
    for act in ending(pack):
        assert act.does in WAYS, f"{pack.key}.{act.key} ends a matter by {act.does}"
        if act.does != "call_back":
            assert WAYS[act.does] <= set(act.needs), (
                f"{pack.key}.{act.key} ends a matter without {WAYS[act.does]}"
            )
        else:
            assert {"solved", "satisfied"} <= set(act.needs), f"{pack.key}.{act.key} asks too little"
            assert "contacted" in act.needs or act.by == ("reporter",)


@pytest.mark.parametrize("pack", SERVICES.values(), ids=SERVICES)
def test_what_is_out_of_scope_is_proposed_with_a_reason(pack: Pack) -> None:
    for act in pack.acts.values():
        if act.does == "out_of_scope":
            assert "reason" in act.needs


def test_the_prover_refuses_a_pack_whose_flow_ends_otherwise() -> None:
    """Every installed pack is proved before it loads; what proving finds is tested beside the prover."""
    assert load_all(HOME).refused == {}


def done(town: Town) -> int:
    """A repair that the grid worker has finished and nobody has called back about."""
    with moment.at(MORNING):
        number = town.report().matter_id
        town.finish(number)
    return number


def refused(login: str, town: Town, number: int, act: str = "call_back", inputs: Inputs = SATISFIED) -> str:
    with moment.at(NOON), pytest.raises(Refusal) as refusal:
        acts.take(town.actor(login), number, act, inputs)
    return refusal.value.code


def test_a_handler_who_is_an_operator_as_well_does_not_call_back(town: Town) -> None:
    with moment.at(BEGAN):
        people.appoint(SYSTEM, town.ids["worker"], "hotline_operator", 1)
    assert refused("worker", town, done(town)) == "act.by_another"


def test_a_handler_who_changed_post_does_not_call_back(town: Town) -> None:
    number = done(town)
    with moment.at(MORNING + timedelta(hours=1)):
        held = Assignment.objects.get(person_id=town.ids["worker"], until=None)
        people.appoint(SYSTEM, town.ids["worker"], "hotline_operator", 1)
        people.end_appointment(SYSTEM, held.id)
    assert refused("worker", town, number) == "act.by_another"


def test_a_handler_who_stands_in_for_an_operator_does_not_call_back(town: Town) -> None:
    number = done(town)
    with moment.at(MORNING):
        until = NOON + timedelta(days=1)
        rota.take_leave(SYSTEM, town.ids["operator"], town.ids["worker"], MORNING, until)
        assert any(held.role == "hotline_operator" for held in actor_of(town.ids["worker"]).roles)
    assert refused("worker", town, number) == "act.by_another"


def test_a_handler_who_reported_it_does_not_answer_for_it(town: Town) -> None:
    """Somebody of the grid who reports as a resident, and then mends it, is not the one who says that it is mended."""
    me = Reporter("李秀兰", "19900009999", person_id=town.ids["worker"])
    with moment.at(MORNING):
        number = town.report(reporter=me).matter_id
        town.finish(number)
    assert refused("worker", town, number, "answer", Inputs(solved=True, satisfied=True)) == "act.by_another"


def test_a_handler_who_joined_by_me_too_does_not_answer_for_it(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report().matter_id
        me = Reporter("李秀兰", "19900009999", person_id=town.ids["worker"])
        acts.take(town.actor("worker"), number, "me_too", Inputs(reporter=me))
        town.finish(number)
    assert refused("worker", town, number, "answer", Inputs(solved=True, satisfied=True)) == "act.not_yours"


def test_whoever_handled_before_a_split_or_a_merge_still_has(town: Town) -> None:
    with moment.at(BEGAN):
        people.appoint(SYSTEM, town.ids["worker"], "hotline_operator", 1)
    with moment.at(MORNING):
        first, second = town.report().matter_id, town.report("stair_light").matter_id
        town.take("worker", first, "arrive", position=spot(501))
        town.take("leader", first, "merge", matter_id=second)
        town.take("leader", second, "arrive", position=spot(501))
        town.take("leader", second, "hand_down", role="grid_worker")
    with moment.at(MORNING + timedelta(minutes=20)):
        with moment.at(BEGAN):
            people.appoint(SYSTEM, town.ids["leader"], "grid_worker", 501)
        town.take("leader", second, "finish", words="好了", photos=(photo("after"),))
    assert refused("worker", town, second) == "act.by_another"


def test_the_ground_worker_does_not_check_what_they_found_and_mended(town: Town) -> None:
    with moment.at(MORNING):
        by = town.actor("worker")
        number = town.report(
            "rubbish", "patrol", by=by, found=True, photos=(photo(),), reporter=Reporter(), source="field"
        ).matter_id
        matter = town.take("worker", number, "finish", photos=(photo("after"),))
    assert (matter.stage, matter.holder_role) == ("check", "grid_leader")
    inputs = Inputs(verified=True, position=spot(501))
    assert refused("worker", town, number, "check", inputs) == "act.by_another"


def test_a_finder_who_is_the_leader_is_checked_by_the_next_above(town: Town) -> None:
    """The check belongs to the grid leader; where the leader mended it, it goes to somebody who can see it with other eyes."""
    with moment.at(MORNING):
        by = town.actor("leader")
        number = town.report(
            "rubbish", "patrol", by=by, found=True, photos=(photo(),), reporter=Reporter(), source="field"
        ).matter_id
        town.take("leader", number, "hand_up", reason="我来")
        with moment.at(BEGAN):
            people.appoint(SYSTEM, town.ids["leader"], "grid_worker", 501)
        matter = town.take("leader", number, "finish", photos=(photo("after"),))
    assert matter.stage == "check"
    assert (matter.holder_role, matter.holder_id) == ("community_secretary", town.ids["secretary"])


def test_an_operator_who_answered_at_once_is_not_the_one_to_call_back(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report("noise_works", "request").matter_id
        matter = Matter.objects.get(pk=number)
        first = matter.holder_id
        login = "operator" if first == town.ids["operator"] else "operator2"
        matter = town.take(login, number, "reply", words="工地夜间施工有许可，到十点为止")
    assert matter.stage == "done" and matter.holder_role == "hotline_operator"
    assert matter.holder_id != first


def test_where_every_operator_handled_it_the_street_answers_for_the_call_back(town: Town) -> None:
    with moment.at(MORNING):
        held = Assignment.objects.get(person_id=town.ids["operator2"], until=None)
        people.end_appointment(SYSTEM, held.id)
        number = town.report("noise_works", "request").matter_id
        matter = town.take("operator", number, "reply", words="已说明")
    assert (matter.holder_role, matter.holder_id) == ("street_duty_officer", town.ids["officer"])
    with moment.at(NOON):
        ended = town.take("officer", number, "call_back", contacted=True, solved=True, satisfied=True)
    assert ended.outcome == "solved"


def test_the_ladder_of_the_call_back_passes_over_whoever_handled_it(town: Town) -> None:
    """A call-back that is not made climbs; the rung that handled the matter is told nothing and answers for nothing."""
    with moment.at(MORNING):
        number = town.report("noise_works", "request").matter_id
        town.take("operator", number, "verify", verified=True, words="属实")
        town.take("secretary", number, "hand_up", reason="请街道办")
        town.take("officer", number, "take_on")
        matter = town.take("officer", number, "finish", words="已劝离")
    assert matter.stage == "done"
    for days in range(1, 12):
        with moment.at(MORNING + timedelta(days=days)):
            due.run_due()
    rungs = Step.objects.filter(matter_id=number, act="clock:escalated")
    assert rungs.exists()
    assert Matter.objects.get(pk=number).holder_id not in (town.ids["officer"], town.ids["operator"])


def test_the_clock_never_ends_a_matter(town: Town) -> None:
    number = done(town)
    for days in range(1, 40):
        with moment.at(MORNING + timedelta(days=days)):
            due.run_due()
    assert Matter.objects.get(pk=number).ended_at is None


def test_a_reporter_who_left_a_number_is_not_closed_without_a_call(town: Town) -> None:
    assert (
        refused("operator", town, done(town), "close_without", Inputs(reason="太忙")) == "act.call_back_owed"
    )
