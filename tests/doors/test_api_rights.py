"""Who may not, cannot, over the API: every operation as everybody; and how a program proves who it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from linli.doors.api import identity
from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.people import accounts
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Person
from tests import town as towns
from tests.doors.api_town import BASE, Asker, report

pytestmark = pytest.mark.django_db

NOBODY, RESIDENT, WORKER, SIBLING, LEADER, OTHER, DISTRICT, ADMIN, WALL = (
    "", "resident", "worker", "worker2", "leader", "secretary2", "operator", "admin", "wall",
)  # fmt: skip
EVERYBODY = (NOBODY, RESIDENT, WORKER, SIBLING, LEADER, OTHER, DISTRICT, ADMIN, WALL)


#: operation → what each of EVERYBODY gets for the same matter, which stands in Qinghe 01 (worker's grid, leader's compound)
TABLE: dict[str, tuple[int, ...]] = {
    "GET matters": (401, 200, 200, 200, 200, 200, 200, 200, 200),
    "GET matters/{id}": (401, 403, 200, 404, 200, 404, 200, 404, 404),
    "GET matters/{id}/offers": (401, 404, 200, 404, 200, 404, 200, 404, 404),
    "GET matters/{id}/clocks/arrive/why": (401, 403, 200, 404, 200, 404, 200, 404, 404),
    "POST matters/{id}/contact": (401, 403, 200, 404, 200, 404, 200, 404, 404),
    "POST matters/{id}/acts/note": (404, 404, 200, 404, 200, 404, 200, 404, 404),
    "POST matters/{id}/acts/summon": (404, 404, 403, 404, 422, 404, 403, 404, 404),
    "GET mine/{id}": (401, 404, 404, 404, 404, 404, 404, 404, 404),
    "POST search": (401, 403, 200, 200, 200, 200, 200, 200, 200),
    "GET callbacks": (401, 403, 200, 200, 200, 200, 200, 200, 200),
}
BODIES = {
    "POST matters/{id}/contact": {"why": "核对"},
    "POST matters/{id}/acts/note": {"words": "记一笔"},
    "POST search": {"text": "漏水"},
}


@pytest.mark.parametrize("operation", TABLE)
def test_who_may_not_cannot(town: towns.Town, operation: str) -> None:
    matter = ids.text(town.report().matter_id)
    method, _, path = operation.partition(" ")
    got = []
    for login in EVERYBODY:
        asker = Asker(town, login)
        address = path.replace("{id}", matter)
        answer = asker.get(address) if method == "GET" else asker.post(address, BODIES.get(operation))
        got.append(answer.status_code)
    assert dict(zip(EVERYBODY, got, strict=True)) == dict(zip(EVERYBODY, TABLE[operation], strict=True))


@pytest.mark.parametrize("login", [RESIDENT, SIBLING, OTHER, ADMIN])
def test_a_matter_out_of_reach_looks_like_none(town: towns.Town, login: str) -> None:
    there, nowhere, asker = ids.text(town.report().matter_id), ids.text(ids.new_id()), Asker(town, login)
    for path in ("matters/{}/offers", "matters/{}", "mine/{}"):
        assert asker.get(path.format(there)).content == asker.get(path.format(nowhere)).content
    for path in ("matters/{}/acts/note", "matters/{}/acts/no_such_act"):
        assert (
            asker.post(path.format(there), {"words": "a"}).content
            == asker.post(path.format(nowhere), {"words": "a"}).content
        )


def test_others_do_not_stand_in_a_search_or_an_inbox(town: towns.Town) -> None:
    receipt = town.report()
    for login in (SIBLING, OTHER, ADMIN, WALL):
        assert Asker(town, login).post("search", {"text": receipt.number}).json()["items"] == []
        assert Asker(town, login).get("matters?tab=all").json()["items"] == []


def test_a_resident_sees_what_they_reported_themselves(town: towns.Town) -> None:
    resident = Asker(town, "resident")
    made = resident.post("reports", report()).json()
    assert [card["id"] for card in resident.get("mine").json()["items"]] == [made["id"]]
    assert [card["id"] for card in resident.get("matters").json()["items"]] == [made["id"]]
    assert resident.get(f"mine/{made['id']}").status_code == 200
    assert resident.get(f"matters/{made['id']}").status_code == 403, "the page is for staff"
    assert (
        resident.post(f"matters/{made['id']}/acts/withdraw", {"reason": "自己修好了"}).json()["ended"] is True
    )


# ── a session writes only with its CSRF header ────────────────────────


def signed_in(town: towns.Town, login: str) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        Person.objects.get(pk=town.ids[login]), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_a_session_reads_freely_and_writes_with_its_csrf_header_only(town: towns.Town) -> None:
    client = signed_in(town, "resident")
    body, kind = report(), "application/json"
    refused = client.post(BASE + "reports", body, content_type=kind)
    assert (refused.status_code, refused.json()["code"]) == (403, "api.no_csrf")
    token = client.get(BASE + "me").json()["csrf"]
    assert (
        client.post(BASE + "reports", body, content_type=kind, headers={"X-CSRFToken": token}).status_code
        == 201
    )
    assert client.get(BASE + "mine").json()["items"]


def test_a_program_without_a_session_needs_no_csrf(town: towns.Town) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(BASE + "reports", report(), content_type="application/json").status_code == 201


def test_a_session_without_its_second_factor_has_a_residents_rights(town: towns.Town) -> None:
    matter = ids.text(town.report().matter_id)
    assert signed_in(town, "worker").get(BASE + f"matters/{matter}").status_code == 403


# ── tokens ───────────────────────────────────────────────────────────


def _answer(token: str) -> int:
    return Client().get(BASE + "mine", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_ends_by_time_by_password_and_with_the_account(town: towns.Town) -> None:
    person = town.ids["worker"]
    token = identity.issue(person, timedelta(days=2), proved=True).token
    assert _answer(token) == 200
    with moment.at(moment.now() + timedelta(days=3)), pytest.raises(Refusal, match=r"api\.bad_token"):
        identity.actor_by_token(token, "zh")
    accounts.reset_password(SYSTEM, person, "a-quite-new-password-7")
    assert _answer(token) == 401
    other = identity.issue(town.ids["worker2"], timedelta(days=2), proved=True).token
    Person.objects.filter(pk=town.ids["worker2"]).update(is_active=False)
    assert _answer(other) == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer"])
def test_a_token_that_is_none_is_refused_the_same(town: towns.Town, token: str) -> None:
    assert _answer(token) == 401
    assert Client().get(BASE + "mine", headers={"Authorization": f"Basic {token}"}).status_code == 401


def test_a_token_made_without_a_second_factor_has_a_residents_rights(town: towns.Town) -> None:
    matter = ids.text(town.report().matter_id)
    assert Asker(town, "worker", proved=False).get(f"matters/{matter}").status_code == 403
    assert Asker(town, "worker", proved=True).get(f"matters/{matter}").status_code == 200


def test_one_makes_a_token_with_a_session_and_not_with_a_token(town: towns.Town) -> None:
    client = signed_in(town, "resident")
    csrf = client.get(BASE + "me").json()["csrf"]
    made = client.post(
        BASE + "tokens", {"days": 3}, content_type="application/json", headers={"X-CSRFToken": csrf}
    )
    assert made.status_code == 201
    assert _answer(made.json()["token"]) == 200
    assert Asker(town, "resident").post("tokens", {"days": 3}).status_code == 403
    assert Client().post(BASE + "tokens", {"days": 3}, content_type="application/json").status_code == 401
