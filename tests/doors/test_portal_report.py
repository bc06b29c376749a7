"""A resident reports with no script at all: three pages, a receipt, a link that opens the matter again."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from linli.doors.portal import throttle
from linli.kernel import ids
from linli.kernel.matters.models import Contact, Matter
from linli.kernel.people import sealed
from linli.lenses import usual
from tests.town import Town, spot

pytestmark = pytest.mark.django_db
WHAT = "repair/water_leak/drip"


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def placed(client: Client, what: str = WHAT, at: int = 501) -> None:
    """The first two steps."""
    lon, lat = spot(at)
    assert client.post("/report/", {"what": what}).status_code == 303
    answer = client.post("/report/where/", {"by": "pin", "lon": str(lon), "lat": str(lat), "address": ""})
    assert (answer.status_code, answer["Location"]) == (303, "/report/words/")


def sent(client: Client, **more: str) -> str:
    """The last step; the page of the receipt."""
    given = {"words": "楼道水管滴水", "phone": "19900004321", "name": "赵师傅"} | more
    answer = client.post("/report/words/", given)
    assert (answer.status_code, answer.get("Location")) == (303, "/report/done/"), answer.content.decode()[
        :3000
    ]
    return page_of(client, "/report/done/")


def link_in(receipt: str) -> str:
    found = re.search(r"/m/([\w-]{20,})/", receipt)
    assert found
    return found.group(0)


def test_a_report_goes_from_the_first_page_to_its_receipt_without_a_script(town: Town) -> None:
    client = Client()
    assert "我要报事" in page_of(client, "/")
    assert WHAT in page_of(client, "/report/")
    placed(client)
    last = page_of(client, "/report/words/")
    assert "10<small>分钟</small>" in last and "李秀兰" in last, "the promise is told before anything is sent"
    receipt = sent(client)
    matter = Matter.objects.get()
    assert (matter.kind, matter.place_id, matter.source, matter.holder_id) == (
        "water_leak",
        501,
        "portal",
        town.ids["worker"],
    )
    assert matter.number in receipt and "李秀兰" in receipt and "<svg" in receipt
    contact = Contact.objects.get()
    assert sealed.unseal(contact.phone) == "19900004321"
    assert "楼道水管滴水" in page_of(Client(), link_in(receipt))


def test_the_browser_that_reported_finds_it_again_and_another_does_not(town: Town) -> None:
    client = Client()
    placed(client)
    sent(client)
    written = ids.text(Matter.objects.get().id)
    assert Matter.objects.get().number in page_of(client, f"/my/{written}/")
    assert "到场" in page_of(client, "/my/") and "还没有报过事" not in page_of(client, "/my/")
    assert Client().get(f"/my/{written}/").status_code == 404
    assert "还没有报过事" in page_of(Client(), "/my/")


def test_number_and_code_open_it_in_any_browser_and_a_wrong_pair_does_not(town: Town) -> None:
    client = Client()
    placed(client)
    receipt = sent(client)
    code = re.search(r'pt-code">(\w{6})<', receipt)
    assert code
    other, number = Client(), Matter.objects.get().number
    assert other.post("/my/find/", {"number": number, "code": "aaaaaa"}).status_code == 404
    answer = other.post("/my/find/", {"number": number, "code": code.group(1)})
    assert answer.status_code == 303
    assert number in page_of(other, answer["Location"])


def test_guessing_codes_is_slowed_down(town: Town) -> None:
    client = Client()
    answers = [
        client.post("/my/find/", {"number": "0304-0001", "code": "aaaaaa"}).status_code for _ in range(11)
    ]
    assert answers == [404] * 10 + [429]


def test_flooding_is_refused_kindly_and_changes_nothing(town: Town) -> None:
    client = Client()
    placed(client)
    for _ in range(throttle.reports.most):
        client.post("/report/words/", {"words": "", "phone": "x"})
    answer = client.post("/report/words/", {"words": "滴水", "anonymous": "1"})
    assert answer.status_code == 422 and "热线" in answer.content.decode()
    assert not Matter.objects.exists()


def test_sending_twice_files_once(town: Town) -> None:
    client = Client()
    placed(client)
    draft = client.cookies["draft"].value
    first = link_in(sent(client))
    client.cookies["draft"] = draft
    assert link_in(sent(client)) == first
    assert Matter.objects.count() == 1


def test_neither_a_number_nor_the_wish_to_stay_unnamed_is_asked_about(town: Town) -> None:
    client = Client()
    placed(client)
    answer = client.post("/report/words/", {"words": "滴水"})
    assert answer.status_code == 422 and "不留姓名电话" in answer.content.decode()
    assert "滴水" in answer.content.decode(), "what was written is still there"
    sent(client, phone="", anonymous="1")
    assert Matter.objects.get().anonymous


def test_a_signed_in_resident_who_stays_unnamed_is_not_linked_to_the_report(town: Town) -> None:
    from linli.kernel.people.models import Person

    client = Client()
    client.force_login(
        Person.objects.get(login="resident"), backend="django.contrib.auth.backends.ModelBackend"
    )
    placed(client)
    sent(client, anonymous="1")
    assert Contact.objects.get().person_id is None


def test_an_address_in_words_is_understood_and_an_unknown_one_is_not(town: Town) -> None:
    client = Client()
    client.post("/report/", {"what": WHAT})
    wrong = client.post("/report/where/", {"address": "月亮上的宫殿"})
    assert wrong.status_code == 422 and "没找到" in wrong.content.decode()
    right = client.post("/report/where/", {"address": "杏花苑"})
    assert right.status_code == 303
    sent(client)
    assert Matter.objects.get().place_id == 511


def test_a_pin_outside_the_town_is_refused(town: Town) -> None:
    client = Client()
    client.post("/report/", {"what": WHAT})
    assert client.post("/report/where/", {"by": "pin", "lon": "10.0", "lat": "10.0"}).status_code == 422


def test_the_steps_cannot_be_skipped(town: Town) -> None:
    assert Client().get("/report/words/")["Location"] == "/report/"
    client = Client()
    client.post("/report/", {"what": WHAT})
    assert client.get("/report/words/")["Location"] == "/report/where/"


def test_a_draft_that_somebody_changed_is_no_draft(town: Town) -> None:
    client = Client()
    placed(client)
    client.cookies["draft"] = client.cookies["draft"].value[:-3] + "abc"
    assert client.get("/report/words/")["Location"] == "/report/"


def test_what_is_there_already_is_suggested_before_sending(town: Town) -> None:
    town.report("water_leak", condition="drip")
    client = Client()
    placed(client)
    assert "可能是同一件" in page_of(client, "/report/words/")


def test_me_too_joins_the_first_report_instead_of_filing_a_second(town: Town) -> None:
    first = town.report("water_leak", condition="drip")
    client = Client()
    placed(client)
    answer = client.post(
        f"/report/same/{ids.text(first.matter_id)}/",
        {"phone": "19900009999", "number": first.number, "key": "k" * 32},
    )
    assert answer.status_code == 303, answer.content.decode()[:2000]
    assert Matter.objects.get().me_too == 1
    assert "也遇到" in page_of(client, "/report/done/")
    assert first.number in page_of(client, link_in(page_of(client, "/report/done/")))


def test_a_form_without_its_token_is_refused(town: Town) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/report/", {"what": WHAT}).status_code == 403


def test_what_neighbours_report_most_is_one_tap_away(town: Town) -> None:
    usual.forget()
    tiles = re.compile(r'<button class="tile" name="what" value="([^"]+)"')
    before = tiles.findall(page_of(Client(), "/report/"))
    assert len(before) == 6 and len({tile.split("/")[1] for tile in before}) == 6
    for at in (501, 502, 511):
        town.report("lift", condition="stopped", at=at)
    town.report("water_leak", condition="drip")
    usual.forget()
    client = Client()
    after = tiles.findall(page_of(client, "/report/"))
    assert after[:2] == ["repair/lift/stopped", "repair/water_leak/drip"]
    placed(client, after[0])
    sent(client)
    assert Matter.objects.latest("id").kind == "lift"


def test_no_tile_hurries_somebody_past_advice_or_tells_of_quarrels(town: Town) -> None:
    for _ in range(3):
        town.report("gas_smell")
    usual.forget()
    page = page_of(Client(), "/report/")
    assert 'class="tile" name="what" value="repair/gas_smell' not in page
    assert 'value="repair/gas_smell' in page
