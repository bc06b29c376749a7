"""The wall's door: who may open it, what it says, what it never says, and what it is told while it hangs there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from linli.doors.live import LiveEvent, LiveRequest
from linli.doors.live_map import events_of
from linli.doors.screen import state
from linli.doors.streams import _screen
from linli.kernel import ids, moment
from linli.kernel.ledger import rows, sequence
from linli.kernel.matters import acts, due
from linli.kernel.matters.asks import Inputs, Reporter
from linli.kernel.people.models import Person
from linli.kernel.registers import acts as registers
from linli.kernel.registers import rounds
from tests.town import Town, local, path, photo, spot

pytestmark = pytest.mark.django_db

TEN = local("2026-03-04 10:00")
PERSONAL = ("赵师傅", "赵", "1990000", "三号楼", "502室", "老母亲")


@pytest.fixture
def town(town: Town) -> Iterator[Town]:
    """As elsewhere, and no figure is remembered."""
    state.figures.forget()
    yield town
    state.figures.forget()


@pytest.fixture
def come_in(town: Town, settings: Any) -> Callable[..., Client]:
    """A browser of somebody's; ``factor=False``: without the second factor."""

    def enter(login: str, *, factor: bool = True, lang: str = "zh") -> Client:
        settings.MODE = "demo" if factor else "test"
        client = Client()
        client.force_login(
            Person.objects.get(pk=town.ids[login]), backend="django.contrib.auth.backends.ModelBackend"
        )
        session = client.session
        session["demo"] = True
        session.save()
        client.cookies["lang"] = lang
        return client

    return enter


def shown(client: Client, full: bool = True) -> dict[str, Any]:
    answer = client.get(
        "/screen/state.json" + ("?full=1" if full else ""), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    read: dict[str, Any] = json.loads(answer.content)
    return read


def events(kind: str = "") -> list[LiveEvent]:
    """What the stream says of everything written so far."""
    sequence.sequence_all()
    found = [event for entry in rows.read(0, 500) for event in events_of(entry)]
    return [event for event in found if event.topic == "screen" and kind in ("", event.event)]


def test_nobody_but_posts_that_open_the_wall_come_in(town: Town, come_in: Callable[..., Client]) -> None:
    opens = {"wall", "secretary", "secretary2", "officer", "supervisor"}
    for login in town.ids:
        client = come_in(login)
        for address in ("/screen/", "/screen/state.json", f"/screen/m/{ids.text(1)}/"):
            answer = client.get(address)
            expected = 403 if login not in opens else 404 if "/m/" in address else 200
            assert answer.status_code == expected, (login, address)


def test_strangers_are_sent_to_sign_in_and_programs_are_refused(town: Town) -> None:
    assert Client().get("/screen/")["Location"] == "/sign-in/?next=%2Fscreen%2F"
    assert Client().get("/screen/state.json", headers={"Accept": "application/json"}).status_code == 403


def test_the_wall_needs_no_second_factor_and_a_secretary_does(
    town: Town, come_in: Callable[..., Client]
) -> None:
    assert come_in("wall", factor=False).get("/screen/").status_code == 200
    assert come_in("secretary", factor=False).get("/screen/")["Location"].startswith("/sign-in/")


def test_nothing_can_be_changed_from_the_wall(town: Town, come_in: Callable[..., Client]) -> None:
    client = come_in("wall")
    for address in ("/screen/", "/screen/state.json", f"/screen/m/{ids.text(1)}/"):
        assert client.post(address).status_code == 405


def test_the_figures_are_those_of_the_ground_of_ones_post(town: Town, come_in: Callable[..., Client]) -> None:
    for place in (501, 502, 521):
        town.report(at=place)
    assert shown(come_in("wall"))["counts"]["open"] == 3
    read = shown(come_in("secretary2"))
    assert read["counts"]["open"] == 1 and len(read["dots"]) == len(read["running"]) == 1
    assert [row[0] for row in read["rounds"]] == ["东里"]
    other = come_in("secretary2").get(f"/screen/m/{shown(come_in('secretary'))['dots'][0]['id']}/")
    assert other.status_code == 404


def test_no_personal_word_is_on_the_wall(town: Town, come_in: Callable[..., Client]) -> None:
    """Reported with everything a person may write, done and called back with words: nothing of it is shown, streamed or opened."""
    more: dict[str, Any] = {
        "words": "我家老母亲住502室，三号楼",
        "address": "三号楼二单元",
        "photos": (photo(),),
    }
    number = town.report(at=501, reporter=Reporter("赵师傅", "19900001234", room="502室"), **more).matter_id
    quarrel = town.report("neighbour", "request", at=502, by=town.actor("resident"), **more).matter_id
    town.finish(number)
    acts.take(town.actor("operator"), number, "note", Inputs(words="赵师傅 19900001234"))
    client = come_in("wall")
    said = [client.get("/screen/").content.decode(), json.dumps(shown(client), ensure_ascii=False)]
    said += [client.get(f"/screen/m/{ids.text(one)}/").content.decode() for one in (number, quarrel)]
    said += [json.dumps(dict(event.data), ensure_ascii=False) for event in events()]
    for text in said:
        assert not [word for word in PERSONAL if word in text]
    assert any("李秀兰" in text for text in said)  # staff who answer are named


def test_a_quarrel_is_drawn_as_an_area_and_its_grid_is_not_said(
    town: Town, come_in: Callable[..., Client]
) -> None:
    number = town.report("neighbour", "request", at=501, off=(0.0009, 0.0007)).matter_id
    read = shown(come_in("wall"))
    dot, row = read["dots"][0], read["running"][0]
    assert dot["area"] and (dot["lon"], dot["lat"]) == pytest.approx(spot(501), abs=1e-5)
    assert (row["area"], row["where"]) == (True, "清和社区")
    card = come_in("wall").get(f"/screen/m/{ids.text(number)}/").content.decode()
    assert "清和社区" in card and "清和 01" not in card


def test_the_rail_is_in_the_order_of_hours_with_names_and_faces(
    town: Town, come_in: Callable[..., Client]
) -> None:
    now = moment.now()
    for minutes in (12, 8, 1):
        with moment.at(now - timedelta(minutes=minutes)):
            town.report(at=501)
    due.run_due()
    read = shown(come_in("wall"))["running"]
    assert [row["state"] for row in read] == ["breach", "soon", "plenty"]
    assert [row["word"] for row in read] == ["已超", "仅余", "还余"]
    assert read[0]["who"] == "网格长 周建国" and read[1]["who"] == "网格员 李秀兰"
    assert [row["at"] for row in read] == sorted(row["at"] for row in read)
    assert read[1]["due"] == int((now + timedelta(minutes=2)).timestamp()) * 1000
    english = shown(come_in("wall", lang="en"))["running"]
    assert (english[1]["title"], english[1]["where"], english[1]["who"]) == (
        "Water leak",
        "Qinghe 01",
        "李秀兰, Grid worker",
    )


def test_a_clock_of_office_hours_says_its_hour_and_does_not_count(
    town: Town, come_in: Callable[..., Client]
) -> None:
    town.report("neighbour", "request", at=501)
    row = shown(come_in("wall"))["running"][0]
    assert (row["due"] is None) == (row["warn"] is None) and row["at"] is not None and row["figure"]


def test_rates_show_their_working_and_are_rounded_down(town: Town, come_in: Callable[..., Client]) -> None:
    now = moment.now()
    for _ in range(2):
        with moment.at(now - timedelta(minutes=20)):
            number = town.report(at=501).matter_id
        with moment.at(now - timedelta(minutes=15)):
            town.take("worker", number, "arrive", position=spot(501))
    with moment.at(now - timedelta(minutes=20)):
        town.report(at=501)
    rate = next(one for one in shown(come_in("wall"))["rates"] if one["key"] == "arrive.10m")
    assert (rate["kept"], rate["of"], rate["permille"]) == (2, 3, 666)
    assert "不论办没办完都算在分母里" in rate["rule"]


def test_the_short_read_leaves_out_the_dots_and_says_which_program_it_is_of(
    town: Town, come_in: Callable[..., Client]
) -> None:
    client = come_in("wall")
    brief, full = shown(client, full=False), shown(client)
    assert not {"dots", "just", "idx"} & set(brief) and {"dots", "just", "idx"} <= set(full)
    assert brief["version"] == full["version"] == state.version() and len(brief["version"]) == 12


def test_the_page_carries_everything_and_begins_the_stream_where_it_was_read(
    town: Town, come_in: Callable[..., Client]
) -> None:
    town.report(at=501)
    sequence.sequence_all()
    page = come_in("wall").get("/screen/").content.decode()
    begun = re.search(r'data-live="/live/screen\?last=(-?\d+)"', page)
    assert begun and int(begun[1]) == rows.size() - 1
    block = re.search(r'id="wall-state">(.*?)</script>', page, re.S)
    assert block and json.loads(block[1])["dots"][0]["title_zh"] == "漏水"
    assert "柳川区·槐树街道" in page and 'data-theme="dark"' in page


def test_the_language_is_taken_from_the_address_and_kept(town: Town, come_in: Callable[..., Client]) -> None:
    client = come_in("wall")
    page = client.get("/screen/?lang=en")
    assert "Promised and kept" in page.content.decode() and page.cookies["lang"].value == "en"
    assert "Promised and kept" in client.get("/screen/?lang=xx").content.decode()
    assert "说到做到" in client.get("/screen/?lang=zh").content.decode()


def test_a_card_tells_every_step_with_who_and_when(town: Town, come_in: Callable[..., Client]) -> None:
    number = town.report(at=501).matter_id
    town.finish(number)
    card = come_in("wall").get(f"/screen/m/{ids.text(number)}/").content.decode()
    steps = re.findall(r"<li><svg.*?</svg><b>(.*?)</b>", card, re.S)
    assert [re.sub(r"<.*?>", "", step).strip() for step in steps] == [
        "李秀兰 网格员",
        "李秀兰 网格员",
        "居民",
    ]
    assert card.count("<time") >= 4 and "换了垫圈" not in card


def test_each_step_tells_the_wall_where_it_stands_in_the_log(town: Town) -> None:
    number = town.report(at=501).matter_id
    (matter,) = events("matter")
    assert matter.data["id"] == ids.text(number) and matter.data["idx"] == rows.size() - 1
    assert matter.data["place_id"] == ids.text(501) and matter.data["act"] == "open"
    (line,) = events("happened")
    assert line.data["zh"] == "清和 01 上报：漏水" and line.data["en"] == "Qinghe 01 reported: Water leak"


def test_notes_change_the_figures_but_are_not_told_to_the_room(town: Town) -> None:
    number = town.report(at=501).matter_id
    before = len(events("happened"))
    acts.take(town.actor("worker"), number, "note", Inputs(words="业主在家"))
    assert len(events("happened")) == before and len(events("counts")) == 2


def test_what_has_ended_leaves_the_map(town: Town) -> None:
    number = town.report(at=501).matter_id
    town.finish(number)
    town.take("operator", number, "call_back", contacted=True, solved=True, satisfied=True)
    gone = events("gone")
    assert gone and gone[-1].data["id"] == ids.text(number) and gone[-1].data["idx"] == rows.size() - 1


def test_a_round_that_was_walked_is_told_on_its_own_ground(town: Town) -> None:
    worker = town.actor("worker")
    lon, lat = spot(501)
    spotted = {"spot": [lon, lat], "place": ids.text(501), "look": [], "times": 7}
    stop = registers.keep(town.actor("leader"), "patrol", "stop", 501, {"name": "一号楼", **spotted})
    registers.keep(
        town.actor("leader"),
        "patrol",
        "round",
        501,
        {"name": "清和 01 巡查", "place": ids.text(501), "stops": [ids.text(stop.id)]},
    )
    item = rounds.start_round(worker, 501)
    rounds.visit(worker, item.id, stop.id, True, (lon, lat))
    rounds.finish_round(worker, item.id)
    told = events("counts")
    assert [event.paths for event in told] == [(path(501),)]
    assert told[0].data == {"round": ids.text(501)}


def test_only_posts_that_open_the_wall_hear_its_stream(town: Town, come_in: Callable[..., Client]) -> None:
    def listens(login: str) -> Any:
        client = come_in(login)
        return _screen(LiveRequest(cookies={name: morsel.value for name, morsel in client.cookies.items()}))

    assert listens("worker") is None and listens("admin") is None and listens("resident") is None
    heard = listens("secretary")
    assert heard.paths == (path(5),) and heard.topics == {"screen"}


def test_a_figure_holds_until_something_is_written_and_then_is_worked_out_again(town: Town) -> None:
    kept, calls = state.Figures(), []

    def read() -> int:
        calls.append(1)
        return len(calls)

    assert [kept.get(("a",), 0.0, read) for _ in range(3)] == [(1, 0.0)] * 3
    town.report(at=501)
    sequence.sequence_all()
    assert kept.get(("a",), 0.0, read) == (2, 0.0)
    assert kept.get(("b",), 0.0, read) == (3, 0.0)


def test_a_costly_figure_may_lag_and_says_for_how_long(town: Town) -> None:
    import time

    kept, calls = state.Figures(), []

    def slow() -> int:
        time.sleep(0.02)
        calls.append(1)
        return len(calls)

    assert kept.get(("a",), 50.0, slow) == (1, 0.0)
    town.report(at=501)
    sequence.sequence_all()
    value, again = kept.get(("a",), 50.0, slow)
    assert value == 1 and 0 < again <= 2
