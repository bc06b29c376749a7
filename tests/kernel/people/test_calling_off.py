"""What was settled for a later day is called off: a hand-over with its shifts, an end, an appointment; and a closed account is opened again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import sequence
from linli.kernel.ledger.models import Entry
from linli.kernel.people import accounts, acts, audit, calling_off, duty, rota
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Assignment, Person, Roster, Session
from linli.kernel.people.rota import TurnAsk
from linli.kernel.places.tree import tree
from tests.kernel.people.town import actor, path, person

pytestmark = pytest.mark.usefixtures("places")

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def in_order(places: None) -> object:
    yield
    sequence.sequence_all()
    assert list(audit.differences()) == []


def refused(code: str, act: object, *args: object) -> Refusal:
    before = Entry.objects.count()
    with pytest.raises(Refusal) as answer:
        act(*args)  # type: ignore[operator]
    assert answer.value.code == code and Entry.objects.count() == before
    assert code not in answer.value.sentence("zh") and code not in answer.value.sentence("en")
    return answer.value


def at(when: datetime, place: int = 501) -> int | None:
    found = duty.holder("grid_worker", path(place), when)
    return found.person_id if found else None


def post_of(person_id: int) -> int:
    return Assignment.objects.filter(person_id=person_id).latest("id").id


@pytest.mark.parametrize("named", ["leaver", "successor"])
def test_a_hand_over_that_lies_ahead_is_called_off_from_either_side(named: str) -> None:
    leaver, successor = person("leaver", "grid_worker", 501), person("successor")
    day = moment.now() + 3 * DAY
    acts.hand_over(SYSTEM, leaver, successor, day)
    assert at(day) == successor
    her = actor(person("secretary", "community_secretary", 5))
    kept = calling_off.call_off(her, post_of({"leaver": leaver, "successor": successor}[named]))
    assert kept == leaver and at(moment.now()) == at(day) == at(day + 300 * DAY) == leaver
    assert not duty.holds(successor, "grid_worker", path(501), day)
    accounts.close_account(SYSTEM, successor)  # nothing hangs on them


def test_after_a_change_of_mind_it_is_settled_and_called_off_again() -> None:
    leaver, successor, other = person("leaver", "grid_worker", 501), person("one"), person("two")
    day = moment.now() + 3 * DAY
    for to in (successor, other, successor):
        acts.hand_over(SYSTEM, leaver, to, day)
        assert at(day) == to
        calling_off.call_off(SYSTEM, post_of(leaver))
        assert at(day) == leaver
    acts.hand_over(SYSTEM, leaver, other, day)
    assert at(day) == other and at(day - DAY) == leaver


def test_the_shifts_come_back_as_well_and_nobody_elses_change() -> None:
    leaver, mate = person("leaver", "grid_worker", 501), person("mate", "grid_worker", 501)
    successor, heir = person("successor"), person("heir")
    mornings = [TurnAsk(leaver, 480, 720, weekday=day) for day in range(7)]
    rest = [TurnAsk(mate, 720, 480, weekday=day) for day in range(7)]
    rota.set_roster(SYSTEM, "grid_worker", 501, [*mornings, *rest])
    later = moment.local(moment.now()).replace(hour=0, minute=0, second=0, microsecond=0) + 3 * DAY
    acts.hand_over(SYSTEM, leaver, successor, later)
    acts.hand_over(SYSTEM, mate, heir, later)  # on the same day and the same roster
    calling_off.call_off(SYSTEM, post_of(leaver))
    for hours, who in ((9, leaver), (15, heir), (30, heir), (33, leaver)):
        assert at(later + timedelta(hours=hours)) == who, hours
    assert at(later - timedelta(hours=9)) == mate
    calling_off.call_off(SYSTEM, post_of(mate))
    assert at(later + timedelta(hours=15)) == mate and at(later + timedelta(hours=33)) == leaver
    assert Roster.objects.filter(until=None).count() == 1


def test_a_roster_set_since_is_left_as_it_is() -> None:
    leaver, successor = person("leaver", "grid_worker", 501), person("successor")
    turns = [TurnAsk(leaver, 480, 720, weekday=day) for day in range(7)]
    rota.set_roster(SYSTEM, "grid_worker", 501, turns)
    later = moment.now() + 3 * DAY
    acts.hand_over(SYSTEM, leaver, successor, later)
    whole = [TurnAsk(leaver, 0, 1440, weekday=day) for day in range(7)]
    kept = rota.set_roster(SYSTEM, "grid_worker", 501, whole)
    calling_off.call_off(SYSTEM, post_of(leaver))
    assert [roster.id for roster in Roster.objects.filter(until=None)] == [kept]


def test_an_end_and_an_appointment_that_lie_ahead_are_called_off() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 501)
    day = moment.now() + 2 * DAY
    acts.end_appointment(SYSTEM, post_of(mate), day)
    assert calling_off.call_off(SYSTEM, post_of(mate)) == mate
    assert duty.holds(mate, "grid_worker", path(501), day)
    acts.appoint(SYSTEM, worker, "grid_leader", 50, since=day)
    assert calling_off.call_off(SYSTEM, post_of(worker)) == worker
    assert not duty.holds(worker, "grid_leader", path(50), day)
    assert duty.holds(worker, "grid_worker", path(501), day)


def test_a_successor_who_held_the_post_already_goes_on_holding_it() -> None:
    leaver, mate = person("leaver", "grid_worker", 501), person("mate", "grid_worker", 501)
    day = moment.now() + 2 * DAY
    acts.hand_over(SYSTEM, leaver, mate, day)
    calling_off.call_off(SYSTEM, Assignment.objects.get(person_id=leaver).id)
    assert {each.person_id for each in duty.holders("grid_worker", path(501), day)} == {leaver, mate}


def test_what_was_handed_on_is_called_off_from_its_end() -> None:
    leaver, one, two = person("leaver", "grid_worker", 501), person("one"), person("two")
    day = moment.now() + 2 * DAY
    acts.hand_over(SYSTEM, leaver, one, day)
    acts.hand_over(SYSTEM, one, two, day)
    first = Assignment.objects.get(person_id=leaver).id
    said = refused("people.handed_on", calling_off.call_off, SYSTEM, first)
    assert "one 的名字" in said.sentence("zh")
    assert calling_off.call_off(SYSTEM, post_of(two)) == one and at(day) == one
    assert calling_off.call_off(SYSTEM, first) == leaver and at(day) == leaver


def test_what_has_begun_and_what_was_never_settled_cannot_be_called_off() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate")
    refused("people.nothing_settled", calling_off.call_off, SYSTEM, post_of(worker))
    acts.hand_over(SYSTEM, worker, mate)
    for each in (worker, mate):
        refused("people.nothing_settled", calling_off.call_off, SYSTEM, post_of(each))
    refused("people.unknown", calling_off.call_off, SYSTEM, 4711)


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("community_secretary", 52),
        ("grid_leader", 50),
        ("street_duty_officer", 2),
        ("district_supervisor", 1),
        ("screen", 1),
    ],
)
def test_whoever_may_not_hand_over_may_not_call_off(role: str, place: int) -> None:
    leaver, successor = person("leaver", "grid_worker", 501), person("successor")
    acts.hand_over(SYSTEM, leaver, successor, moment.now() + DAY)
    by = actor(person("somebody", role, place))
    for each in (leaver, successor):
        refused("people.not_yours", calling_off.call_off, by, post_of(each))
    refused("people.not_yours", calling_off.call_off, actor(leaver), post_of(leaver))


def test_a_successor_who_is_to_stand_in_for_somebody_keeps_the_post() -> None:
    leaver, successor = person("leaver", "grid_worker", 501), person("successor")
    absent = person("absent", "grid_worker", 502)
    day = moment.now() + 2 * DAY
    acts.hand_over(SYSTEM, leaver, successor, day)
    rota.take_leave(SYSTEM, absent, successor, day + DAY, day + 3 * DAY)
    refused("people.still_deputy", calling_off.call_off, SYSTEM, post_of(leaver))


def test_a_shift_is_listed_by_the_roster_in_force_at_its_hour() -> None:
    leaver, successor = person("leaver", "grid_worker", 501), person("successor")
    turns = [TurnAsk(leaver, 480, 720, weekday=day) for day in range(7)]
    today = moment.local(moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    with moment.at(today):
        rota.set_roster(SYSTEM, "grid_worker", 501, turns)
        acts.hand_over(SYSTEM, leaver, successor, today + 3 * DAY)
        for who, days in ((leaver, range(3)), (successor, range(3, 7))):
            found = duty.shifts(who, today.date())
            assert [shift.start for shift in found] == [today + n * DAY + timedelta(hours=8) for n in days]


# ── organisations ──────────────────────────────────────────────────────


def test_a_future_hand_over_of_an_organisations_post_is_called_off_too() -> None:
    unit = acts.add_unit(SYSTEM, "homes", "清和物业", "Qinghe Property", "property", 50)
    keeper, successor = person("keeper", "property_company", 50, unit_id=unit), person("successor")
    rota.set_roster(SYSTEM, "property_company", 50, [TurnAsk(keeper, 0, 1440, weekday=2)], unit_id=unit)
    day = moment.now() + DAY
    acts.hand_over(SYSTEM, keeper, successor, day)
    calling_off.call_off(SYSTEM, post_of(successor))
    found = duty.unit_holder(unit, day)
    assert found is not None and found.person_id == keeper
    assert set(Roster.objects.get(until=None).turns.values_list("person_id", flat=True)) == {keeper}
    assert tree().get(50) is not None


# ── accounts ───────────────────────────────────────────────────────────


def test_a_closed_account_is_opened_again_with_a_password_to_be_changed_and_no_post() -> None:
    admin, worker = actor(person("admin", "admin", 1)), person("worker", password="the-old-password")
    accounts.close_account(admin, worker)
    accounts.reopen_account(admin, worker, "quite-another-one")
    row = Person.objects.get(id=worker)
    assert row.is_active and row.must_change
    assert row.check_password("quite-another-one") and not row.check_password("the-old-password")
    assert not Session.objects.filter(person_id=worker).exists()
    acts.appoint(admin, worker, "grid_worker", 501)
    assert at(moment.now()) == worker
    told = Entry.objects.filter(kind="people.account").order_by("-id").values_list("body", flat=True)
    assert any('"did":"reopened"' in body for body in told) and all("worker" not in body for body in told)


def test_an_account_is_opened_again_by_an_administrator_and_only_if_it_is_closed() -> None:
    admin, her = actor(person("admin", "admin", 1)), actor(person("secretary", "community_secretary", 5))
    worker, gone = person("worker"), person("gone")
    refused("people.not_closed", accounts.reopen_account, admin, worker, "quite-another-one")
    accounts.close_account(admin, worker)
    refused("people.not_yours", accounts.reopen_account, her, worker, "quite-another-one")
    refused("people.password_short", accounts.reopen_account, admin, worker, "short")
    accounts.erase_person(admin, gone)
    refused("people.erased", accounts.reopen_account, admin, gone, "quite-another-one")
    refused("people.unknown", accounts.reopen_account, admin, 4711, "quite-another-one")
