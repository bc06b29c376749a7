"""By what right somebody acts: reach, second factors, deputies, and what was looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from linli.kernel import moment
from linli.kernel.ledger.models import Entry
from linli.kernel.people import looks, rota
from linli.kernel.people.actors import CLOCK, PUBLIC, SYSTEM, Actor, Held
from linli.kernel.people.models import AccessLog
from tests.kernel.people.town import actor, path, person


def held(at: str, role: str = "grid_worker") -> Held:
    return Held(role, 1, at, 1)


@pytest.mark.parametrize(
    ("at", "asked", "reaches"),
    [
        ("/1/5/", "/1/5/", True),
        ("/1/5/", "/1/5/9/", True),
        ("/1/5/", "/1/52/", False),
        ("/1/5/", "/1/52/9/", False),
        ("/1/5/", "/1/", False),
        ("/1/5/", "/15/", False),
        ("/1/", "/1/5/9/", True),
        ("/1/", "/11/", False),
    ],
)
def test_a_role_reaches_its_place_and_all_below_and_nothing_else(at: str, asked: str, reaches: bool) -> None:
    someone = Actor(7, "person", (held(at),))
    assert someone.reaches("grid_worker", asked) is reaches
    assert bool(someone.roles_at(asked)) is reaches
    assert not someone.reaches("grid_leader", asked)


def test_paths_leave_out_what_lies_inside_another() -> None:
    someone = Actor(7, "person", (held("/1/5/9/"), held("/1/5/"), held("/1/52/"), held("/1/", "mediator")))
    assert someone.paths("grid_worker") == ("/1/5/", "/1/52/")
    assert someone.paths() == ("/1/",)
    assert someone.paths("admin") == ()


def test_the_clock_the_program_and_the_public_hold_no_role() -> None:
    for nobody in (CLOCK, SYSTEM, PUBLIC):
        assert nobody.person_id is None and nobody.roles == ()


@pytest.mark.usefixtures("places")
def test_a_deputy_acts_by_the_absent_ones_roles_and_says_for_whom() -> None:
    worker, mate = person("worker", "grid_worker", 501), person("mate", "grid_worker", 521)
    rota.take_leave(SYSTEM, worker, mate, moment.now(), moment.now() + timedelta(days=1))
    roles = {(role.path, role.deputy_for) for role in actor(mate).roles}
    assert roles == {(path(521), None), (path(501), worker)}


@pytest.mark.usefixtures("places")
def test_a_look_is_kept_with_its_reason_and_told_to_the_ledger_without_it() -> None:
    worker = person("worker", "grid_worker", 501)
    look = looks.record(actor(worker), "contact.phone", 77, "电话里说明到场时间")
    row = AccessLog.objects.get(id=look)
    assert (row.person_id, row.what, row.matter_id, row.roles) == (worker, "contact.phone", 77, "grid_worker")
    assert "到场" not in Entry.objects.get(kind="people.look").body


@pytest.mark.usefixtures("places")
@pytest.mark.django_db(transaction=True)
def test_a_look_outlives_whatever_the_page_does_afterwards() -> None:
    worker = actor(person("worker", "grid_worker", 501))
    with pytest.raises(RuntimeError, match="nothing can undo"), transaction.atomic():
        looks.record(worker, "contact.phone", 77, "回访")
    looks.record(worker, "contact.phone", 77, "回访")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        1 / 0  # noqa: B018
    assert AccessLog.objects.count() == 1
