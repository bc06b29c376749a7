"""Coming in: password, second factor, lock-out, idle sessions, one's own account; and the sample town's open door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import totp

from linli.kernel import moment
from linli.kernel.packspec import editions
from linli.kernel.people import accounts, rota, snapshot
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.devices import Authenticator
from linli.kernel.people.models import Leave, Person, Session
from linli.kernel.people.rota import TurnAsk
from tests.kernel.people import town
from tests.kernel.people.town import person

PASSWORD = "a-long-password"


@pytest.fixture(autouse=True)
def places(db: None) -> Iterator[None]:
    editions.forget()
    editions.install()
    town.build()
    snapshot.forget()
    yield
    editions.forget()
    snapshot.forget()


def staff(login: str, role: str = "grid_worker", place_id: int = 501) -> int:
    """Somebody who has chosen their own password already."""
    person_id = person(login, role, place_id, password=PASSWORD)
    Person.objects.filter(id=person_id).update(must_change=False)
    return person_id


def enrolled(person_id: int) -> Authenticator:
    return Authenticator.objects.create(user_id=person_id, name="totp", confirmed=True)


def digits(device: Authenticator) -> str:
    Authenticator.objects.filter(id=device.id).update(last_t=-1, throttling_failure_count=0)
    return f"{totp(device.bin_key):06d}"


def come_in(client: Client, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in/", {"login": login, "password": password, **more})


def rights(client: Client) -> set[str]:
    """The roles that the session may act by, as the account's own request sees them."""
    return {held.role for held in client.get("/account/").wsgi_request.actor.roles}  # type: ignore[attr-defined]


def test_the_page_says_that_reporting_needs_no_account(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert "报事不用账号" in page and 'autocomplete="current-password"' in page
    assert "needs no account" in client.get("/sign-in/", headers={"Accept-Language": "en"}).content.decode()


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client: Client) -> None:
    staff("worker")
    pages = [come_in(client, login, "wrong-password") for login in ("worker", "nobody")]
    assert [page.status_code for page in pages] == [422, 422]
    assert all("用户名或密码不对" in page.content.decode() for page in pages)


def test_without_a_second_factor_a_worker_has_a_residents_rights(client: Client) -> None:
    device = enrolled(staff("worker"))
    assert (
        come_in(client, "worker", next="/account/").headers["Location"] == "/sign-in/code/?next=%2Faccount%2F"
    )
    assert rights(client) == set()
    assert client.get("/desk/").headers["Location"] == "/sign-in/code/?next=%2Fdesk%2F"
    assert client.get("/desk/", headers={"Accept": "application/json"}).status_code == 403
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    page = client.post("/sign-in/code/", {"code": digits(device), "next": "/account/"})
    assert page.headers["Location"] == "/account/"
    assert rights(client) == {"grid_worker"}


def test_the_first_sign_in_sets_an_authenticator_up_and_shows_ten_codes_once(client: Client) -> None:
    person_id = staff("worker")
    assert come_in(client, "worker").headers["Location"] == "/sign-in/enrol/"
    page = client.get("/sign-in/enrol/").content.decode()
    assert "<svg" in page and "//" not in re.sub(
        r"http://www.w3.org\S*", "", page.split("<svg")[1].split("</svg>")[0]
    )
    device = Authenticator.objects.get(user_id=person_id, confirmed=False)
    done = client.post("/sign-in/enrol/", {"code": digits(device)}).content.decode()
    codes = re.findall(r"<code[^>]*>([a-z2-9]{10})</code>", done)
    assert len(codes) == 10 and rights(client) == {"grid_worker"}
    other = Client()
    come_in(other, "worker")
    assert other.post("/sign-in/code/", {"code": codes[0]}).status_code == 302 and rights(other) == {
        "grid_worker"
    }
    third = Client()
    come_in(third, "worker")
    assert third.post("/sign-in/code/", {"code": codes[0]}).status_code == 422


def test_an_authenticator_is_replaced_only_by_whoever_used_it(client: Client) -> None:
    enrolled(staff("worker"))
    come_in(client, "worker")
    assert client.get("/sign-in/enrol/").headers["Location"] == "/sign-in/code/"
    assert client.post("/sign-in/enrol/", {"code": "123456"}).headers["Location"] == "/sign-in/code/"


def test_five_wrong_passwords_lock_even_the_right_one_out(client: Client) -> None:
    staff("worker")
    for _ in range(5):
        come_in(client, "worker", "wrong-password")
    locked = come_in(client, "worker")
    assert locked.status_code == 429 and "锁定" in locked.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_password_set_by_somebody_else_must_be_changed_first(client: Client) -> None:
    person("leader", "cluster_leader", 501, password=PASSWORD)
    assert come_in(client, "leader").headers["Location"] == "/sign-in/password/"
    assert rights(client) == set()
    new = {"old": PASSWORD, "password": "quite-another-one", "again": "quite-another-one"}
    assert client.post("/sign-in/password/", {**new, "again": "x"}).status_code == 422
    assert client.post("/sign-in/password/", new).headers["Location"] == "/field/"
    assert rights(client) == {"cluster_leader"}


def test_a_changed_password_signs_every_other_browser_out(client: Client) -> None:
    resident = accounts.register_resident("wang.min", PASSWORD)
    other = Client()
    for browser in (client, other):
        come_in(browser, "wang.min")
    new = {"old": PASSWORD, "password": "quite-another-one", "again": "quite-another-one"}
    assert client.post("/sign-in/password/", new).status_code == 302
    assert client.get("/account/").status_code == 200 and other.get("/account/").status_code == 302
    assert Session.objects.filter(person_id=resident).count() == 1


def test_a_session_left_idle_ends_and_one_in_use_does_not(client: Client) -> None:
    device = enrolled(staff("worker"))
    come_in(client, "worker")
    client.post("/sign-in/code/", {"code": digits(device)})
    now = moment.now()
    for minutes in (20, 45):
        with moment.at(now + timedelta(minutes=minutes)):
            assert client.get("/account/").status_code == 200
    with moment.at(now + timedelta(minutes=76)):
        assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(person_id__isnull=False).exists()


def test_a_wall_screen_stays_signed_in(client: Client) -> None:
    staff("wall", "screen", 1)
    assert come_in(client, "wall").headers["Location"] == "/screen/"
    with moment.at(moment.now() + timedelta(days=3)):
        assert client.get("/account/").status_code == 200 and rights(client) == {"screen"}


def test_signing_out_ends_the_session_and_needs_a_post(client: Client) -> None:
    accounts.register_resident("wang.min", PASSWORD)
    come_in(client, "wang.min")
    assert client.get("/sign-in/out").status_code == 405
    assert client.post("/sign-in/out").headers["Location"] == "/"
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize("there", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_the_way_onward_leads_nowhere_else(client: Client, there: str) -> None:
    accounts.register_resident("wang.min", PASSWORD)
    assert come_in(client, "wang.min", next=there).headers["Location"] == "/"


def test_a_resident_makes_an_account_and_deletes_it(client: Client) -> None:
    form = {
        "login": "wang.min",
        "password": PASSWORD,
        "again": PASSWORD,
        "name": "王敏",
        "phone": "13800001234",
    }
    assert (
        client.post("/sign-in/register/", {**form, "password": "short", "again": "short"}).status_code == 422
    )
    assert client.post("/sign-in/register/", form).headers["Location"] == "/"
    page = client.get("/account/").content.decode()
    assert "13800001234" in page and "王敏" in page
    assert client.post("/account/erase", {"password": "wrong"}).status_code == 422
    assert client.post("/account/erase", {"password": PASSWORD}).headers["Location"] == "/"
    assert Person.objects.get(kind="resident").name == ""


def test_the_account_page_shows_what_i_hold_and_my_duty(client: Client) -> None:
    leader = staff("leader", "cluster_leader", 501)
    with moment.at(town.BEGAN):
        turns = [TurnAsk(leader, 480, 960, weekday=day) for day in range(7)]
        rota.set_roster(SYSTEM, "cluster_leader", 501, turns)
    come_in(client, "leader")
    page = client.get("/account/").content.decode()
    assert "联户长" in page and "清和 01" in page and "08:00" in page
    assert (
        "Household-cluster leader"
        in client.get("/account/", headers={"Accept-Language": "en"}).content.decode()
    )


def test_leave_is_taken_on_the_account_page_and_called_off(client: Client) -> None:
    leader, mate = staff("leader", "cluster_leader", 501), staff("mate", "cluster_leader", 502)
    come_in(client, "leader")
    assert "mate 的名字" in client.get("/account/").content.decode()
    day = (moment.local(moment.now()) + timedelta(days=2)).date().isoformat()
    form = {"first": day, "last": day, "deputy": str(mate)}
    assert client.post("/account/leave", {**form, "deputy": ""}).status_code == 422
    assert client.post("/account/leave", {**form, "first": "never"}).status_code == 422
    assert client.post("/account/leave", form).status_code == 302
    away = Leave.objects.get(person_id=leader)
    assert away.until - away.since == timedelta(days=1)
    assert client.post("/account/leave/end", {"leave": str(away.id)}).status_code == 302
    away.refresh_from_db()
    assert away.until == away.since


def test_a_browser_elsewhere_is_signed_out_from_here_and_only_ones_own(client: Client) -> None:
    for login in ("wang.min", "li.hong"):
        accounts.register_resident(login, PASSWORD)
    other, strange = Client(), Client()
    come_in(client, "wang.min")
    come_in(other, "wang.min")
    come_in(strange, "li.hong")
    page = client.get("/account/").content.decode()
    (mark,) = re.findall(r'name="session" value="(\w+)"', page)
    assert client.session.session_key not in page and other.session.session_key not in page
    (foreign,) = re.findall(r'name="session" value="(\w+)"', strange.get("/account/").content.decode()) or (
        "x" * 16,
    )
    client.post("/account/session/end", {"session": foreign})
    client.post("/account/session/end", {"session": mark})
    assert other.get("/account/").status_code == 302 and strange.get("/account/").status_code == 200


def test_ones_account_is_not_for_visitors(client: Client) -> None:
    for address in ("/account/", "/sign-in/code/", "/sign-in/enrol/", "/sign-in/password/"):
        assert client.get(address).headers["Location"].startswith("/sign-in/?next=")


def test_in_the_sample_town_anyone_is_anyone_with_one_click(client: Client, settings: Any) -> None:
    settings.MODE = "demo"
    staff("worker")
    staff("officer", "street_duty_officer", 2)
    page = client.get("/demo/").content.decode()
    assert "worker 的名字" in page and "街道值班主任" in page
    assert "worker 的名字" not in client.get("/demo/?q=值班").content.decode()
    assert client.get("/demo/as/worker").headers["Location"] == "/field/"
    assert rights(client) == {"grid_worker"}
    assert client.get("/demo/as/officer?next=/account/").headers["Location"] == "/account/"
    assert rights(client) == {"street_duty_officer"}
    assert client.get("/demo/as/nobody").status_code == 404


def test_outside_the_sample_town_that_door_is_shut(client: Client, settings: Any) -> None:
    staff("worker")
    for mode in ("serve", "test"):
        settings.MODE = mode
        assert client.get("/demo/as/worker").status_code == 404 and client.get("/demo/").status_code == 404
        assert "_auth_user_id" not in client.session


def test_a_session_from_the_sample_town_proves_nothing_in_service(client: Client, settings: Any) -> None:
    settings.MODE = "demo"
    staff("worker")
    client.get("/demo/as/worker")
    settings.MODE = "serve"
    assert rights(client) == set()


def test_the_door_of_the_sample_town_is_not_routed_in_service(settings: Any) -> None:
    import importlib

    from linli.config import urls

    settings.MODE = "serve"
    try:
        routes = [str(entry.pattern) for entry in importlib.reload(urls).urlpatterns]
    finally:
        settings.MODE = "test"
        importlib.reload(urls)
    assert not any(route.startswith("demo") for route in routes)


@pytest.mark.parametrize(("lang", "words"), [("zh", "这一页旧了"), ("en", "This page is out of date")])
def test_a_form_left_open_over_a_sign_in_is_out_of_date_and_not_forbidden(lang: str, words: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": lang})
    answer = client.post("/sign-in/", {"login": "worker", "password": PASSWORD})
    assert answer.status_code == 403 and f'<h1 class="serif">{words}' in answer.content.decode()
