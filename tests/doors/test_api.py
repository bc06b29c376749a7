"""The API: reporting, following, acting; what it answers fits its own description."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pydantic import BaseModel

from linli.doors.api import shapes
from linli.doors.api.described import BODIES, described
from linli.doors.api.urls import api
from linli.kernel import ids
from linli.kernel.matters.models import Evidence, Key, Matter
from tests import town as towns
from tests.doors.api_town import BASE, Asker, report

pytestmark = pytest.mark.django_db


def fits(shape: type[BaseModel], answer: Any, status: int = 200) -> Any:
    """The body of an answer that has this status and is of this shape, nothing more and nothing less."""
    assert answer.status_code == status, answer.content.decode()
    shape.model_validate_json(answer.content, extra="forbid")
    return answer.json()


def test_services_tell_kinds_form_and_promises(town: towns.Town) -> None:
    found = fits(shapes.Services, Asker(town).get("services"))["items"]
    repair = next(service for service in found if service["key"] == "repair")
    assert "water_leak" in {kind["key"] for kind in repair["kinds"]}
    assert {"arrive", "solve"} <= {promise["key"] for promise in repair["promises"]}
    assert "patrol" not in {service["key"] for service in found}, "patrols are for staff"
    assert "patrol" in {service["key"] for service in Asker(town, "worker").get("services").json()["items"]}


def test_an_anonymous_report_is_answered_with_a_receipt_that_follows_it(town: towns.Town) -> None:
    asker = Asker(town)
    receipt = fits(shapes.ReceiptShape, asker.post("reports", report()), 201)
    assert receipt["holder"]["name"] == "李秀兰"
    assert [promise["key"] for promise in receipt["promises"]] == ["arrive", "solve"]
    assert receipt["link"].endswith(f"/m/{receipt['token']}/")
    seen = fits(shapes.FollowShape, asker.get(f"follow/{receipt['token']}"))
    assert seen["card"]["id"] == receipt["id"]
    by_code = {"number": receipt["number"], "code": receipt["code"]}
    assert fits(shapes.FollowShape, asker.post("follow", by_code))["card"]["id"] == receipt["id"]


def test_the_same_key_answers_the_same_receipt_and_another_report_under_it_is_refused(
    town: towns.Town,
) -> None:
    asker = Asker(town)
    first = asker.post("reports", report(), Idempotency_Key="one-two-three")
    again = asker.post("reports", report(), Idempotency_Key="one-two-three")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"again": True} == again.json()
    other = asker.post("reports", report(words="别的事"), Idempotency_Key="one-two-three")
    assert (other.status_code, other.json()["code"]) == (409, "key.used_otherwise")
    assert Matter.objects.count() == 1


def test_a_report_may_be_filed_only_unless_something_alike_is_known(town: towns.Town) -> None:
    asker = Asker(town)
    known = asker.post("reports", report(), Idempotency_Key="the-first-one").json()
    alike = report(unless_likely=0.8)
    refused = fits(shapes.Refused, asker.post("reports", alike, Idempotency_Key="the-second-one"), 409)
    assert refused["code"] == "report.known" and known["number"] in refused["sentence"]["zh"]
    assert [line["id"] for line in refused["facts"]["likely"]] == [known["id"]]
    assert refused["facts"]["likely"][0]["words"] == "", "nobody is shown a neighbour's words"
    assert Matter.objects.count() == 1
    assert asker.post("reports", report(unless_likely=1.0)).status_code == 201, "not that alike"
    again = asker.post("reports", report(), Idempotency_Key="the-first-one")
    assert (again.status_code, again.json()["id"]) == (200, known["id"]), (
        "the same report is no duplicate of itself"
    )
    assert asker.post("reports", report(unless_likely=1.1)).status_code == 422


def test_a_report_may_bring_pictures_as_a_form(town: towns.Town) -> None:
    lon, lat = towns.spot(501)
    file = SimpleUploadedFile("leak.jpg", towns.photo().data, "image/jpeg")
    fields = {
        "pack": "repair",
        "kind": "water_leak",
        "lon": lon,
        "lat": lat,
        "words": "漏水",
        "reporter": '{"phone": "19900001234"}',
    }
    receipt = fits(shapes.ReceiptShape, Asker(town).form("reports", fields | {"photos": file}), 201)
    assert Evidence.objects.filter(matter_id=ids.parse(receipt["id"]), kind="report").count() == 1


def test_a_refusal_says_why_in_both_languages_and_names_the_field(town: towns.Town) -> None:
    answer = Asker(town).post("reports", report(kind="no_such"))
    said = fits(shapes.Refused, answer, 422)
    assert (said["code"], said["field"]) == ("report.kind_unknown", "kind")
    assert said["sentence"]["zh"] != said["sentence"]["en"]
    assert Matter.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (report(lon=181), "lon"),
        (report(lat="north"), "lat"),
        (report(words="a\x00b"), "words"),
        (report(reporter={"fone": "1"}), "reporter.fone"),
        (report(colour="red"), "colour"),
        (report(place="short"), "place"),
        (report(answers={"shoe_size": "43"}), "answers.shoe_size"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(town: towns.Town, body: dict[str, Any], field: str) -> None:
    said = fits(shapes.Refused, Asker(town).post("reports", body), 422)
    assert said["field"] == field


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', '{"pack": "\\ud800"}'])
def test_a_body_that_is_no_report_is_refused_not_broken(town: towns.Town, body: str) -> None:
    answer = Client().post(BASE + "reports", body, content_type="application/json")
    fits(shapes.Refused, answer, 422)


def test_only_staff_may_say_that_they_found_it_or_where_it_came_in(town: towns.Town) -> None:
    for claim in ({"found": True}, {"source": "hotline"}):
        assert Asker(town).post("reports", report(**claim)).status_code == 403
        assert Asker(town, "worker").post("reports", report(**claim)).status_code == 201


def test_the_whole_loop_runs_over_the_api(town: towns.Town) -> None:
    worker, operator, anybody = Asker(town, "worker"), Asker(town, "operator"), Asker(town)
    receipt = anybody.post("reports", report()).json()
    address = f"matters/{receipt['id']}"
    inbox = fits(shapes.Inbox, worker.get("matters?tab=mine"))
    assert [card["id"] for card in inbox["items"]] == [receipt["id"]]
    lon, lat = towns.spot(501)
    arrived = fits(
        shapes.TakenShape,
        worker.post(f"{address}/acts/arrive", {"position": {"lon": lon, "lat": lat}, "version": 1}),
    )
    assert (arrived["stage"], arrived["version"]) == ("on_site", 2)
    picture = SimpleUploadedFile("after.jpg", towns.photo("after").data, "image/jpeg")
    finished = worker.form(
        f"{address}/acts/finish", {"words": "换了垫圈", "photos_after": picture, "version": 2}
    )
    assert fits(shapes.TakenShape, finished)["stage"] == "done"
    assert fits(shapes.CallBackList, operator.get("callbacks"))["items"][0]["card"]["id"] == receipt["id"]
    assert worker.get("callbacks").json()["items"] == [], "whoever may call nobody back has no queue"
    answers = {"contacted": True, "solved": True, "satisfied": True}
    handler = worker.post(f"{address}/acts/call_back", answers)
    assert handler.status_code == 403, "nobody calls back about their own work"
    assert fits(shapes.TakenShape, operator.post(f"{address}/acts/call_back", answers))["ended"] is True
    steps = anybody.get(f"follow/{receipt['token']}").json()["timeline"]
    assert [step["act"] for step in steps] == ["call_back", "finish", "arrive", "open"]


def test_a_reporter_answers_for_themselves_by_the_link(town: towns.Town) -> None:
    asker = Asker(town)
    receipt = asker.post("reports", report()).json()
    town.finish(ids.parse(receipt["id"]))
    done = asker.post(f"follow/{receipt['token']}/acts/answer", {"solved": True, "satisfied": False})
    assert fits(shapes.TakenShape, done)["ended"] is False


def test_anybody_may_say_me_too_and_gets_a_link_of_their_own(town: towns.Town) -> None:
    asker = Asker(town)
    receipt = asker.post("reports", report()).json()
    lon, lat = towns.spot(501)
    same = asker.post(
        "likely", {"pack": "repair", "kind": "water_leak", "lon": lon, "lat": lat, "words": "楼道漏水"}
    )
    found = fits(shapes.LikelyList, same)["items"]
    assert [line["id"] for line in found] == [receipt["id"]]
    joined = fits(
        shapes.TakenShape,
        asker.post(f"matters/{receipt['id']}/acts/me_too", {"reporter": {"phone": "19900005678"}}),
    )
    assert joined["token"]
    assert asker.get(f"follow/{joined['token']}").status_code == 200


def test_an_act_on_a_state_not_seen_is_refused(town: towns.Town) -> None:
    worker = Asker(town, "worker")
    receipt = town.report()
    address, position = (
        f"matters/{ids.text(receipt.matter_id)}",
        dict(zip(("lon", "lat"), towns.spot(501), strict=True)),
    )
    tag = worker.get(address).headers["ETag"]
    assert tag == '"1"'
    town.take("worker", receipt.matter_id, "note", words="在路上")
    late = worker.post(f"{address}/acts/arrive", {"position": position}, If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (409, "act.moved_on")
    assert worker.post(f"{address}/acts/arrive", {"position": position}, If_Match='"2"').status_code == 200
    assert worker.post(f"{address}/acts/note", {"words": "a"}, If_Match='"two"').json()["field"] == "If-Match"


def test_one_matter_is_shown_whole_to_staff_with_offers_and_reasons(town: towns.Town) -> None:
    receipt, worker = town.report(), Asker(town, "worker")
    address = f"matters/{ids.text(receipt.matter_id)}"
    page = fits(shapes.PageShape, worker.get(address))
    assert page["version"] == 1
    offers = fits(shapes.OfferList, worker.get(f"{address}/offers"))["items"]
    assert next(offer for offer in offers if offer["key"] == "arrive")["allowed"] is True
    why = fits(shapes.Explained, worker.get(f"{address}/clocks/arrive/why"))["lines"]
    assert any("1341" in line for line in why)
    assert worker.get(f"{address}/clocks/nothing/why").status_code == 404
    assert worker.get(f"{address}/clocks/arrive/why?at=yesterday").status_code == 422
    assert worker.get(f"{address}/clocks/arrive/why?at=0001-01-01").status_code == 422


def test_looking_at_a_contact_needs_a_reason_and_is_recorded(town: towns.Town) -> None:
    from linli.kernel.people.models import AccessLog

    receipt, operator = town.report(), Asker(town, "operator")
    address = f"matters/{ids.text(receipt.matter_id)}/contact"
    assert operator.post(address, {"why": ""}).status_code == 422
    assert fits(shapes.ContactShape, operator.post(address, {"why": "回访"}))["phone"] == "19900001234"
    assert AccessLog.objects.filter(matter_id=receipt.matter_id, what="contact").count() == 1


def test_search_and_units_and_who_am_i(town: towns.Town) -> None:
    receipt, leader = town.report(), Asker(town, "leader")
    found = fits(shapes.CardList, leader.post("search", {"text": receipt.number}))["items"]
    assert [card["number"] for card in found] == [receipt.number]
    units = fits(shapes.UnitList, leader.get(f"units?place={ids.text(501)}"))["items"]
    assert {unit["kind"] for unit in units} >= {"heating", "city_management"}
    me = fits(shapes.Me, leader.get("me"))
    assert [role["role"] for role in me["roles"]] == ["grid_leader"]
    assert fits(shapes.Me, Asker(town).get("me"))["person"] is None


def test_the_ground_and_an_address_are_found(town: towns.Town) -> None:
    lon, lat = towns.spot(501)
    ground = fits(shapes.Ground, Asker(town).get(f"ground?lon={lon}&lat={lat}"))
    assert [place["name"] for place in ground["places"]][-1] == "Qinghe 01"
    assert ground["answers"][0]["name"] == "李秀兰"
    assert Asker(town).get("ground?lon=0&lat=0").json()["code"] == "report.outside"
    hits = fits(shapes.Addresses, Asker(town).get("addresses?q=清和园"))["items"]
    assert hits and hits[0]["compound"] == "Qinghe Garden"


def test_the_public_map_shows_nothing_personal(town: towns.Town) -> None:
    receipt, asker = town.report(words="张三家漏水", address="3号楼2单元"), Asker(town)
    dots = asker.get("dots")
    assert [dot["id"] for dot in fits(shapes.Dots, dots)["items"]] == [ids.text(receipt.matter_id)]
    one = asker.get(f"public/{ids.text(receipt.matter_id)}")
    fits(shapes.PublicMatter, one)
    for answer in (dots, one):
        assert not any(
            private in answer.content.decode() for private in ("张三", "3号楼", "赵师傅", "19900001234")
        )
    lon, lat = towns.spot(501)
    assert asker.get(f"dots?bbox={lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}").json()["items"]
    assert asker.get("dots?bbox=0,0,1,1").json()["items"] == []
    assert asker.get("dots?bbox=1,2,3").status_code == 422


def test_reports_of_one_address_are_slowed_down_and_told_when_to_come_back(
    town: towns.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linli.doors.api import limits

    asker = Asker(town)
    monkeypatch.setattr(limits.reports, "most", 2)
    assert [asker.post("reports", report()).status_code for _ in range(3)] == [201, 201, 429]
    assert int(asker.post("reports", report()).headers["Retry-After"]) >= 60
    assert Asker(town, "worker").post("reports", report()).status_code == 201, "who is signed in is known"


def test_keys_of_different_people_do_not_meet(town: towns.Town) -> None:
    for login in ("", "worker"):
        assert Asker(town, login).post("reports", report(), Idempotency_Key="same-key-1").status_code == 201
    assert Key.objects.count() == 2


def test_the_description_is_openapi_and_names_every_body(town: towns.Town) -> None:
    whole = Client().get(BASE + "openapi.json").json()
    assert whole["openapi"].startswith("3.1")
    operations = {op["operationId"]: op for methods in whole["paths"].values() for op in methods.values()}
    assert set(BODIES) == {name for name, op in operations.items() if "requestBody" in op}
    posts = {
        op["operationId"]
        for methods in whole["paths"].values()
        for method, op in methods.items()
        if method == "post"
    }
    assert posts == set(BODIES)
    known = set(whole["components"]["schemas"])
    wanted = set(_refs(whole))
    assert wanted <= known, wanted - known
    assert json.loads(json.dumps(described(api))) == whole


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for each in value.values():
            yield from _refs(each)
    elif isinstance(value, list):
        for each in value:
            yield from _refs(each)


def test_the_listing_for_people_fetches_nothing_from_elsewhere(town: towns.Town) -> None:
    for lang in ("zh", "en"):
        page = Client().get(BASE, headers={"Accept-Language": lang})
        assert page.status_code == 200
        text = page.content.decode()
        assert (
            "/api/v1/reports" in text
            and "http://" not in text.replace("http://www.w3.org", "")
            and "https://" not in text
        )


def test_any_other_address_answers_as_the_api_does(town: towns.Town) -> None:
    for path in ("nothing", "matters/x/y/z", "follow/none"):
        answer = Asker(town).get(path)
        fits(shapes.Refused, answer, 404)


def test_a_picture_that_is_none_is_refused(town: towns.Town) -> None:
    lon, lat = towns.spot(501)
    file = io.BytesIO(b"not a picture")
    file.name = "x.jpg"
    answer = Asker(town).form(
        "reports",
        {"pack": "repair", "kind": "water_leak", "lon": lon, "lat": lat, "words": "a", "photos": file},
    )
    assert fits(shapes.Refused, answer, 422)["code"] == "photo.unreadable"


def test_the_reference_page_is_made_from_the_description() -> None:
    from linli.doors.api import reference
    from tests.house.tree import ROOT

    assert (ROOT / reference.PAGE).read_text("utf-8") == reference.text(), (
        "python -m linli.doors.api.reference"
    )


def test_a_method_that_an_address_does_not_know_is_refused_like_everything_else(town: towns.Town) -> None:
    answer = Client().put("/api/v1/reports", "{}", content_type="application/json")
    said = fits(shapes.Refused, answer, 405)
    assert said["code"] == "doors.wrong_method" and said["facts"]["allowed"] == answer["Allow"] == "POST"
    assert "PUT" in said["sentence"]["zh"] and "PUT" in said["sentence"]["en"]
