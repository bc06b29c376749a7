"""Who answers at any hour: shifts, leave, deputies, gaps, units and the past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from linli.kernel import moment
from linli.kernel.people import acts, duty, rota
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.rota import TurnAsk
from tests.kernel.people.town import BEGAN, local, path, person

pytestmark = pytest.mark.usefixtures("places")

GRID = path(501)
NOON = local("2026-03-04 12:00")  # a Wednesday
NIGHT = local("2026-03-04 03:00")
DAILY = range(7)


def roster(role: str, place_id: int, *turns: TurnAsk, **more: object) -> int:
    with moment.at(BEGAN):
        return rota.set_roster(SYSTEM, role, place_id, turns, **more)  # type: ignore[arg-type]


def daily(person_id: int, start: int, end: int) -> tuple[TurnAsk, ...]:
    return tuple(TurnAsk(person_id, start * 60, end * 60, weekday=day) for day in DAILY)


def leave(person_id: int, deputy_id: int, since: str, until: str) -> int:
    return rota.take_leave(SYSTEM, person_id, deputy_id, local(since), local(until))


def who(role: str, at: object = NOON, on: str = GRID) -> int | None:
    found = duty.holder(role, on, at)  # type: ignore[arg-type]
    return found.person_id if found else None


def test_the_holder_at_the_nearest_place_upward_answers() -> None:
    near, far = person("near", "grid_leader", 50), person("far", "grid_leader", 5)
    assert who("grid_leader") == near
    assert who("grid_leader", on=path(51)) == far
    assert who("grid_leader", on=path(521)) is None


def test_a_place_whose_id_begins_alike_is_another_place() -> None:
    person("five", "community_secretary", 5)
    assert who("community_secretary", on=path(5)) is not None
    assert who("community_secretary", on=path(52)) is None


def test_of_several_holders_the_one_who_holds_it_longest_answers() -> None:
    first, second = person("first", "grid_worker", 501), person("second", "grid_worker", 501)
    assert [h.person_id for h in duty.holders("grid_worker", GRID, NOON)] == [first, second]


def test_whoever_is_on_duty_goes_before_whoever_is_not() -> None:
    early, late = person("early", "grid_worker", 501), person("late", "grid_worker", 501)
    roster("grid_worker", 501, *daily(early, 6, 14), *daily(late, 14, 22))
    found = duty.holder("grid_worker", GRID, local("2026-03-04 15:00"))
    assert found is not None and found.person_id == late and found.on_duty
    assert who("grid_worker", local("2026-03-04 13:59")) == early


def test_a_shift_over_midnight_belongs_to_the_day_it_began() -> None:
    night = person("night", "street_duty_officer", 2)
    roster("street_duty_officer", 2, TurnAsk(night, 22 * 60, 6 * 60, weekday=1))  # Tuesday night
    at = lambda text: duty.holder("street_duty_officer", GRID, local(text))  # noqa: E731
    on_duty = {
        text: bool(h and h.on_duty)
        for text in ("03 21:59", "03 22:00", "04 00:00", "04 05:59", "04 06:00")
        if (h := at(f"2026-03-{text}"))
    }
    assert on_duty == {
        "03 21:59": False,
        "03 22:00": True,
        "04 00:00": True,
        "04 05:59": True,
        "04 06:00": False,
    }


def test_a_named_date_replaces_the_weekday() -> None:
    usual, feast = person("usual", "grid_worker", 501), person("feast", "grid_worker", 501)
    whole = TurnAsk(feast, 0, 1440, date=date(2026, 3, 4))
    roster("grid_worker", 501, *daily(usual, 0, 24), whole)
    assert who("grid_worker") == feast
    assert who("grid_worker", NOON + timedelta(days=1)) == usual


def test_at_three_in_the_morning_the_nearest_roster_above_that_is_awake_answers() -> None:
    worker, officer = person("worker", "grid_worker", 501), person("officer", "street_duty_officer", 2)
    operator = person("operator", "hotline_operator", 1)
    roster("grid_worker", 501, *daily(worker, 8, 20))
    roster("street_duty_officer", 2, *daily(officer, 0, 24))
    roster("hotline_operator", 1, *daily(operator, 0, 24))
    assert who("grid_worker") == worker
    found = duty.holder("grid_worker", GRID, NIGHT)
    assert found is not None and (found.person_id, found.role, found.path, found.on_duty) == (
        officer,
        "street_duty_officer",
        path(2),
        True,
    )


def test_where_nobody_at_all_is_awake_the_sleeping_holder_still_answers() -> None:
    worker = person("worker", "grid_worker", 501)
    roster("grid_worker", 501, *daily(worker, 8, 20))
    found = duty.holder("grid_worker", GRID, NIGHT)
    assert found is not None and found.person_id == worker and not found.on_duty


def test_a_roster_that_does_not_stand_in_is_not_woken_for_others() -> None:
    worker, operator = person("worker", "grid_worker", 501), person("operator", "hotline_operator", 1)
    roster("grid_worker", 501, *daily(worker, 8, 20))
    roster("hotline_operator", 1, *daily(operator, 0, 24), stands_in=False)
    assert who("grid_worker", NIGHT) == worker


def test_the_deputy_answers_during_leave_and_not_a_moment_longer() -> None:
    worker, deputy = person("worker", "grid_worker", 501), person("deputy", "grid_worker", 502)
    leave(worker, deputy, "2026-03-04 00:00", "2026-03-05 00:00")
    found = duty.holder("grid_worker", GRID, NOON)
    assert found is not None and (found.person_id, found.deputy_for, found.place_id) == (deputy, worker, 501)
    assert who("grid_worker", local("2026-03-05 00:00")) == worker


def test_a_deputy_who_is_away_too_is_replaced_by_their_own() -> None:
    a, b, c = (
        person(name, "grid_worker", place) for name, place in (("aaa", 501), ("bbb", 502), ("ccc", 521))
    )
    leave(a, b, "2026-03-01 00:00", "2026-03-10 00:00")
    leave(b, c, "2026-03-04 00:00", "2026-03-05 00:00")
    assert [who("grid_worker", local(f"2026-03-{day} 12:00")) for day in ("03", "04", "06")] == [b, c, b]
    found = duty.holder("grid_worker", GRID, NOON)
    assert found is not None and found.deputy_for == a


def test_a_rostered_person_on_leave_is_replaced_within_the_shift() -> None:
    officer, deputy = person("officer", "street_duty_officer", 2), person("deputy", "community_secretary", 5)
    roster("street_duty_officer", 2, *daily(officer, 0, 24))
    leave(officer, deputy, "2026-03-04 00:00", "2026-03-05 00:00")
    found = duty.holder("street_duty_officer", GRID, NIGHT)
    assert found is not None and (found.person_id, found.deputy_for, found.on_duty) == (deputy, officer, True)
    assert duty.is_on_duty(deputy, NIGHT)


def test_a_name_left_on_a_roster_after_the_role_ended_is_passed_over() -> None:
    old, new = person("old", "grid_worker", 501), person("new", "grid_worker", 501)
    roster("grid_worker", 501, *daily(old, 0, 24))
    held = next(p for p in duty.snapshot.current().posts_of[old])
    acts.end_appointment(SYSTEM, held.id, local("2026-03-01 00:00"))
    assert who("grid_worker", local("2026-02-20 12:00")) == old
    assert who("grid_worker", NOON) == new


def test_the_past_is_answered_by_the_holders_and_rosters_of_its_day() -> None:
    old, new = person("old", "grid_worker", 501), person("new")
    with moment.at(local("2026-02-01 00:00")):
        acts.hand_over(SYSTEM, old, new)
    assert who("grid_worker", local("2026-01-31 23:59")) == old
    assert who("grid_worker", local("2026-02-01 00:00")) == new
    assert who("grid_worker", BEGAN - timedelta(seconds=1)) is None


def test_units_serve_the_ground_below_them_nearest_first() -> None:
    heating = acts.add_unit(SYSTEM, "heat", "柳川热力", "Liuchuan Heating", "heating", 1)
    homes = acts.add_unit(SYSTEM, "homes", "清和物业", "Qinghe Property", "property", 50)
    engineer = person("engineer", "department_handler", 1, unit_id=heating)
    keeper = person("keeper", "property_company", 50, unit_id=homes)
    assert [u.code for u in duty.units(GRID)] == ["homes", "heat"]
    assert [u.code for u in duty.units(path(51), "property")] == []
    of_homes, of_heating = duty.unit_holder(homes, NOON), duty.unit_holder(heating, NOON)
    assert of_homes and of_heating and (of_homes.person_id, of_heating.person_id) == (keeper, engineer)
    assert of_homes.unit_id == homes


def test_two_departments_at_one_place_are_not_confused() -> None:
    heating = acts.add_unit(SYSTEM, "heat", "柳川热力", "Liuchuan Heating", "heating", 1)
    water = acts.add_unit(SYSTEM, "water", "柳川供水", "Liuchuan Water", "water", 1)
    hot = person("hot", "department_handler", 1, unit_id=heating)
    wet = person("wet", "department_handler", 1, unit_id=water)
    answers = [duty.holder("department_handler", GRID, NOON, unit_id=unit) for unit in (heating, water)]
    assert [a.person_id for a in answers if a] == [hot, wet]


def test_somebody_always_answers_as_long_as_the_top_of_the_ladder_is_held() -> None:
    officer = person("officer", "street_duty_officer", 2)
    ladder = ("grid_leader", "community_secretary", "street_duty_officer")
    for place_id in (501, 502, 521, 51, 2):
        found = duty.answerable("grid_worker", path(place_id), NIGHT, ladder)
        assert found is not None and found.person_id == officer


def test_a_deputy_holds_the_roles_of_the_absent_and_only_meanwhile() -> None:
    worker, deputy = person("worker", "grid_worker", 501), person("deputy", "mediator", 5)
    leave(worker, deputy, "2026-03-04 00:00", "2026-03-05 00:00")
    assert duty.holds(deputy, "grid_worker", GRID, NOON)
    assert not duty.holds(deputy, "grid_worker", path(521), NOON)
    assert not duty.holds(deputy, "grid_worker", GRID, NOON + timedelta(days=1))


def test_ones_own_shifts_are_listed_by_day() -> None:
    officer = person("officer", "street_duty_officer", 2)
    roster(
        "street_duty_officer",
        2,
        TurnAsk(officer, 22 * 60, 6 * 60, weekday=2),
        TurnAsk(officer, 480, 960, date=date(2026, 3, 6)),
    )
    found = duty.shifts(officer, date(2026, 3, 2))
    assert [(s.start, s.end) for s in found] == [
        (local("2026-03-04 22:00"), local("2026-03-05 06:00")),
        (local("2026-03-06 08:00"), local("2026-03-06 16:00")),
    ]


def test_routing_asks_the_store_at_most_once(django_assert_max_num_queries: object) -> None:
    person("worker", "grid_worker", 501)
    who("grid_worker")
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        who("grid_worker")
