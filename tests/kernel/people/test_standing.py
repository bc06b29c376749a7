"""Who keeps whose posts, what a place looks like to them, and a roster's week with its holes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import sequence
from linli.kernel.ledger.models import Entry
from linli.kernel.people import (
    accounts,
    acts,
    audit,
    closing,
    coverage,
    duty,
    passwords,
    posts,
    reads,
    rota,
    standing,
)
from linli.kernel.people.actors import SYSTEM, Actor
from linli.kernel.people.models import Assignment, Person, Roster
from linli.kernel.people.rota import TurnAsk
from linli.kernel.people.snapshot import Shift
from linli.kernel.places.tree import Node, tree
from tests.kernel.people.town import actor, path, person

pytestmark = pytest.mark.usefixtures("places")

DAY = timedelta(days=1)


def secretary(place_id: int = 5) -> Actor:
    return actor(person(f"secretary{place_id}", "community_secretary", place_id))


def held(person_id: int) -> int:
    return Assignment.objects.get(person_id=person_id, until=None).id


def refused(code: str, act: object, *args: object, **named: object) -> Refusal:
    before = (Assignment.objects.count(), Roster.objects.count(), Entry.objects.count())
    with pytest.raises(Refusal) as answer:
        act(*args, **named)  # type: ignore[operator]
    assert answer.value.code == code
    assert before == (Assignment.objects.count(), Roster.objects.count(), Entry.objects.count())
    return answer.value


# ── a secretary keeps the posts of the neighbourhood ───────────────────


def test_a_secretary_gives_the_posts_that_her_role_keeps_at_and_below_her_own_place() -> None:
    her, newcomer = secretary(), person("newcomer")
    for role, place in (("grid_worker", 501), ("grid_leader", 50), ("mediator", 5)):
        acts.appoint(her, newcomer, role, place)
        assert duty.holds(newcomer, role, path(place))


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("grid_worker", 521),
        ("grid_worker", 2),
        ("community_secretary", 5),
        ("street_duty_officer", 2),
        ("admin", 1),
        ("admin", 501),
    ],
)
def test_and_no_other_post_and_nowhere_else(role: str, place: int) -> None:
    refused("people.not_yours", acts.appoint, secretary(), person("newcomer"), role, place)


@pytest.mark.parametrize("role", ["grid_leader", "street_duty_officer", "district_supervisor", "screen"])
def test_nobody_else_keeps_posts(role: str) -> None:
    level = {"grid_leader": 50, "street_duty_officer": 2}.get(role, 1)
    by, worker = actor(person("somebody", role, level)), person("worker", "grid_worker", 501)
    refused("people.not_yours", acts.appoint, by, person("newcomer"), "grid_worker", 501)
    refused("people.not_yours", acts.end_appointment, by, held(worker))
    refused("people.not_yours", acts.hand_over, by, worker, person("other"))
    refused("people.not_yours", rota.set_roster, by, "grid_worker", 501, [TurnAsk(worker, 0, 60, weekday=0)])
    assert standing.grounds(by) == ()


def test_a_post_she_does_not_keep_is_not_handed_over_with_those_she_keeps() -> None:
    both = person("both", "grid_worker", 501)
    acts.appoint(SYSTEM, both, "grid_worker", 521)
    refused("people.not_yours", acts.hand_over, secretary(), both, person("newcomer"))


def test_her_deputy_keeps_them_meanwhile() -> None:
    her = person("secretary", "community_secretary", 5)
    mediator = person("mediator", "mediator", 5)
    newcomer = person("newcomer")
    refused("people.not_yours", acts.appoint, actor(mediator), newcomer, "grid_worker", 501)
    rota.take_leave(SYSTEM, her, mediator, moment.now(), moment.now() + DAY)
    acts.appoint(actor(mediator), newcomer, "grid_worker", 501)


def test_leave_of_an_organisations_people_is_their_own_affair() -> None:
    unit = acts.add_unit(SYSTEM, "homes", "清和物业", "Qinghe Property", "property", 50)
    keeper, mate = person("keeper", "property_company", 50, unit_id=unit), person("mate", "grid_worker", 501)
    until = moment.now() + DAY
    refused("people.not_yours", rota.take_leave, secretary(), keeper, mate, moment.now(), until)


def test_a_role_is_said_in_the_language_of_its_reader() -> None:
    officer = person("officer", "street_duty_officer", 2)
    said = refused("people.nobody_left", acts.end_appointment, SYSTEM, held(officer))
    assert "街道值班主任" in said.sentence("zh") and "Street duty officer" in said.sentence("en")


# ── what a place looks like ────────────────────────────────────────────


def test_a_micro_grid_without_anybody_stands_out_and_still_has_somebody_who_answers() -> None:
    her = secretary()
    night = person("night", "grid_worker", 5)
    worker = person("worker", "grid_worker", 501)
    spots = {
        spot.node.id: spot
        for spot in (standing.spot(node, standing.roles_kept(her, node.path)) for node in _below(5))
    }
    assert not spots[501].vacant and [line.person_id for line in spots[501].posts] == [worker]
    assert spots[502].vacant and spots[502].answers and spots[502].answers.person_id == night
    assert not spots[5].vacant, "no post answers for a community itself"


def _below(place_id: int) -> list[Node]:
    return list(standing.below(tree().place(place_id)))


def test_a_line_says_whose_leave_ends_when_and_who_comes_next() -> None:
    worker, mate, new = (
        person("worker", "grid_worker", 501),
        person("mate", "grid_worker", 502),
        person("newer"),
    )
    now = moment.now()
    rota.take_leave(SYSTEM, worker, mate, now, now + 3 * DAY)
    acts.hand_over(SYSTEM, worker, new, now + DAY)
    old, coming = standing.spot(tree().place(501), ("grid_worker",)).posts
    assert old.away is not None and old.away.until == now + 3 * DAY and old.deputy == "mate 的名字"
    assert old.until == now + DAY and old.then == "newer 的名字"
    assert coming.coming and coming.person_id == new


def test_standing_in_for_somebody_on_duty_does_not_put_ones_own_post_on_duty() -> None:
    worker, night = person("worker", "grid_worker", 501), person("night", "grid_worker", 5)
    around_the_clock = [TurnAsk(worker, 0, 1440, weekday=day) for day in range(7)]
    rota.set_roster(SYSTEM, "grid_worker", 501, around_the_clock)
    now = moment.now()
    rota.set_roster(SYSTEM, "grid_worker", 5, [TurnAsk(night, 0, 60, date=(now - 3 * DAY).date())])
    rota.take_leave(SYSTEM, worker, night, now, now + DAY)
    for place, rostered, on_duty in ((501, True, True), (5, True, False)):
        (line,) = standing.spot(tree().place(place), ("grid_worker",)).posts
        assert (line.rostered, line.on_duty) == (rostered, on_duty)


def test_a_hand_over_from_a_later_day_leaves_no_moment_between_and_can_be_given_to_another() -> None:
    worker, first, second = person("worker", "grid_worker", 501), person("first"), person("second")
    day = moment.now() + 2 * DAY
    her = secretary()
    acts.hand_over(her, worker, first, day)
    acts.hand_over(her, first, second, day)
    for at, who in ((day - timedelta(seconds=1), worker), (day, second)):
        found = duty.holder("grid_worker", path(501), at)
        assert found is not None and found.person_id == who
    assert [line.person_id for line in standing.spot(tree().place(501), ("grid_worker",)).posts] == [
        worker,
        second,
    ]


def test_whoever_keeps_a_post_sees_its_holder_and_nobody_elses() -> None:
    her, hers, other = secretary(), person("worker", "grid_worker", 501), person("other", "grid_worker", 521)
    assert standing.person_kept(her, hers).id == hers
    for stranger in (other, person("idle"), person("officer", "street_duty_officer", 2)):
        with pytest.raises(Refusal, match=r"people\.unknown"):
            standing.person_kept(her, stranger)
    with pytest.raises(Refusal, match=r"places\.unknown"):
        standing.place_kept(her, 521)


def test_the_newcomers_without_a_post_come_first_of_those_to_choose_from() -> None:
    person("worker", "grid_worker", 501)
    idle, gone = person("idle"), person("gone")
    accounts.close_account(SYSTEM, gone)
    assert [one.person_id for one in standing.without_post()] == [idle]
    assert [one.login for one in standing.around((501,))] == ["worker"]
    assert [one.login for one in standing.eligible("grid_worker", tree().place(501))] == ["worker"]


# ── rosters ────────────────────────────────────────────────────────────


def test_a_new_roster_replaces_also_what_a_hand_over_has_set_for_later() -> None:
    worker, new = person("worker", "grid_worker", 501), person("newer")
    turns = [TurnAsk(worker, 480, 1080, weekday=day) for day in range(7)]
    rota.set_roster(SYSTEM, "grid_worker", 501, turns)
    later = moment.now() + 2 * DAY
    acts.hand_over(SYSTEM, worker, new, later)
    rota.set_roster(SYSTEM, "grid_worker", 501, [TurnAsk(worker, 0, 1440, weekday=day) for day in range(7)])
    found = [
        w
        for w in (standing.roster_at("grid_worker", tree().place(501), at) for at in (moment.now(), later))
        if w
    ]
    assert len({watch.id for watch in found}) == 1
    sequence.sequence_all()
    assert list(audit.differences()) == []


def week(*shifts: Shift) -> tuple[coverage.Stretch, ...]:
    return coverage.week(coverage.watch_of(shifts), date(2026, 3, 2))  # a Monday


def test_a_week_of_nights_is_whole_and_one_missing_night_is_a_hole() -> None:
    nights = [Shift(7, day, None, 21 * 60, 7 * 60) for day in range(7)]
    whole = week(*nights)
    assert coverage.hours(whole) == (1260, 420)
    assert coverage.holes(whole, 1260, 420) == () and coverage.overlaps(whole) == ()
    without_wednesday = week(*(night for night in nights if night.weekday != 2))
    assert coverage.holes(without_wednesday, 1260, 420) == (
        coverage.Stretch(2 * 1440 + 1260, 3 * 1440 + 420),
    )


def test_two_at_once_are_found_and_only_while_both_are_there() -> None:
    both = week(Shift(7, 0, None, 480, 1080), Shift(8, 0, None, 1020, 1200))
    assert coverage.overlaps(both) == (coverage.Stretch(1020, 1080, (7, 8)),)


def test_a_named_date_replaces_the_weekday_in_the_week_as_well() -> None:
    found = week(Shift(7, 0, None, 0, 1440), Shift(8, None, date(2026, 3, 2), 0, 720))
    assert found[0] == coverage.Stretch(0, 720, (8,)) and all(7 not in each.people for each in found)


def test_the_night_of_the_sunday_before_reaches_into_monday() -> None:
    assert week(Shift(7, 6, None, 21 * 60, 7 * 60))[0] == coverage.Stretch(0, 420, (7,))


def test_no_shifts_mean_the_whole_day() -> None:
    assert coverage.hours(()) == (0, 1440)
    assert coverage.holes((), 0, 1440)[0].start == 0


# ── closing ────────────────────────────────────────────────────────────


def test_an_account_closes_with_the_posts_that_others_hold_too() -> None:
    admin = actor(person("admin", "admin", 1))
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 501)
    assert closing.close_with_posts(admin, worker) == 1
    assert not Person.objects.get(id=worker).is_active
    found = duty.holder("grid_worker", path(501))
    assert found is not None and found.person_id == mate
    sequence.sequence_all()
    assert list(audit.differences()) == []


def test_the_last_holder_somewhere_hands_over_first_and_is_told_so() -> None:
    admin = actor(person("admin", "admin", 1))
    worker = person("worker", "grid_worker", 501)
    person("night", "grid_worker", 5)  # who reaches the grid, but whose it is not
    said = refused("people.last_holder", closing.close_with_posts, admin, worker)
    assert "清和 01" in said.sentence("zh") and "交接" in said.sentence("zh")
    assert Person.objects.get(id=worker).is_active
    refused("people.not_yours", closing.close_with_posts, secretary(), worker)


def test_a_post_taken_back_before_it_began_does_not_keep_an_account_open() -> None:
    admin = actor(person("admin", "admin", 1))
    person("worker", "grid_worker", 501)
    late = person("late")
    acts.appoint(admin, late, "grid_worker", 501, since=moment.now() + DAY)
    assert closing.close_with_posts(admin, late) == 1
    assert not Person.objects.get(id=late).is_active


def test_a_first_password_is_good_enough_and_never_the_same() -> None:
    found = {passwords.fresh() for _ in range(50)}
    assert len(found) == 50
    for each in found:
        passwords.require(each, "ma.huisheng", "staff")


def test_the_list_of_accounts_says_what_each_holds_and_lacks() -> None:
    person("worker", "grid_worker", 501)
    accounts.register_resident("wang.min", "a long password")
    accounts.add_person(SYSTEM, "newer", "新人", password=passwords.fresh())
    found = {line.login: line for line in reads.staff()}
    assert set(found) == {"worker", "newer"}
    assert [post.role for post in found["worker"].posts] == ["grid_worker"]
    assert found["newer"].must_change and not found["newer"].enrolled


def test_the_roles_a_role_keeps_are_declared_and_lower() -> None:
    kept = posts.keeps("community_secretary")
    assert "grid_worker" in kept and "community_secretary" not in kept and "admin" not in kept
