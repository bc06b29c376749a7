"""The desk through HTTP: what it shows, what it lets be done, and to whom it says no."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from linli.kernel import ids
from linli.kernel.matters.models import Matter
from linli.kernel.people.models import AccessLog
from tests.doors.staff.conftest import SignIn
from tests.town import Town, photo, spot

pytestmark = pytest.mark.django_db


def opened(town: Town, **more: object) -> Matter:
    return Matter.objects.get(pk=town.report(**more).matter_id)  # type: ignore[arg-type]


def url(matter: Matter, rest: str = "") -> str:
    return f"/desk/m/{ids.text(matter.pk)}/{rest}"


def version(matter: Matter) -> int:
    return Matter.objects.get(pk=matter.pk).steps


def test_the_desk_opens_on_the_most_urgent_matter_of_its_reader(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    page = sign_in("worker").get("/desk/").content.decode()
    assert matter.number in page and 'id="matter"' in page and "漏水" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "inbox/?tab=all",
        "inbox/?tab=ended",
        "inbox/?tab=callback",
        "search/?q=漏水",
        "places/",
        "notices/",
        "notices/undelivered/",
        "rates/",
    ],
)
def test_every_page_of_the_desk_speaks_both_languages(
    town: Town, sign_in: SignIn, path: str, lang: str
) -> None:
    opened(town)
    answer = sign_in("secretary", lang=lang).get(f"/desk/{path}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not re.search(r">\s*desk\.[a-z_.]+\s*<", page)


def test_a_department_sees_only_what_it_was_called_to(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    heat = sign_in("heat")
    assert heat.get(url(matter)).status_code == 404
    town.finish(matter.pk)
    other = opened(town, off=(0.0002, 0.0))
    town.take("worker", other.pk, "arrive", position=spot(501))
    town.take("worker", other.pk, "hand_up", reason="管不了")
    town.take("leader", other.pk, "summon", units=(town.units["heat"],), words="请来")
    assert heat.get(url(other)).status_code == 200
    assert other.number in heat.get("/desk/inbox/?tab=summoned").content.decode()


@pytest.mark.parametrize("login", ["worker4", "leader3", "secretary2", "wall", "admin"])
def test_whoever_does_not_reach_the_place_finds_nothing_there(
    town: Town, sign_in: SignIn, login: str
) -> None:
    matter = opened(town)
    browser = sign_in(login)
    turned_away = {403} if login in ("wall", "admin") else {404}  # to whom this door does not open at all
    for address in (url(matter), url(matter, "do/hand_up/"), url(matter, "why/arrive/")):
        assert browser.get(address).status_code in turned_away
    assert browser.post(url(matter, "do/hand_up/"), {"reason": "x"}).status_code in turned_away
    assert browser.post(url(matter, "contact/"), {"why": "看看"}).status_code in turned_away
    assert version(matter) == 1


def test_a_resident_and_a_stranger_do_not_come_in(town: Town, sign_in: SignIn) -> None:
    assert sign_in("resident").get("/desk/").status_code == 403
    assert Client().get("/desk/").status_code == 302


def test_an_act_is_offered_as_a_form_with_exactly_what_it_needs(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    town.take("worker", matter.pk, "arrive", position=spot(501))
    town.take("worker", matter.pk, "hand_up", reason="管不了")
    leader = sign_in("leader", part=True)
    summon = leader.get(url(matter, "do/summon/")).content.decode()
    assert 'name="units"' in summon and "热力公司" in summon and "城管中队" in summon
    pause = leader.get(url(matter, "do/pause/")).content.decode()
    assert 'name="reason"' in pause and 'type="datetime-local"' in pause and 'name="units"' not in pause


def test_an_act_done_at_the_desk_brings_the_fresh_matter_back(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    town.take("worker", matter.pk, "arrive", position=spot(501))
    worker = sign_in("worker", part=True)
    answer = worker.post(
        url(matter, "do/hand_up/"),
        {"reason": "本格办不了", "version": version(matter), "key": "first-of-its-kind"},
    )
    assert answer.status_code == 200 and "本格办不了" in answer.content.decode()
    assert "linli:acted" in answer["HX-Trigger"]
    assert Matter.objects.get(pk=matter.pk).holder_role == "grid_leader"


def test_the_same_key_does_it_once(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    town.take("worker", matter.pk, "arrive", position=spot(501))
    worker = sign_in("worker", part=True)
    for _ in range(2):
        given = {"reason": "本格办不了", "version": 2, "key": "twice-the-same"}
        assert worker.post(url(matter, "do/hand_up/"), given).status_code == 200
    assert version(matter) == 3


def test_a_refused_act_changes_nothing_and_says_why(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    worker = sign_in("worker", part=True)
    answer = worker.post(url(matter, "do/finish/"), {"words": "好了", "version": 1})
    assert answer.status_code in (409, 422) and "toast" in answer.content.decode()
    assert version(matter) == 1


def test_two_people_who_saw_different_states_are_told(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    town.take("worker", matter.pk, "arrive", position=spot(501))
    answer = sign_in("worker", part=True).post(url(matter, "do/hand_up/"), {"reason": "x 不了", "version": 1})
    assert answer.status_code == 409 and version(matter) == 2


def test_a_photo_goes_along_with_the_act(town: Town, sign_in: SignIn) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    matter = opened(town)
    town.take("worker", matter.pk, "arrive", position=spot(501))
    before, after = (SimpleUploadedFile(f"{n}.jpg", photo().data, "image/jpeg") for n in "ab")
    answer = sign_in("worker", part=True).post(
        url(matter, "do/finish/"),
        {"words": "换了垫圈", "photo_before": before, "photo_after": after, "version": 2},
    )
    assert answer.status_code == 200, answer.content.decode()[:400]
    assert Matter.objects.get(pk=matter.pk).ball == 3


def test_the_contact_is_shown_for_a_reason_and_the_look_is_kept(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    leader = sign_in("leader", part=True)
    assert "19900001234" not in leader.get(url(matter)).content.decode()
    assert leader.post(url(matter, "contact/"), {"why": " "}).status_code == 422
    shown = leader.post(url(matter, "contact/"), {"why": "上门前联系"}).content.decode()
    assert "19900001234" in shown
    assert AccessLog.objects.filter(
        matter_id=matter.pk, person_id=town.ids["leader"], why="上门前联系"
    ).exists()


def test_it_says_why_a_promise_was_due_then(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    told = sign_in("leader", part=True).get(url(matter, "why/arrive/")).content.decode()
    assert "10 分钟" in told


def test_many_at_once_are_done_one_by_one_and_each_refusal_is_told(town: Town, sign_in: SignIn) -> None:
    one, two = opened(town), opened(town, at=502)
    for matter, login, place in ((one, "worker", 501), (two, "worker2", 502)):
        town.take(login, matter.pk, "arrive", position=spot(place))
    town.finish(opened(town, at=511).pk, "worker3", 511)
    ended = Matter.objects.exclude(pk__in=[one.pk, two.pk]).get()
    picked = {"m": [ids.text(m.pk) for m in (one, two, ended)]}
    secretary = sign_in("secretary", part=True)
    assert 'name="reason"' in secretary.get("/desk/bulk/hand_up/", picked).content.decode()
    report = secretary.post(
        "/desk/bulk/hand_up/", picked | {"reason": "统一上报", "key": "bulk-of-three"}
    ).content.decode()
    assert "3 件办好了 2 件" in report and ended.number in report
    assert {m.holder_role for m in Matter.objects.filter(pk__in=[one.pk, two.pk])} == {"grid_leader"}


def test_a_note_on_many_is_refused_where_the_reader_does_not_reach(town: Town, sign_in: SignIn) -> None:
    mine, theirs = opened(town), opened(town, at=521)
    picked = {"m": [ids.text(mine.pk), ids.text(theirs.pk)], "words": "明天停水，先告诉住户"}
    report = sign_in("secretary", part=True).post("/desk/bulk/note/", picked).content.decode()
    assert "2 件办好了 1 件" in report
    assert version(mine) == 2 and version(theirs) == 1


def test_search_finds_by_number_words_address_and_telephone_tail(town: Town, sign_in: SignIn) -> None:
    matter = opened(town, address="清和园3号楼")
    secretary = sign_in("secretary", part=True)
    for text in (matter.number, "漏水", "清和园3号楼", "1234"):
        assert matter.number in secretary.get("/desk/search/", {"q": text}).content.decode(), text
    assert (
        matter.number
        not in sign_in("worker4", part=True).get("/desk/search/", {"q": "漏水"}).content.decode()
    )


def test_another_matter_is_found_for_a_merge_but_not_itself(town: Town, sign_in: SignIn) -> None:
    one, two = opened(town), opened(town)
    found = sign_in("leader", part=True).get(url(one, "find/"), {"find": "漏水"}).content.decode()
    assert two.number in found and one.number not in found


def test_the_places_page_shows_who_answers_and_who_is_above(town: Town, sign_in: SignIn) -> None:
    opened(town)
    browser = sign_in("secretary")
    page = browser.get(f"/desk/places/{ids.text(501)}/").content.decode()
    assert "李秀兰" in page and "周建国" in page and "由上一级顶着" in page
    assert browser.get(f"/desk/places/{ids.text(521)}/").status_code == 404


def test_a_whole_page_comes_without_scripts_too(town: Town, sign_in: SignIn) -> None:
    matter = opened(town)
    town.take("worker", matter.pk, "arrive", position=spot(501))
    worker = sign_in("worker")
    assert "<html" in worker.get(url(matter, "do/hand_up/")).content.decode()
    answer = worker.post(url(matter, "do/hand_up/"), {"reason": "本格办不了", "version": 2})
    assert answer.status_code == 303 and answer["Location"] == url(matter)
