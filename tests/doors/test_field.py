"""The field door: who may come in, what they may see, acts with their position, acts sent late, rounds, reports."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from linli.kernel import ids, moment
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Report
from linli.kernel.matters.models import Matter, Step
from linli.kernel.people.devices import RecoverySet
from linli.kernel.people.models import AccessLog, Person
from linli.kernel.registers import acts as registers
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


def signed_in(login: str) -> Client:
    """Somebody with both factors."""
    person, client = Person.objects.get(login=login), Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    device = RecoverySet.objects.create(user=person, name="test")
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    return client


def picture(name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, io.BytesIO(photo().data).read(), "image/jpeg")


def at(place: int) -> str:
    lon, lat = spot(place)
    return f"{lon},{lat}"


def do(client: Client, matter_id: int, act: str, **more: object) -> object:
    return client.post(
        f"/field/m/{ids.text(matter_id)}/do/{act}/", {"key": f"{act}-key-0123456789", **more}, **JSON
    )  # type: ignore[arg-type]


def test_nobody_gets_in_without_a_post(town: Town) -> None:
    assert Client().get("/field/")["Location"].startswith("/sign-in/")
    resident = Client()
    resident.force_login(
        Person.objects.get(login="resident"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert resident.get("/field/").status_code == 403


def test_my_matters_come_by_time_left_with_one_big_act(town: Town) -> None:
    with moment.at(moment.now() - timedelta(minutes=5)):
        town.report("stair_light", at=501)
    town.report("water_leak", at=501)
    town.report("road", at=502)
    shown = signed_in("worker").get("/field/").content.decode()
    assert shown.index("楼道灯不亮") < shown.index("漏水") and "路面破损" not in shown
    assert "我到场了" in shown and "共 2 件在手" in shown


def test_a_matter_of_another_grid_is_not_there(town: Town) -> None:
    receipt = town.report(at=521)
    client = signed_in("worker")
    assert client.get(f"/field/m/{ids.text(receipt.matter_id)}/").status_code == 404
    assert do(client, receipt.matter_id, "arrive", position=at(521)).status_code == 404  # type: ignore[attr-defined]
    assert Matter.objects.get().stage == "reported"


def test_arrive_and_finish_with_position_and_photo(town: Town) -> None:
    receipt, client = town.report(), signed_in("worker")
    assert do(client, receipt.matter_id, "arrive", position=at(501)).json()["ok"]  # type: ignore[attr-defined]
    refused = do(client, receipt.matter_id, "finish", words="换了垫圈")
    assert refused.status_code == 422 and refused.json()["sentence"]  # type: ignore[attr-defined]
    done = do(
        client,
        receipt.matter_id,
        "finish",
        words="换了垫圈",
        photo_after=picture(),
        photo_before=picture("b.jpg"),
    )
    assert done.json()["ok"]  # type: ignore[attr-defined]
    assert Matter.objects.get().stage == "done"


def test_without_a_position_the_pin_set_by_hand_counts_and_nothing_else(town: Town) -> None:
    receipt, client = town.report(), signed_in("worker")
    lon, lat = spot(501)
    assert do(client, receipt.matter_id, "arrive", pin_lon=str(lon), pin_lat=str(lat)).status_code == 422  # type: ignore[attr-defined]
    assert do(
        client, receipt.matter_id, "arrive", pin_lon=str(lon), pin_lat=str(lat), by_hand="1", words="没信号"
    ).json()["ok"]  # type: ignore[attr-defined]


def test_an_act_sent_late_keeps_its_own_hour_and_sending_twice_does_it_once(town: Town) -> None:
    opened = moment.now() - timedelta(minutes=30)
    with moment.at(opened):
        receipt = town.report()
    client = signed_in("worker")
    tapped = int((opened + timedelta(minutes=6)).timestamp() * 1000)
    for _ in range(2):
        assert do(client, receipt.matter_id, "arrive", position=at(501), happened_at=str(tapped)).json()["ok"]  # type: ignore[attr-defined]
    step = Step.objects.get(act="arrive")
    assert abs((step.at - opened).total_seconds() - 360) < 2
    assert step.recorded_at - step.at > timedelta(minutes=20)


def test_a_queue_that_was_signed_out_is_told_so_and_keeps_its_act(town: Town) -> None:
    receipt = town.report()
    answer = do(Client(), receipt.matter_id, "arrive", position=at(501))
    assert (answer.status_code, answer.json()["code"]) == (403, "doors.sign_in_first")  # type: ignore[attr-defined]


def test_calling_the_reporter_is_recorded_before_the_number_is_shown(town: Town) -> None:
    receipt, client = town.report(), signed_in("worker")
    page = client.get(f"/field/m/{ids.text(receipt.matter_id)}/").content.decode()
    assert "19900001234" not in page
    shown = client.post(f"/field/m/{ids.text(receipt.matter_id)}/call/").content.decode()
    assert "19900001234" in shown
    assert AccessLog.objects.filter(person_id=town.ids["worker"], matter_id=receipt.matter_id).count() == 1


def test_the_form_of_an_act_asks_what_the_pack_asks(town: Town) -> None:
    receipt, client = town.report(), signed_in("worker")
    do(client, receipt.matter_id, "arrive", position=at(501))
    shown = client.get(f"/field/m/{ids.text(receipt.matter_id)}/do/finish/").content.decode()
    assert 'name="photo_after"' in shown and 'capture="environment"' in shown and 'name="words"' in shown


def round_of(town: Town) -> tuple[str, list[str]]:
    """A round of three stops in grid 501."""
    leader, lon_lat = town.actor("leader"), list(spot(501))
    stops = [
        ids.text(registers.keep(leader, "patrol", "stop", 501, {
            "name": name, "spot": lon_lat, "place": ids.text(501), "look": ["堆物"], "times": 7,
        }).id)
        for name in ("西门", "三号楼", "垃圾房")
    ]  # fmt: skip
    item = registers.keep(
        leader, "patrol", "round", 501, {"name": "早巡", "place": ids.text(501), "stops": stops}
    )
    return ids.text(item.id), stops


def test_a_round_is_walked_stop_by_stop_and_what_is_found_becomes_a_matter(town: Town) -> None:
    number, stops = round_of(town)
    client, place = signed_in("worker"), {"place": ids.text(501)}
    assert "西门" in client.get("/field/patrol/").content.decode()
    assert client.post("/field/patrol/start/", place).status_code == 303
    for stop in stops[:2]:
        assert client.post(f"/field/patrol/{number}/visit/{stop}/", {"ok": "yes", **place}).status_code == 303
    found = client.post(f"/field/patrol/{number}/visit/{stops[2]}/", {"ok": "no", **place})
    assert found["Location"].startswith("/field/report/?stop=")
    assert "垃圾房" in client.get(found["Location"]).content.decode()
    filed = client.post("/field/report/", {
        "what": "patrol/rubbish/overflow", "stop": stops[2], "photos": picture(), "key": "patrol-key-0123456789", **place,
    })  # fmt: skip
    assert filed.status_code == 303, filed.content.decode()[:1500]
    matter = Matter.objects.get()
    assert (matter.source, matter.found, matter.place_id, matter.pack) == ("patrol", True, 501, "patrol")
    assert client.post(f"/field/patrol/{number}/finish/", place).status_code == 303
    assert "今天走完了" in client.get("/field/patrol/").content.decode()


def test_somebody_elses_round_is_not_walked(town: Town) -> None:
    number, stops = round_of(town)
    assert signed_in("worker4").post(
        f"/field/patrol/{number}/visit/{stops[0]}/", {"ok": "yes"}
    ).status_code in (403, 409)
    assert signed_in("worker4").post("/field/patrol/start/", {"place": ids.text(501)}).status_code == 403


def test_what_a_worker_sees_is_filed_on_the_spot(town: Town) -> None:
    lon, lat = spot(501)
    answer = signed_in("worker").post(
        "/field/report/",
        {
            "what": "repair/stair_light/out",
            "pin_lon": str(lon),
            "pin_lat": str(lat),
            "words": "不亮",
            "key": "f" * 24,
        },
        **JSON,
    )  # type: ignore[arg-type]
    assert answer.json()["ok"]
    matter = Matter.objects.get()
    assert (matter.source, matter.found, matter.place_id) == ("field", True, 501)


def test_the_field_speaks_english(town: Town) -> None:
    receipt, client = town.report(), signed_in("worker")
    client.cookies["lang"] = "en"
    for address in (
        "/field/",
        f"/field/m/{ids.text(receipt.matter_id)}/",
        "/field/patrol/",
        "/field/report/",
        "/field/notices/",
    ):
        shown = client.get(address).content.decode()
        assert 'lang="en"' in shown and ">field." not in shown


def test_a_promise_in_working_time_shows_its_hour_and_nothing_counts(town: Town) -> None:
    with moment.at(local("2026-03-04 10:00")):
        report = Report(
            "patrol",
            "rubbish",
            "overflow",
            lon=spot(501)[0],
            lat=spot(501)[1],
            source="patrol",
            photos=(photo(),),
        )
        acts.open_matter(town.actor("worker"), report)
        page = signed_in("worker").get("/field/").content.decode()
    assert "data-clock-figure" in page
    assert "data-due" not in page  # the page's timer would count it from 1970
