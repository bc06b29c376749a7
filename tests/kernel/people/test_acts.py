"""Appointing, ending, handing over, leave: every refusal changes nothing, and nobody is ever nobody."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger.models import Entry
from linli.kernel.people import accounts, acts, duty, rota, sealed
from linli.kernel.people.actors import PUBLIC, SYSTEM
from linli.kernel.people.models import Assignment, Leave, Person, Roster
from linli.kernel.people.rota import TurnAsk
from tests.kernel.people.town import actor, local, path, person

pytestmark = pytest.mark.usefixtures("places")

NOW = local("2026-03-04 12:00")


def refused(code: str, act: object, *args: object, **named: object) -> None:
    """The act is refused with that code, and neither a row nor an entry was written."""
    before = (
        Assignment.objects.count(),
        Leave.objects.count(),
        Roster.objects.count(),
        Entry.objects.count(),
    )
    with pytest.raises(Refusal) as answer:
        act(*args, **named)  # type: ignore[operator]
    assert answer.value.code == code
    assert before == (
        Assignment.objects.count(),
        Leave.objects.count(),
        Roster.objects.count(),
        Entry.objects.count(),
    )


def held(person_id: int) -> int:
    return Assignment.objects.get(person_id=person_id, until=None).id


def whole_week(person_id: int) -> list[TurnAsk]:
    return [TurnAsk(person_id, 0, 1440, weekday=day) for day in range(7)]


def test_an_appointment_is_in_the_ledger_by_ids_alone() -> None:
    worker = person("worker", "grid_worker", 501)
    entry = Entry.objects.get(kind="people.appointed")
    body = json.loads(entry.body)
    assert entry.subject == f"assignment:{ids.text(held(worker))}"
    assert (
        body["person"] == ids.text(worker)
        and body["role"] == "grid_worker"
        and body["place"] == ids.text(501)
    )
    assert not any(
        "的名字" in text or "worker的" in text for text in Entry.objects.values_list("body", flat=True)
    )


def test_only_an_administrator_above_the_place_appoints_to_every_post() -> None:
    clerk = person("clerk", "admin", 5)
    secretary = person("secretary", "community_secretary", 5)
    newcomer = person("newcomer")
    refused("people.not_yours", acts.appoint, actor(secretary), newcomer, "community_secretary", 5)
    refused("people.not_yours", acts.appoint, actor(clerk), newcomer, "grid_worker", 521)
    refused("people.not_yours", acts.appoint, PUBLIC, newcomer, "grid_worker", 501)
    acts.appoint(actor(clerk), newcomer, "grid_worker", 501)
    assert duty.holds(newcomer, "grid_worker", path(501))


def test_a_role_is_given_to_whoever_may_have_it() -> None:
    worker = person("worker", "grid_worker", 501)
    resident = accounts.register_resident("wang.min", "a long password", "王敏")
    unit = acts.add_unit(SYSTEM, "homes", "清和物业", "Qinghe Property", "property", 50)
    refused("people.unknown_role", acts.appoint, SYSTEM, worker, "king", 501)
    refused("people.already_held", acts.appoint, SYSTEM, worker, "grid_worker", 501)
    refused("people.only_residents", acts.appoint, SYSTEM, resident, "grid_worker", 501)
    refused("people.unit_needed", acts.appoint, SYSTEM, worker, "property_company", 50)
    refused("people.unit_elsewhere", acts.appoint, SYSTEM, worker, "property_company", 51, unit_id=unit)
    refused("people.unknown", acts.appoint, SYSTEM, 12345, "grid_worker", 501)
    acts.appoint(SYSTEM, resident, "volunteer", 50)


def test_nobody_but_the_program_arranges_the_past() -> None:
    admin, worker = person("admin", "admin", 1), person("worker")
    yesterday = moment.now() - timedelta(days=1)
    refused("people.in_the_past", acts.appoint, actor(admin), worker, "grid_worker", 501, since=yesterday)
    acts.appoint(SYSTEM, worker, "grid_worker", 501, since=yesterday)


def test_the_last_one_on_whom_a_ladder_ends_cannot_leave() -> None:
    officer = person("officer", "street_duty_officer", 2)
    refused("people.nobody_left", acts.end_appointment, SYSTEM, held(officer))
    other = person("other")
    acts.hand_over(SYSTEM, officer, other)
    assert duty.holds(other, "street_duty_officer", path(501))
    refused("people.nobody_left", acts.end_appointment, SYSTEM, held(other))
    deputy = person("deputy", "street_duty_officer", 1)
    acts.end_appointment(SYSTEM, held(other))
    assert not duty.holds(other, "street_duty_officer", path(501))
    assert duty.holds(deputy, "street_duty_officer", path(501))


def test_a_lower_post_may_be_left_empty_because_the_ladder_goes_on_above() -> None:
    worker = person("worker", "grid_worker", 501)
    acts.end_appointment(SYSTEM, held(worker))
    assert duty.holder("grid_worker", path(501)) is None


def test_a_hand_over_leaves_no_moment_between() -> None:
    old, new = person("old", "grid_worker", 501), person("new")
    at = moment.now() + timedelta(days=2)
    acts.hand_over(SYSTEM, old, new, at)
    answers = [duty.holder("grid_worker", path(501), at + timedelta(microseconds=step)) for step in (-1, 0)]
    assert [found.person_id for found in answers if found] == [old, new]
    assert Entry.objects.filter(kind="people.ended").count() == 1


def test_a_hand_over_passes_the_turns_on_the_roster() -> None:
    old, new = person("old", "street_duty_officer", 2), person("new")
    rota.set_roster(SYSTEM, "street_duty_officer", 2, whole_week(old))
    acts.hand_over(SYSTEM, old, new)
    found = duty.holder("street_duty_officer", path(501))
    assert found is not None and found.person_id == new and found.on_duty


def test_whoever_takes_over_what_they_hold_already_does_not_hold_it_twice() -> None:
    old, new = person("old", "grid_worker", 501), person("new", "grid_worker", 501)
    assert acts.hand_over(SYSTEM, old, new) == ()
    assert [h.person_id for h in duty.holders("grid_worker", path(501))] == [new]


def test_leave_needs_a_deputy_who_is_staff_in_office_and_not_oneself() -> None:
    worker, idle = person("worker", "grid_worker", 501), person("idle")
    resident = accounts.register_resident("wang.min", "a long password")
    until = moment.now() + timedelta(days=3)
    for deputy, code in ((worker, "deputy_self"), (idle, "deputy_unfit"), (resident, "deputy_unfit")):
        refused(f"people.{code}", rota.take_leave, actor(worker), worker, deputy, moment.now(), until)


def test_deputies_never_form_a_circle() -> None:
    a, b, c = (
        person(name, "grid_worker", place) for name, place in (("aaa", 501), ("bbb", 502), ("ccc", 521))
    )
    start, day = moment.now(), timedelta(days=1)
    rota.take_leave(SYSTEM, a, b, start, start + 5 * day)
    rota.take_leave(SYSTEM, b, c, start + day, start + 2 * day)
    refused("people.deputy_loop", rota.take_leave, SYSTEM, c, a, start + day, start + 3 * day)
    rota.take_leave(SYSTEM, c, a, start + 6 * day, start + 7 * day)


def test_leave_is_taken_by_oneself_or_arranged_from_above() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 502)
    leader, far = person("leader", "grid_leader", 50), person("far", "grid_leader", 51)
    until = moment.now() + timedelta(days=3)
    for stranger in (mate, far):
        refused("people.not_yours", rota.take_leave, actor(stranger), worker, mate, moment.now(), until)
    leave = rota.take_leave(actor(leader), worker, mate, moment.now(), until)
    refused("people.away_already", rota.take_leave, actor(worker), worker, mate, moment.now(), until)
    rota.end_leave(actor(worker), leave)
    found = duty.holder("grid_worker", path(501))
    assert found is not None and found.person_id == worker


def test_a_deputy_cannot_drop_their_last_role_meanwhile() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 502)
    rota.take_leave(SYSTEM, worker, mate, moment.now(), moment.now() + timedelta(days=3))
    refused("people.still_deputy", acts.end_appointment, SYSTEM, held(mate))


def test_a_roster_names_only_those_who_hold_the_role() -> None:
    worker, other = person("worker", "grid_worker", 501), person("other", "grid_worker", 521)
    turns = whole_week(other)
    refused("people.no_post", rota.set_roster, SYSTEM, "grid_worker", 501, turns)
    refused("people.roster_empty", rota.set_roster, SYSTEM, "grid_worker", 501, [])
    refused("people.turn_times", rota.set_roster, SYSTEM, "grid_worker", 501, [TurnAsk(worker, 0, 60)])
    refused(
        "people.turn_times",
        rota.set_roster,
        SYSTEM,
        "grid_worker",
        501,
        [TurnAsk(worker, 1440, 60, weekday=1)],
    )
    refused("people.not_yours", rota.set_roster, actor(worker), "grid_worker", 501, whole_week(worker))


def test_an_account_closes_only_when_nothing_hangs_on_it() -> None:
    admin = person("admin", "admin", 1)
    worker = person("worker", "grid_worker", 501)
    refused("people.still_holds", accounts.close_account, actor(admin), worker)
    acts.end_appointment(actor(admin), held(worker))
    accounts.close_account(actor(admin), worker)
    with pytest.raises(Refusal):
        actor(worker)


def test_erasing_a_person_keeps_the_id_and_nothing_else() -> None:
    person_id = accounts.register_resident("wang.min", "a long password", "王敏", phone="+86 138 0000 1234")
    entries = list(Entry.objects.values_list("id", "leaf"))
    accounts.erase_person(actor(person_id), person_id)
    row = Person.objects.get(id=person_id)
    assert (row.name, row.phone_sealed, row.phone_lookup, row.email_sealed, row.is_active) == (
        "",
        None,
        None,
        None,
        False,
    )
    assert "wang" not in row.login and not row.has_usable_password()
    assert entries == list(Entry.objects.filter(id__in=[e[0] for e in entries]).values_list("id", "leaf"))
    accounts.register_resident("wang.min", "a long password")


def test_a_phone_is_sealed_and_found_however_it_is_written() -> None:
    person_id = accounts.register_resident("wang.min", "a long password", phone="+86 138-0000-1234")
    row = Person.objects.get(phone_lookup=sealed.lookup("138 0000 1234"))
    assert row.id == person_id
    assert b"13800001234" not in bytes(row.phone_sealed)
    assert sealed.unseal(row.phone_sealed) == "13800001234"
    assert sealed.masked("13800001234") == "138****1234"


def test_sealed_words_that_were_altered_do_not_open() -> None:
    broken = bytearray(sealed.seal("清和园 3 号楼"))
    broken[-1] ^= 1
    for wrong in (bytes(broken), b"", b"\x02abc", b"\x01short"):
        with pytest.raises(Refusal) as answer:
            sealed.unseal(wrong)
        assert answer.value.code == "people.sealed_unreadable"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "short"),
        ("1234567890123", "simple"),
        ("password123", "simple"),
        ("my-longlogin-1", "like_login"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    refused(f"people.password_{code}", accounts.add_person, SYSTEM, "longlogin", "名字", password=password)


def test_a_login_is_one_of_a_kind_whatever_its_case() -> None:
    person("Li.Xiu")
    refused("people.login_taken", accounts.add_person, SYSTEM, "li.XIU", "另一个")
    for login in ("a", "有名", "-x-", "a b c"):
        refused("people.login_form", accounts.add_person, SYSTEM, login, "名字")


def test_consent_is_given_per_purpose_and_taken_back() -> None:
    person_id = accounts.register_resident("wang.min", "a long password")
    first = accounts.give_consent(person_id, "report", "1")
    assert accounts.give_consent(person_id, "report", "1") == first
    accounts.withdraw_consent(person_id, "report")
    refused("people.consent_missing", accounts.withdraw_consent, person_id, "report")
    assert accounts.give_consent(person_id, "report", "1") != first


def test_an_organisation_is_one_of_a_kind_and_closes_when_nobody_works_for_it() -> None:
    unit = acts.add_unit(SYSTEM, "homes", "清和物业", "Qinghe Property", "property", 50)
    refused("people.unit_taken", acts.add_unit, SYSTEM, "homes", "另一家", "", "property", 51)
    keeper = person("keeper", "property_company", 50, unit_id=unit)
    refused("people.still_holds", acts.close_unit, SYSTEM, unit)
    acts.end_appointment(SYSTEM, held(keeper))
    acts.close_unit(SYSTEM, unit)
    refused("people.unknown_unit", acts.close_unit, SYSTEM, unit)
    assert duty.units(path(501)) == []
