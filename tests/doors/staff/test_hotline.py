"""The hotline console through HTTP: a call from ring to number, and the call-back with its three answers."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from linli.kernel import ids
from linli.kernel.matters.models import Call, Contact, Matter, Step, Words
from linli.kernel.people import acts as people
from linli.kernel.people import snapshot
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import AccessLog
from tests.doors.staff.conftest import SignIn
from tests.town import Town, spot

pytestmark = pytest.mark.django_db
NUMBER = "19900007777"


def on_the_line(browser: Client, phone: str = NUMBER) -> str:
    """The address of a call just taken."""
    assert browser.post("/hotline/call/", {"phone": phone}).status_code == 200
    call = Call.objects.get(ended_at=None)
    return f"/hotline/call/{ids.text(call.pk)}/"


def typed(**more: str) -> dict[str, str]:
    lon, lat = spot(501)
    given = {
        "name": "赵师傅",
        "back": "this",
        "words": "楼道漏水，往下流",
        "kind": "repair/water_leak",
        "address": "清和园3号楼",
    }
    return given | {"lon": str(lon), "lat": str(lat), "key": "call-key"} | more


def done(town: Town) -> Matter:
    matter_id = town.report().matter_id
    town.finish(matter_id)
    return Matter.objects.get(pk=matter_id)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_console_speaks_both_languages(town: Town, sign_in: SignIn, lang: str) -> None:
    browser = sign_in("operator", lang=lang)
    done(town)
    for path in ("", "queue/", "call/"):
        answer = browser.get(f"/hotline/{path}", follow=True)
        assert answer.status_code == 200
        assert not re.search(r">\s*hotline\.[a-z_.]+\s*<", answer.content.decode())


@pytest.mark.parametrize(
    "login", ["worker", "leader", "secretary", "heat", "wall", "admin", "mediator", "resident"]
)
def test_only_operators_and_the_duty_officer_sit_at_the_console(
    town: Town, sign_in: SignIn, login: str
) -> None:
    browser = sign_in(login)
    matter = done(town)
    for path in ("", "queue/", "addresses/", f"back/{ids.text(matter.pk)}/"):
        assert browser.get(f"/hotline/{path}").status_code == 403
    assert browser.post("/hotline/call/", {"phone": NUMBER}).status_code == 403


def test_the_callers_number_is_masked_until_asked_for_and_the_look_is_kept(
    town: Town, sign_in: SignIn
) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    page = browser.get("/hotline/").content.decode()
    assert NUMBER not in page and "199 **** 7777" in page
    assert NUMBER in browser.post(f"{call}number/").content.decode()
    assert AccessLog.objects.filter(what="caller.phone", person_id=town.ids["operator"]).count() == 1


def test_another_operator_does_not_hear_the_call(town: Town, sign_in: SignIn) -> None:
    call = on_the_line(sign_in("operator", part=True))
    other = sign_in("operator2", part=True)
    assert other.post(f"{call}number/").status_code == 404
    assert other.post(f"{call}file/", typed()).status_code == 404
    assert Matter.objects.count() == 0


def test_what_the_number_reported_before_is_shown(town: Town, sign_in: SignIn) -> None:
    matter = Matter.objects.get(pk=town.report().matter_id)
    browser = sign_in("operator", part=True)
    shown = browser.post("/hotline/call/", {"phone": "199 0000 1234"}).content.decode()
    assert matter.number in shown
    assert AccessLog.objects.filter(what="caller.history").count() == 1


def test_typing_is_kept_and_the_kind_is_heard(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    kinds = browser.post(f"{call}draft/", {"words": "楼道里水管漏水了", "name": "赵师傅"}).content.decode()
    assert 'value="repair/water_leak"' in kinds and "已存" in kinds
    again = browser.get("/hotline/").content.decode()
    assert "楼道里水管漏水了" in again and "赵师傅" in again


def test_kind_and_place_give_the_promise_and_who_comes(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    told = browser.post(f"{call}ground/", typed()).content.decode()
    assert "李秀兰" in told and "赵师傅，记下了" in told and "<u>" in told and "svg" in told
    assert Matter.objects.count() == 0


def test_a_place_outside_the_town_is_refused_while_typing(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    told = browser.post(f"{call}ground/", typed(lon="1.0", lat="1.0")).content.decode()
    assert "say bad" in told and "李秀兰" not in told


def test_filing_shows_number_and_code_and_seals_the_caller(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    filed = browser.post(f"{call}file/", typed()).content.decode()
    matter = Matter.objects.get()
    assert matter.number in filed and matter.source == "hotline" and matter.kind == "water_leak"
    assert NUMBER not in filed
    contact = Contact.objects.get(matter=matter, part="reporter")
    assert NUMBER.encode() not in bytes(contact.phone or b"")
    assert Call.objects.get().matter_id == matter.pk and Call.objects.get().ended_at is not None


def test_without_kind_or_place_nothing_is_filed(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    assert browser.post(f"{call}file/", typed(kind="")).status_code == 422
    assert browser.post(f"{call}file/", typed(lon="", lat="")).status_code == 422
    assert Matter.objects.count() == 0 and Call.objects.get().ended_at is None


def test_a_known_matter_is_suggested_and_joined_instead_of_filed_twice(town: Town, sign_in: SignIn) -> None:
    known = Matter.objects.get(pk=town.report().matter_id)
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    suggested = browser.post(f"{call}ground/", typed()).content.decode()
    assert f'data-likely="{ids.text(known.pk)}"' in suggested
    apart = browser.post(f"{call}ground/", typed(apart=ids.text(known.pk))).content.decode()
    assert "data-likely" not in apart
    joined = browser.post(f"{call}join/{ids.text(known.pk)}/", typed()).content.decode()
    assert known.number in joined
    assert Matter.objects.count() == 1 and Matter.objects.get().me_too == 1


def test_a_transfer_to_the_fire_brigade_stands_in_the_matter(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    marked = browser.post(f"{call}through/119/", typed()).content.decode()
    transfers = re.search(r'name="transfers" value="([^"]+)"', marked)
    assert transfers and transfers[1].startswith("119@")
    browser.post(f"{call}file/", typed(transfers=transfers[1]))
    assert "已转 119" in Words.objects.get(field="words").text


def test_hanging_up_without_filing_leaves_nothing(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("operator", part=True)
    call = on_the_line(browser)
    assert browser.post(f"{call}end/").status_code == 200
    assert Matter.objects.count() == 0 and Call.objects.get().ended_at is not None


def test_an_address_is_found_as_it_is_typed(town: Town, sign_in: SignIn) -> None:
    found = sign_in("operator", part=True).get("/hotline/addresses/", {"address": "清和园"}).content.decode()
    assert "清和园" in found and "data-lon" in found


def test_the_queue_shows_who_waits_and_the_call_back_asks_three_things(town: Town, sign_in: SignIn) -> None:
    matter = done(town)
    browser = sign_in("operator", part=True)
    assert "漏水" in browser.get("/hotline/queue/").content.decode()
    form = browser.get(f"/hotline/back/{ids.text(matter.pk)}/").content.decode()
    assert all(f'name="{name}"' in form for name in ("contacted", "solved", "satisfied"))
    assert "199****1234" in form.replace(" ", "") and "19900001234" not in form
    assert "19900001234" in browser.post(f"/hotline/back/{ids.text(matter.pk)}/number/").content.decode()
    assert AccessLog.objects.filter(matter_id=matter.pk, what="contact").count() == 1


@pytest.mark.parametrize(
    ("answers", "stage_ball", "ended"),
    [
        ({"contacted": "yes", "solved": "yes", "satisfied": "yes"}, 4, True),
        ({"contacted": "yes", "solved": "partly", "satisfied": "yes"}, 2, False),
        ({"contacted": "yes", "solved": "no", "satisfied": "no"}, 2, False),
        ({"contacted": "yes", "solved": "yes", "satisfied": "no"}, 2, False),
        ({"contacted": "no"}, 3, False),
    ],
)
def test_the_three_answers_end_it_reopen_it_or_count_an_attempt(
    town: Town, sign_in: SignIn, answers: dict[str, str], stage_ball: int, ended: bool
) -> None:
    matter = done(town)
    browser = sign_in("operator", part=True)
    answer = browser.post(f"/hotline/back/{ids.text(matter.pk)}/", answers | {"version": str(matter.steps)})
    assert answer.status_code == 200, answer.content.decode()[:300]
    matter.refresh_from_db()
    assert (matter.ball, matter.ended_at is not None) == (stage_ball, ended)
    assert Step.objects.filter(matter=matter, does="call_back").count() == 1


def test_whoever_handled_it_may_not_call_back_and_is_told_why(town: Town, sign_in: SignIn) -> None:
    matter_id = town.report().matter_id
    people.appoint(SYSTEM, town.ids["operator"], "grid_worker", 501)
    snapshot.forget()
    town.finish(matter_id, "operator")
    matter = Matter.objects.get(pk=matter_id)
    browser = sign_in("operator", part=True)
    form = browser.get(f"/hotline/back/{ids.text(matter.pk)}/").content.decode()
    assert "say warn" in form and 'name="contacted"' not in form
    answers = {"contacted": "yes", "solved": "yes", "satisfied": "yes"}
    assert browser.post(f"/hotline/back/{ids.text(matter.pk)}/", answers).status_code == 403
    matter.refresh_from_db()
    assert matter.ended_at is None
