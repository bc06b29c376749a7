"""Following a matter, answering the call-back; and what the public sees, which is nothing personal."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from linli.doors.live import LiveRequest
from linli.doors.portal import kinds, live
from linli.kernel import ids
from linli.kernel.matters.asks import Reporter
from linli.kernel.matters.models import Evidence, Matter
from tests import town as towns
from tests.town import Town, photo

pytestmark = pytest.mark.django_db
SECRETS = ("赵师傅", "19900001234", "楼道漏水", "2 单元 401")


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_the_page_shows_every_step_and_who_did_it(town: Town) -> None:
    receipt = town.report()
    town.finish(receipt.matter_id)
    shown = page_of(Client(), f"/m/{receipt.token}/")
    for words in ("您报了事", "到场", "李秀兰", "换了垫圈，不漏了", receipt.number):
        assert words in shown


def test_the_reporter_answers_and_the_matter_ends(town: Town) -> None:
    receipt = town.report()
    town.finish(receipt.matter_id)
    client = Client()
    assert "事情办完了" in page_of(client, f"/m/{receipt.token}/")
    answer = client.post(
        f"/m/{receipt.token}/do/answer/", {"solved": "yes", "satisfied": "yes", "key": "a" * 32}
    )
    assert answer.status_code == 303
    assert Matter.objects.get().outcome == "solved"
    assert "已解决" in page_of(client, f"/m/{receipt.token}/")


def test_not_satisfied_opens_it_again(town: Town) -> None:
    receipt = town.report()
    town.finish(receipt.matter_id)
    client = Client()
    client.post(
        f"/m/{receipt.token}/do/answer/",
        {"solved": "yes", "satisfied": "no", "words": "又漏了", "key": "a" * 32},
    )
    matter = Matter.objects.get()
    assert (matter.stage, matter.round, matter.ended_at) == ("on_site", 1, None)
    assert "又漏了" in page_of(client, f"/m/{receipt.token}/")


def test_the_reporter_adds_and_withdraws_but_cannot_do_what_staff_do(town: Town) -> None:
    receipt = town.report()
    client, base = Client(), f"/m/{receipt.token}/do/"
    assert client.post(base + "supplement/", {"words": "水更大了", "key": "b" * 32}).status_code == 303
    assert "水更大了" in page_of(client, f"/m/{receipt.token}/")
    assert client.post(base + "arrive/", {"position": "108.9,36.6"}).status_code == 409
    assert client.post(base + "withdraw/", {"reason": "自己修好了", "key": "c" * 32}).status_code == 303
    assert Matter.objects.get().outcome == "withdrawn"


def test_a_link_nobody_was_given_leads_nowhere(town: Town) -> None:
    assert Client().get("/m/thislinkwasnevergivenout/").status_code == 404
    assert Client().post("/m/thislinkwasnevergivenout/do/withdraw/", {"reason": "x"}).status_code == 404


def test_public_pages_hold_nothing_personal(town: Town) -> None:
    receipt = town.report(
        address="清和园 3 号楼 2 单元 401",
        photos=(photo(),),
        reporter=Reporter("赵师傅", "19900001234", "401"),
    )
    written, client = ids.text(receipt.matter_id), Client()
    pages = [
        page_of(client, address)
        for address in ("/", "/map/", f"/map/{written}/", "/map/dots.json", "/worker/", "/about/privacy/")
    ]
    for shown in pages:
        for secret in (*SECRETS, receipt.token, receipt.code):
            assert secret not in shown
    assert "漏水" in pages[1] and written in pages[3]


def test_a_quarrel_is_drawn_as_an_area_and_never_as_a_point(town: Town) -> None:
    quiet = [
        (pack.key, kind.key) for pack in kinds.packs_for() for kind in pack.kinds.values() if kind.area_only
    ]
    assert quiet, "some kind is too delicate for a point"
    pack, kind = quiet[0]
    lon, lat = towns.spot(501, 0.0011, 0.0007)
    town.report(kind, pack, off=(0.0011, 0.0007), words="楼上天天吵")
    (dot,) = json.loads(page_of(Client(), "/map/dots.json"))["dots"]
    assert dot["radius"] and abs(dot["lon"] - lon) > 0.0005 and abs(dot["lat"] - lat) > 0.0005


def test_the_map_says_the_same_in_words(town: Town) -> None:
    town.report()
    shown = page_of(Client(), "/map/")
    assert 'data-state="plenty"' in shown and "有人正赶来" in shown


def test_photos_are_for_the_reporter_and_for_staff_never_for_the_public(town: Town) -> None:
    receipt = town.report(photos=(photo(),))
    address = f"/photos/{ids.text(Evidence.objects.get().id)}.jpg"
    assert Client().get(address).status_code == 404
    reporter = Client()
    page_of(reporter, f"/m/{receipt.token}/")
    answer = reporter.get(address)
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/jpeg",
        "nosniff",
    )
    assert "private" in answer["Cache-Control"]
    assert reporter.get(address.replace(".jpg", ".thumb.jpg")).status_code == 200


def test_internal_notes_with_photos_stay_inside(town: Town) -> None:
    receipt = town.report()
    town.take("worker", receipt.matter_id, "note", words="门口的狗要当心", photos=(photo("other"),))
    reporter = Client()
    assert "门口的狗" not in page_of(reporter, f"/m/{receipt.token}/")
    assert reporter.get(f"/photos/{ids.text(Evidence.objects.get().id)}.jpg").status_code == 404


def test_who_answers_here_is_named_and_home_is_remembered(town: Town) -> None:
    client = Client()
    answer = client.post("/worker/", {"address": "杏花苑"})
    shown = answer.content.decode()
    assert "杜建平" in shown and "白志远" in shown and "陈国栋" in shown and "李秀兰" not in shown
    client.post("/worker/home/", {"place": ids.text(511)})
    assert "杏花 01" in page_of(client, "/")
    assert "杜建平" in page_of(client, "/worker/")


def test_privacy_is_told_from_what_the_packs_declare(town: Town) -> None:
    shown = page_of(Client(), "/about/privacy/")
    assert "联系和回访" in shown and "办结后 180 天" in shown


def test_every_page_speaks_english(town: Town) -> None:
    receipt = town.report()
    client = Client()
    client.cookies["lang"] = "en"
    for address in (
        "/",
        "/report/",
        "/map/",
        "/my/",
        "/my/find/",
        "/worker/",
        "/about/privacy/",
        f"/m/{receipt.token}/",
    ):
        shown = page_of(client, address)
        assert 'lang="en"' in shown
        for left in ("portal.", "field."):
            assert f">{left}" not in shown, (address, left)


def test_only_a_follower_may_listen_to_a_matter(town: Town) -> None:
    receipt = town.report()
    written = ids.text(receipt.matter_id)
    heard = live.matter(LiveRequest(rest=receipt.token))
    assert heard and heard.topics == {f"matter:{written}"}
    assert live.matter(LiveRequest(rest="thislinkwasnevergivenout")) is None
    assert live.matter(LiveRequest(rest=written)) is None
    reporter = Client()
    page_of(reporter, f"/m/{receipt.token}/")
    cookies = {name: morsel.value for name, morsel in reporter.cookies.items()}
    assert live.matter(LiveRequest(rest=written, cookies=cookies)) is not None
    public = live.public(LiveRequest())
    assert public and public.topics == {"public"}
