"""Who may not, cannot: every act of every pack, as every role at its own, a parent, a sibling and a child place, and as everybody else.

What is expected stands in the small table below, written by hand and not taken from the packs: the two must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, contact, reads
from linli.kernel.matters.asks import Inputs, Reporter
from linli.kernel.matters.models import Matter, Summons
from linli.kernel.packspec import editions
from linli.kernel.packspec.load import HOME, load_all
from linli.kernel.packspec.schema import Act, Pack
from linli.kernel.people import accounts, rota, snapshot
from linli.kernel.people import acts as people
from linli.kernel.people.actors import CLOCK, PUBLIC, SYSTEM, Actor, actor_of
from linli.kernel.people.models import Person
from tests.town import BEGAN, Town, local, photo

pytestmark = pytest.mark.django_db

NOW = local("2026-03-04 09:00")
LEADS = {"grid_leader", "community_secretary", "street_duty_officer"}
HEADS = {"community_secretary", "street_duty_officer"}
GROUND = {"grid_worker", "property_company", "department_handler"}
DESK = {"hotline_operator", "district_supervisor"}
ALL = LEADS | GROUND | DESK | {"mediator"}
HOLDER, REPORTER, JOINED, SUMMONED, ANYBODY, CLOCKS = (
    "holder",
    "reporter",
    "joined",
    "summoned",
    "anybody",
    "clock",
)
# act: who may do it where they reach the matter. Nobody else may, anywhere.
MAY: dict[str, set[str]] = {
    "arrive": {*GROUND, "grid_leader", HOLDER, SUMMONED}, "finish": {*GROUND, HOLDER},
    "hand_up": {"grid_worker", "grid_leader", "community_secretary", HOLDER},
    "hand_down": LEADS, "dispatch": {*LEADS, "hotline_operator"}, "summon": LEADS, "acknowledge": {SUMMONED},
    "return": {*GROUND, "mediator", HOLDER}, "pause": LEADS, "resume": {*LEADS, HOLDER, CLOCKS}, "extend": {*GROUND, HOLDER}, "approve": LEADS,
    "decline": LEADS, "regrade": {"grid_worker", "hotline_operator", *LEADS, HOLDER}, "split": {*LEADS, "hotline_operator"},
    "merge": {*LEADS, "hotline_operator"}, "unmerge": {*LEADS, "hotline_operator"}, "link": {*LEADS, "hotline_operator"},
    "unlink": {*LEADS, "hotline_operator"}, "move_place": {*LEADS, "hotline_operator", HOLDER}, "note": {*ALL, HOLDER, SUMMONED},
    "supplement": {"hotline_operator", REPORTER, JOINED}, "me_too": {ANYBODY}, "withdraw": {"hotline_operator", REPORTER},
    "release_words": {REPORTER, CLOCKS}, "plan": {*LEADS, HOLDER}, "call_back": {"hotline_operator", "street_duty_officer", "district_supervisor"},
    "answer": {REPORTER}, "close_without": {"hotline_operator", "street_duty_officer"},
    "check": {"grid_worker", *LEADS}, "reopen": {"hotline_operator", "district_supervisor", *HEADS, REPORTER, JOINED},
    "verify": {"hotline_operator", "grid_worker", *HEADS, HOLDER}, "reply": {"hotline_operator", *HEADS}, "take_on": {HOLDER},
    "out_of_scope": {"hotline_operator", *GROUND, *HEADS, HOLDER}, "close": {"district_supervisor", "street_duty_officer", "hotline_operator"},
}  # fmt: skip
OTHERWISE: dict[tuple[str, str], set[str]] = {
    ("request", "approve"): {*HEADS, "district_supervisor"}, ("request", "decline"): {*HEADS, "district_supervisor"},
    ("patrol", "withdraw"): LEADS, ("patrol", "reopen"): {*LEADS, "district_supervisor"},
    ("archive", "reopen"): {"hotline_operator", "district_supervisor", *HEADS, REPORTER, JOINED},
}  # fmt: skip
USUAL = {
    # role: its own place over micro-grid 501, one above it, a sibling of it
    "grid_worker": (501, 50, 502), "grid_leader": (50, 5, 51), "community_secretary": (5, 2, 52), "street_duty_officer": (2, 1, None),
    "hotline_operator": (1, None, 52), "district_supervisor": (1, None, 52), "mediator": (5, 2, 52), "property_company": (50, 5, 51),
    "volunteer": (50, 5, 51), "cluster_leader": (501, 50, 502), "screen": (1, None, 52), "admin": (1, None, 52), "resident": (501, 50, 502),
}  # fmt: skip
NOT_YOURS = {"matter.missing", "act.not_yours"}
PACKS: dict[str, Pack] = {key: pack for key, pack in load_all(HOME).packs.items() if not pack.library}


def expected(pack: str, act: str) -> set[str]:
    return OTHERWISE.get((pack, act), MAY[act])


def walk() -> Iterator[tuple[Pack, Act]]:
    """Every act, those that packs share word for word only once."""
    seen: set[object] = set()
    for pack in PACKS.values():
        for act in pack.acts.values():
            same = (act.key, act.does, act.by, act.not_by_handlers)
            if same not in seen:
                seen.add(same)
                yield pack, act


def test_the_table_knows_every_act() -> None:
    assert {act.key for _, act in walk()} <= set(MAY)
    for pack in PACKS.values():
        for act in pack.acts.values():
            roles = {role for role in act.by if role in pack.roles and role != "resident"}
            if roles:
                assert roles == expected(pack.key, act.key) & set(pack.roles), f"{pack.key}.{act.key}"


@pytest.fixture
def cast(town: Town) -> dict[str, Actor]:
    """One person for each role and place, by ``role@place``; they hold nothing else."""
    found: dict[str, Actor] = {}
    with moment.at(BEGAN):
        for role, places in USUAL.items():
            for where in dict.fromkeys((*places, 5011, 521)):
                if where in (None, 5011):
                    continue
                kind = "resident" if role == "resident" else "staff"
                login = f"{role.replace('_', '-')}-at-{where}"
                if kind == "resident":
                    number = Person.objects.create(login=login, name=login, kind=kind).pk
                else:
                    number = accounts.add_person(SYSTEM, login, login)
                    unit = None
                    if role == "property_company":
                        unit = people.add_unit(SYSTEM, login, login, login, "property", 1)
                        snapshot.forget()
                    people.appoint(SYSTEM, number, role, where or 1, unit_id=unit)
                found[f"{role}@{where}"] = actor_of(number)
    with moment.at(NOW):
        return {name: actor_of(actor.person_id or 0) for name, actor in found.items()}


def opened(town: Town, pack: Pack, place: int = 501) -> tuple[int, str]:
    kind = next(key for key, kind in sorted(pack.kinds.items()) if not kind.area_only)
    by = (
        town.actor("worker")
        if pack.key == "patrol"
        else town.actor("supervisor")
        if pack.key == "archive"
        else PUBLIC
    )
    receipt = town.report(
        kind, pack.key, at=place if place > 500 else 501, by=by, found=pack.key == "patrol", photos=(photo(),)
    )
    return receipt.matter_id, receipt.token


def stand(number: int, pack: Pack, act: Act, holder: int) -> None:
    """Put the matter where this act belongs. (The way there is not what is tested here.)"""
    stage = next((key for key in act.from_ if key != "*"), pack.first)
    row = Matter.objects.filter(pk=number)
    ended = pack.stages[stage].end
    row.update(
        stage=stage, holder_id=holder, holder_role="volunteer", holder_unit_id=None, ended_at=NOW if ended else None,
        outcome="merged" if act.does == "unmerge" else "", paused_at=NOW if act.does == "resume" else None,
        paused_until=NOW + timedelta(days=1) if act.does == "resume" else None, grade=act.grades[0] if act.grades else row[0].grade,
    )  # fmt: skip


def allowed(actor: Actor, number: int, act: str) -> bool:
    """Whether permission is what stops them. What is missing from the act, or wrong in it, is another question."""
    with transaction.atomic():
        try:
            acts.take(actor, number, act, Inputs())
        except Refusal as refusal:
            return refusal.code not in NOT_YOURS
        finally:
            transaction.set_rollback(True)
    return True


def test_every_act_as_every_role_at_every_place(town: Town, cast: dict[str, Actor]) -> None:
    nobody = Person.objects.create(login="nobody-at-all", name="", kind="staff").pk
    wrong = []
    with moment.at(NOW):
        numbers = {key: opened(town, pack)[0] for key, pack in PACKS.items()}
        for pack, act in walk():
            number = numbers[pack.key]
            stand(number, pack, act, nobody)
            may = expected(pack.key, act.key)
            for name, actor in cast.items():
                role, _, where = name.partition("@")
                own, above, _ = USUAL[role]
                reaches = int(where) in (own, above)
                wanted = ANYBODY in may or (role in may and reaches)
                if allowed(actor, number, act.key) != wanted:
                    wrong.append(f"{pack.key}.{act.key} as {name}: should be {'open' if wanted else 'shut'}")
    assert wrong == []


def test_a_post_below_the_matter_does_not_reach_it(town: Town, cast: dict[str, Actor]) -> None:
    """A matter of the whole compound is nothing to one of its micro-grids."""
    with moment.at(NOW):
        number, _ = opened(town, PACKS["repair"])
        Matter.objects.filter(pk=number).update(path="/1/2/5/50/", place_id=50, holder_id=None)
        for act in PACKS["repair"].acts.values():
            stand(number, PACKS["repair"], act, 1)
            if ANYBODY not in MAY[act.key]:
                assert not allowed(cast["grid_worker@501"], number, act.key), act.key
                assert not allowed(cast["cluster_leader@501"], number, act.key), act.key


def test_everybody_else_by_what_they_are_to_the_matter(town: Town) -> None:
    """Holder, reporter, one who joined, a stranger's link, units called and not called, a deputy, the clock, anybody."""
    wrong = []
    with moment.at(NOW):
        for pack, act in walk():
            number, token = opened(town, pack)
            joined = "" if "me_too" not in pack.acts else acts.take(
                PUBLIC, number, "me_too", Inputs(reporter=Reporter("邻居", "19900007777"))
            ).token  # fmt: skip
            _, stranger = opened(town, pack)
            may = expected(pack.key, act.key)
            stand(number, pack, act, town.ids["mediator"])
            Summons.objects.create(
                matter_id=number, unit_id=town.units["heat"], role="department_handler", called_at=NOW
            )
            as_whom: list[tuple[str, Actor, bool]] = [
                ("its holder", town.actor("mediator"), bool({HOLDER, "mediator"} & may)),
                ("its reporter", reads.by_link(token), REPORTER in may),
                ("a unit called", town.actor("heat"), bool({SUMMONED, "department_handler"} & may)),
                ("a unit not called", town.actor("city"), False),
                ("a resident", actor_of(town.ids["resident"]), False),
                ("the public", PUBLIC, False),
                ("the clock", CLOCK, CLOCKS in may),
                ("a grid worker elsewhere", town.actor("worker4"), False),
            ]
            if joined:
                as_whom.append(("one who joined", reads.by_link(joined), JOINED in may))
            for name, actor, wanted in as_whom:
                if ANYBODY in may and name not in ("the clock",):
                    wanted = True
                if allowed(actor, number, act.key) != wanted:
                    wrong.append(f"{pack.key}.{act.key} as {name}: should be {'open' if wanted else 'shut'}")
            if ANYBODY not in may and allowed(reads.by_link(stranger), number, act.key):
                wrong.append(f"{pack.key}.{act.key} by the link of another matter")
    assert wrong == []


def test_a_deputy_may_what_the_absent_one_may_and_only_meanwhile(town: Town) -> None:
    with moment.at(NOW):
        number, _ = opened(town, PACKS["repair"])
        assert not allowed(town.actor("worker4"), number, "arrive")
        rota.take_leave(SYSTEM, town.ids["worker"], town.ids["worker4"], NOW, NOW + timedelta(hours=8))
        assert allowed(town.actor("worker4"), number, "arrive")
        assert not allowed(town.actor("worker4"), number, "pause")
    with moment.at(NOW + timedelta(hours=9)):
        assert not allowed(town.actor("worker4"), number, "arrive")


def test_reads_pass_the_same_gate(town: Town, cast: dict[str, Actor]) -> None:
    """Page, card, offers, explanation and contact: absent and forbidden look the same."""
    with moment.at(NOW):
        number, token = opened(town, PACKS["repair"])
        outside = [
            cast["grid_worker@502"], cast["grid_leader@51"], cast["community_secretary@52"], cast["screen@1"], cast["admin@1"],
            cast["resident@501"], cast["volunteer@50"], town.actor("city"), PUBLIC, reads.by_link(opened(town, PACKS["repair"])[1]),
        ]  # fmt: skip
        for actor in outside:
            for target in (number, 4711):
                for read in (
                    lambda a, n: reads.page(a, n, "zh"), lambda a, n: reads.card(a, n, "zh"), lambda a, n: reads.offers(a, n, "zh"),
                    lambda a, n: reads.explain(a, n, "arrive", "zh"), lambda a, n: contact.look(a, n, "回访"),
                ):  # fmt: skip
                    with pytest.raises(Refusal) as refused:
                        read(actor, target)
                    assert refused.value.code == "matter.missing"
            assert all(card.id != number for card in reads.inbox(actor, "zh", "all")[0])
            assert reads.search(actor, "漏水", "zh") == ()
        with pytest.raises(Refusal):
            reads.page(reads.by_link(token), number, "zh")  # a reporter has a page of their own
        assert reads.follow(reads.by_link(token), "zh").card.number


def test_whoever_joined_sees_the_steps_and_nothing_the_reporter_wrote(town: Town) -> None:
    with moment.at(NOW):
        receipt = town.report(words="他家水管爆了七零一", address="三号楼", photos=(photo(),))
        joined = acts.take(
            PUBLIC, receipt.matter_id, "me_too", Inputs(reporter=Reporter("邻居", "19900007777"))
        ).token
        theirs, own = (
            reads.follow(reads.by_link(joined), "zh"),
            reads.follow(reads.by_link(receipt.token), "zh"),
        )
    assert "七零一" in own.words and own.photos and own.card.address
    assert "七零一" not in repr(theirs) and not theirs.photos and not theirs.card.address
    assert len(theirs.timeline) == len(own.timeline)


def test_a_quarrel_is_joined_by_nobody(town: Town) -> None:
    with moment.at(NOW):
        quarrel = next(key for key, kind in PACKS["request"].kinds.items() if kind.area_only)
        number = town.report(quarrel, "request").matter_id
        with pytest.raises(Refusal) as refused:
            acts.take(PUBLIC, number, "me_too", Inputs(reporter=Reporter("邻居", "19900007777")))
    assert refused.value.code == "matter.missing"
    assert editions.current("request").kinds[quarrel].area_only
