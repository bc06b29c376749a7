"""People at the desk: who may open it, what it shows, and what a form of it does in the kernel."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from linli.doors.leave_form import today
from linli.kernel import ids, moment
from linli.kernel.matters import succession
from linli.kernel.matters.models import Matter
from linli.kernel.people import accounts, acts, duty, rota, second_factor
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Assignment, Leave, Person, Roster
from tests import town as towns
from tests.doors.staff.conftest import SignIn
from tests.town import Town

pytestmark = pytest.mark.django_db

BASE = "/desk/people/"
EVERYBODY = ("resident", "worker", "leader", "secretary", "secretary2", "officer", "operator", "heat", "admin", "wall")  # fmt: skip
#: address → what each of EVERYBODY gets for it. {worker} answers for a micro-grid of the first secretary's community.
TABLE: dict[str, tuple[int, ...]] = {
    "GET ": (403, 403, 403, 200, 200, 403, 403, 403, 200, 403),
    "GET ?place={grid}": (403, 403, 403, 200, 404, 403, 403, 403, 200, 403),
    "GET p/{worker}/": (403, 403, 403, 200, 404, 403, 403, 403, 200, 403),
    "GET appoint/?place={grid}": (403, 403, 403, 200, 404, 403, 403, 403, 200, 403),
    "GET roster/": (403, 403, 403, 200, 200, 403, 403, 403, 200, 403),
    "GET roster/?place={grid}": (403, 403, 403, 200, 404, 403, 403, 403, 200, 403),
    "GET accounts/": (403, 403, 403, 403, 403, 403, 403, 403, 200, 403),
    "GET accounts/new/": (403, 403, 403, 403, 403, 403, 403, 403, 200, 403),
    "POST p/{worker}/leave/": (403, 403, 403, 422, 404, 403, 403, 403, 422, 403),
    "POST p/{worker}/back/": (403, 403, 403, 404, 404, 403, 403, 403, 404, 403),
    "POST p/{worker}/hand-over/": (403, 403, 403, 422, 404, 403, 403, 403, 422, 403),
    "POST p/{worker}/end/": (403, 403, 403, 404, 404, 403, 403, 403, 404, 403),
    "POST p/{worker}/call-off/": (403, 403, 403, 404, 404, 403, 403, 403, 404, 403),
    "POST appoint/": (403, 403, 403, 422, 404, 403, 403, 403, 422, 403),
    "POST roster/": (403, 403, 403, 422, 404, 403, 403, 403, 422, 403),
    "POST accounts/new/": (403, 403, 403, 403, 403, 403, 403, 403, 422, 403),
    "POST p/{worker}/details/": (403, 403, 403, 403, 403, 403, 403, 403, 422, 403),
    "POST p/{worker}/password/": (403, 403, 403, 403, 403, 403, 403, 403, 200, 403),
    "POST p/{worker}/second-factor/": (403, 403, 403, 403, 403, 403, 403, 403, 303, 403),
    "POST p/{worker}/close/": (403, 403, 403, 403, 403, 403, 403, 403, 409, 403),
    "POST p/{worker}/reopen/": (403, 403, 403, 403, 403, 403, 403, 403, 409, 403),
}


def days(n: int) -> str:
    return (today() + timedelta(days=n)).isoformat()


def page(town: Town, login: str, rest: str = "") -> str:
    return f"{BASE}p/{ids.text(town.ids[login])}/{rest}"


def newcomer(town: Town) -> int:
    return accounts.add_person(SYSTEM, "newcomer", "刘敏")


@pytest.mark.parametrize("operation", TABLE)
def test_who_may_not_cannot(town: Town, sign_in: SignIn, operation: str) -> None:
    method, _, path = operation.partition(" ")
    address = BASE + path.format(grid=ids.text(501), worker=ids.text(town.ids["worker"]))
    got = []
    for login in EVERYBODY:
        browser = sign_in(login)
        asked = {"place": ids.text(501), "do": "save"}
        answer = browser.get(address) if method == "GET" else browser.post(address, asked)
        got.append(answer.status_code)
    assert dict(zip(EVERYBODY, got, strict=True)) == dict(zip(EVERYBODY, TABLE[operation], strict=True))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("login", ["secretary", "admin"])
def test_every_page_speaks_both_languages(town: Town, sign_in: SignIn, login: str, lang: str) -> None:
    browser = sign_in(login, lang=lang)
    paths = ["", "?place=" + ids.text(1), "roster/", "appoint/?place=" + ids.text(501)]
    paths += ["p/" + ids.text(town.ids["worker"]) + "/", "accounts/", "accounts/new/"]
    for path in paths:
        answer = browser.get(BASE + path)
        if login == "secretary" and answer.status_code in (403, 404):
            continue
        assert answer.status_code == 200, path
        assert not re.search(r"[\">]\s*(desk|sign_in)\.[a-z_.]+\s*[\"<]", answer.content.decode()), path


def test_a_secretary_sees_who_answers_for_each_grid_and_where_nobody_is(town: Town, sign_in: SignIn) -> None:
    with moment.at(towns.BEGAN + timedelta(days=1)):
        gone = Assignment.objects.get(person_id=town.ids["worker2"], until=None)
        acts.end_appointment(SYSTEM, gone.pk)
    now = moment.now()
    rota.take_leave(SYSTEM, town.ids["worker"], town.ids["worker3"], now, now + timedelta(days=3))
    shown = sign_in("secretary").get(BASE).content.decode()
    rows = {name: row for row in shown.split("<li ")[1:] for name in re.findall(r'pp-where">([^<]+)', row)}
    assert "东里 01" not in rows
    assert "vacant" in rows["清和 02"] and "没有网格员" in rows["清和 02"]
    assert "休假到" in rows["清和 01"] and "杜建平 代" in rows["清和 01"] and "代 李秀兰" in rows["清和 01"]
    assert "杜建平" in rows["杏花 01"] and "vacant" not in rows["杏花 01"]


def test_leave_with_a_deputy_and_the_next_report_is_the_deputys(town: Town, sign_in: SignIn) -> None:
    mine = Matter.objects.get(pk=town.report().matter_id)
    browser = sign_in("secretary")
    assert mine.number in browser.get(page(town, "worker")).content.decode()
    asked = {"first": days(0), "last": days(2), "deputy": town.ids["worker2"]}
    assert browser.post(page(town, "worker", "leave/"), asked).status_code == 303
    assert Matter.objects.get(pk=town.report(off=(0.0003, 0.0)).matter_id).holder_id == town.ids["worker2"]
    leave = Leave.objects.get()
    assert leave.until == moment.local(moment.now()).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=3)
    browser.post(page(town, "worker", "back/"), {"leave": leave.pk})
    found = duty.holder("grid_worker", towns.path(501))
    assert found is not None and found.person_id == town.ids["worker"]


def test_a_post_is_handed_over_from_a_day_to_come(town: Town, sign_in: SignIn) -> None:
    new = newcomer(town)
    browser = sign_in("secretary")
    assert "刘敏（newcomer，还没有岗位）" in browser.get(page(town, "worker")).content.decode()
    post = Assignment.objects.get(person_id=town.ids["worker"], until=None).pk
    asked = {"post": ids.text(post), "to": new, "from": days(3)}
    answer = browser.post(page(town, "worker", "hand-over/"), asked)
    assert answer.status_code == 303 and ids.text(new) in answer["Location"]
    for ahead, who in ((timedelta(days=1), town.ids["worker"]), (timedelta(days=4), new)):
        found = duty.holder("grid_worker", towns.path(501), moment.now() + ahead)
        assert found is not None and found.person_id == who
    shown = browser.get(BASE).content.decode()
    assert "交给 刘敏" in shown and "起任职" in shown


def test_a_hand_over_to_come_is_called_off_with_one_click(town: Town, sign_in: SignIn) -> None:
    new, browser = newcomer(town), sign_in("secretary")
    post = Assignment.objects.get(person_id=town.ids["worker"], until=None).pk
    browser.post(page(town, "worker", "hand-over/"), {"post": ids.text(post), "to": new, "from": days(3)})
    shown = browser.get(BASE).content.decode()
    offered = re.findall(r'action="(\S+/call-off/)".*?name="post" value="(\w+)"', shown)
    assert len(offered) == 2, "at the one who leaves and at the one who comes"
    address, named = offered[1]
    answer = browser.post(address, {"post": named})
    assert answer.status_code == 303 and page(town, "worker") in answer["Location"]
    assert "已取消，岗位照旧" in browser.get(answer["Location"]).content.decode()
    assert "call-off" not in browser.get(BASE).content.decode()
    found = duty.holder("grid_worker", towns.path(501), moment.now() + timedelta(days=4))
    assert found is not None and found.person_id == town.ids["worker"]
    again = browser.post(
        address.replace(ids.text(new), ids.text(town.ids["worker"])), {"post": ids.text(post)}
    )
    assert again.status_code == 409 and "没有可取消的" in again.content.decode()


def test_a_post_that_is_not_hers_is_shown_without_the_button(town: Town, sign_in: SignIn) -> None:
    """Somebody with posts in two communities: she calls off what is settled about hers, and sees the other."""
    acts.appoint(SYSTEM, town.ids["worker"], "grid_worker", 521)
    hers, other = Assignment.objects.filter(person_id=town.ids["worker"], until=None).order_by("place_id")
    acts.hand_over(SYSTEM, town.ids["worker"], newcomer(town), moment.now() + timedelta(days=3))
    browser = sign_in("secretary")
    shown = browser.get(page(town, "worker")).content.decode()
    assert re.findall(r'name="post" value="(\w+)"><button class="btn sm quiet"', shown) == [ids.text(hers.pk)]
    answer = browser.post(page(town, "worker", "call-off/"), {"post": ids.text(other.pk)})
    assert answer.status_code == 403


def test_open_matters_follow_to_the_successor(town: Town, sign_in: SignIn) -> None:
    matter, new = town.report().matter_id, newcomer(town)
    post = Assignment.objects.get(person_id=town.ids["worker"], until=None).pk
    asked = {"post": ids.text(post), "to": new, "from": days(0)}
    assert sign_in("secretary").post(page(town, "worker", "hand-over/"), asked).status_code == 303
    assert succession.run_once() == 1
    assert Matter.objects.get(pk=matter).holder_id == new


def test_a_secretary_cannot_give_what_is_not_hers_to_give(town: Town, sign_in: SignIn) -> None:
    new, browser = newcomer(town), sign_in("secretary")
    for role in ("community_secretary", "admin", "property_company", "street_duty_officer"):
        asked = {"place": ids.text(5), "role": role, "person": new, "from": days(0)}
        assert browser.post(BASE + "appoint/", asked).status_code == 403, role
    elsewhere = {"place": ids.text(521), "role": "grid_worker", "person": new, "from": days(0)}
    assert browser.post(BASE + "appoint/", elsewhere).status_code == 404
    hers = {"place": ids.text(502), "role": "grid_worker", "person": new, "from": days(0)}
    assert browser.post(BASE + "appoint/", hers).status_code == 303
    assert duty.holds(new, "grid_worker", towns.path(502)) and not duty.holds(new, "admin", towns.path(5))


def test_an_administrator_appoints_for_an_organisation_too(town: Town, sign_in: SignIn) -> None:
    new, browser = newcomer(town), sign_in("admin")
    asked = {"place": ids.text(50), "role": "property_company", "person": new, "from": days(0)}
    assert browser.post(BASE + "appoint/", asked).status_code == 422
    unit = ids.text(town.units["property"])
    assert browser.post(BASE + "appoint/", asked | {"unit": unit}).status_code == 303
    assert Assignment.objects.get(person_id=new).unit_id == town.units["property"]


def test_an_administrator_sees_no_matter_on_anybodys_page(town: Town, sign_in: SignIn) -> None:
    matter = Matter.objects.get(pk=town.report(words="记号七八九").matter_id)
    shown = sign_in("admin").get(page(town, "worker")).content.decode()
    assert matter.number not in shown and "记号七八九" not in shown and "手上的事和新来的事" in shown


def rows(*shifts: tuple[int, str, str, str]) -> dict[str, list[str]]:
    columns = list(zip(*shifts, strict=True)) or [(), (), (), ()]
    names = ("person", "day", "start", "end")
    return {name: [str(each) for each in column] for name, column in zip(names, columns, strict=True)} | {
        "date": ["" for _ in shifts]
    }


def test_a_roster_shows_its_holes_and_overlaps_before_it_is_in_force(town: Town, sign_in: SignIn) -> None:
    acts.appoint(SYSTEM, town.ids["worker2"], "grid_worker", 501)
    place = {"place": ids.text(501), "role": "grid_worker"}
    one, two = town.ids["worker"], town.ids["worker2"]
    typed = rows(
        (one, "workdays", "21:00", "07:00"), (two, "6", "21:00", "07:00"), (two, "0", "20:00", "22:00")
    )
    browser = sign_in("secretary", part=True)
    shown = browser.post(BASE + "roster/", place | typed | {"do": "check"}).content.decode()
    assert "周六 20:00–周日 07:00" in shown, "the hole"
    assert "周一 21:00–22:00：李秀兰、马会生" in shown, "two at once"
    assert not Roster.objects.filter(place_id=501).exists()
    saved = browser.post(BASE + "roster/", place | typed | {"do": "save"})
    assert saved.status_code == 204 and "done=saved" in saved["HX-Redirect"]
    assert Roster.objects.get(place_id=501, until=None).turns.count() == 7
    again = (
        sign_in("secretary").get(f"{BASE}roster/?place={place['place']}&role=grid_worker").content.decode()
    )
    assert re.search(r'value="workdays" selected', again) and 'value="21:00"' in again
    browser.post(BASE + "roster/", place | {"do": "drop"})
    assert not Roster.objects.filter(place_id=501, until=None).exists()


def test_a_row_half_filled_in_is_named(town: Town, sign_in: SignIn) -> None:
    place = {"place": ids.text(501), "role": "grid_worker", "do": "save"}
    typed = rows((town.ids["worker"], "daily", "08:00", ""))
    answer = sign_in("secretary").post(BASE + "roster/", place | typed)
    assert answer.status_code == 422 and "第 1 行" in answer.content.decode()


def test_the_roster_of_an_organisation_is_set_on_the_page(town: Town, sign_in: SignIn) -> None:
    unit, keeper, mate = town.units["property"], town.ids["property"], newcomer(town)
    acts.appoint(SYSTEM, mate, "property_company", 50, unit_id=unit)
    whose = f"property_company:{ids.text(unit)}"
    browser = sign_in("admin")
    start = browser.get(f"{BASE}roster/?place={ids.text(50)}").content.decode()
    assert f'<option value="{whose}">清和物业</option>' in start
    one = browser.get(f"{BASE}roster/?place={ids.text(50)}&role={whose}").content.decode()
    assert "清和园 · 清和物业" in one and "刘敏" in one and "李秀兰" not in one
    place, part = {"place": ids.text(50), "role": whose}, sign_in("admin", part=True)
    typed = rows((keeper, "daily", "08:00", "20:00"), (mate, "daily", "20:00", "08:00"))
    saved = part.post(BASE + "roster/", place | typed | {"do": "save"})
    assert saved.status_code == 204 and f"role={whose}" in saved["HX-Redirect"]
    kept = Roster.objects.get(unit_id=unit, until=None)
    assert kept.turns.count() == 14 and not kept.stands_in
    midnight = moment.local(moment.now()).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    for hour, who in ((12, keeper), (23, mate)):
        found = duty.unit_holder(unit, midnight + timedelta(hours=hour))
        assert found is not None and found.person_id == who and found.on_duty
    assert (
        'aria-current="true"><span>清和园</span><small>清和物业'
        in browser.get(saved["HX-Redirect"]).content.decode()
    )
    assert not Roster.objects.filter(unit_id=None, place_id=50, until=None).exists()
    part.post(BASE + "roster/", place | {"do": "drop"})
    assert not Roster.objects.filter(unit_id=unit, until=None).exists()


def test_whoever_does_not_work_for_the_organisation_is_not_on_its_roster(town: Town, sign_in: SignIn) -> None:
    whose = f"property_company:{ids.text(town.units['property'])}"
    typed = rows((town.ids["property2"], "daily", "08:00", "20:00"))
    asked = {"place": ids.text(50), "role": whose, "do": "save"} | typed
    answer = sign_in("admin").post(BASE + "roster/", asked)
    assert answer.status_code == 422 and "不担任" in answer.content.decode()
    assert not Roster.objects.exists()


def test_a_secretary_does_not_keep_the_rosters_of_organisations(town: Town, sign_in: SignIn) -> None:
    whose = f"property_company:{ids.text(town.units['property'])}"
    browser = sign_in("secretary")
    shown = browser.get(f"{BASE}roster/?place={ids.text(50)}&role={whose}").content.decode()
    assert "清和物业" not in shown
    asked = {"place": ids.text(50), "role": whose, "do": "save"}
    browser.post(BASE + "roster/", asked | rows((town.ids["property"], "daily", "08:00", "20:00")))
    assert not Roster.objects.filter(unit_id=town.units["property"]).exists()


def test_a_closed_account_is_opened_again_with_a_password_shown_once(town: Town, sign_in: SignIn) -> None:
    new, browser = newcomer(town), sign_in("admin")
    address = f"{BASE}p/{ids.text(new)}/"
    browser.post(address + "close/")
    shown = browser.get(address).content.decode()
    assert "重新启用" in shown and "重设密码" not in shown
    opened = browser.post(address + "reopen/").content.decode()
    (word,) = re.findall(r"<code>([\w-]+)</code>", opened)
    row = Person.objects.get(pk=new)
    assert row.is_active and row.must_change and row.check_password(word)
    assert (
        word not in browser.get(address).content.decode() and "重新启用" not in opened.split("pp-secret")[1]
    )
    assert browser.post(address + "reopen/").status_code == 409


def test_an_account_is_made_with_a_password_shown_once_and_owed_a_change(town: Town, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    asked = {"login": "liu.min", "name": "刘敏", "phone": "19900007777", "notice_lang": "zh"}
    answer = browser.post(BASE + "accounts/new/", asked)
    made = Person.objects.get(login="liu.min")
    shown = re.search(r"<code>([^<]+)</code>", answer.content.decode())
    assert shown is not None and made.check_password(shown[1]) and made.must_change
    assert answer["Cache-Control"] == "no-store"
    again = browser.get(f"{BASE}p/{ids.text(made.pk)}/").content.decode()
    assert (
        shown[1] not in again and "19900007777" not in again and "19900007777" not in answer.content.decode()
    )
    assert browser.post(BASE + "accounts/new/", asked).status_code == 409
    assert "刘敏" in browser.get(BASE + "accounts/?q=liu").content.decode()
    assert "李秀兰" not in browser.get(BASE + "accounts/?q=liu").content.decode()


def test_a_lost_authenticator_and_a_forgotten_password_are_seen_to(town: Town, sign_in: SignIn) -> None:
    browser, worker = sign_in("admin"), town.ids["worker"]
    device = second_factor.begin(worker)
    type(device).objects.filter(pk=device.pk).update(confirmed=True)
    assert browser.post(page(town, "worker", "second-factor/")).status_code == 303
    assert not second_factor.enrolled(worker)
    told = browser.post(page(town, "worker", "password/")).content.decode()
    shown = re.search(r"<code>([^<]+)</code>", told)
    assert shown is not None and Person.objects.get(pk=worker).check_password(shown[1])
    browser.post(page(town, "worker", "details/"), {"name": "李秀兰兰", "phone": ""})
    assert Person.objects.get(pk=worker).name == "李秀兰兰"


def test_the_last_holder_of_a_post_is_not_closed_and_it_is_said_what_to_do(
    town: Town, sign_in: SignIn
) -> None:
    browser = sign_in("admin", lang="en")
    answer = browser.post(page(town, "worker", "close/"))
    assert answer.status_code == 409
    assert "only “Grid worker” for Qinghe 01" in answer.content.decode()
    assert "Hand that post over" in answer.content.decode()
    acts.hand_over(SYSTEM, town.ids["worker"], newcomer(town))
    assert browser.post(page(town, "worker", "close/")).status_code == 303
    assert not Person.objects.get(pk=town.ids["worker"]).is_active


def test_a_worker_sees_their_week_and_takes_leave_in_the_field(town: Town, sign_in: SignIn) -> None:
    turns = [rota.TurnAsk(town.ids["worker"], 480, 1080, weekday=day) for day in range(7)]
    rota.set_roster(SYSTEM, "grid_worker", 501, turns)
    browser = sign_in("worker")
    assert "/field/duty/" in browser.get("/field/").content.decode()
    shown = browser.get("/field/duty/").content.decode()
    assert shown.count("08:00–18:00") == 7 and "马会生（网格员，清和 02）" in shown
    asked = {"first": days(1), "last": days(1), "deputy": town.ids["worker2"]}
    assert browser.post("/field/duty/", asked).status_code == 303
    leave = Leave.objects.get(person_id=town.ids["worker"])
    assert "由 马会生 代班" in browser.get("/field/duty/").content.decode()
    assert sign_in("worker2").post("/field/duty/back/", {"leave": leave.pk}).status_code == 403
    assert browser.post("/field/duty/back/", {"leave": leave.pk}).status_code == 303
    assert "由 马会生 代班" not in browser.get("/field/duty/").content.decode()
