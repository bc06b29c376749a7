"""The wall's read: figures by hand, clocks around now, what just happened, and what a room may see of one matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, due
from linli.kernel.matters.asks import Inputs
from linli.kernel.packspec import editions
from linli.kernel.people.actors import Held
from linli.lenses import ground, happened, told, wall
from tests.town import Town, local, path, photo, spot

pytestmark = pytest.mark.django_db

TEN = local("2026-03-04 10:00")
ALL = (path(1),)


def test_counts_are_those_of_the_day_and_of_now(town: Town) -> None:
    with moment.at(TEN - timedelta(days=1)):
        old = town.report(at=501).matter_id
        town.finish(old)
    with moment.at(TEN):
        town.report(at=502)
        paused = town.report("manhole", at=511).matter_id
    with moment.at(TEN + timedelta(minutes=2)):
        town.take("worker3", paused, "arrive", position=spot(511))
        town.take("leader2", paused, "pause", reason="等配件", until=TEN + timedelta(days=1))
    with moment.at(TEN + timedelta(minutes=5)):
        town.take("operator", old, "call_back", contacted=True, solved=True, satisfied=True)
        third = town.report(at=521).matter_id
        town.finish(third, "worker4", 521)
    with moment.at(TEN + timedelta(minutes=12)):
        due.run_due()
        found = wall.counts(ALL, moment.now())
    # reported today: 502, the manhole, 521. Open: the same; of them 521 waits for its call, 502 broke its ten minutes.
    assert found == {"today": 3, "ended": 1, "open": 3, "callback": 1, "broken": 1, "paused": 1}
    with moment.at(TEN + timedelta(minutes=12)):
        assert wall.counts((path(52),), moment.now())["open"] == 1
        assert wall.counts((), moment.now()) == {
            "today": 0,
            "ended": 0,
            "open": 0,
            "callback": 0,
            "broken": 0,
            "paused": 0,
        }


def test_what_staff_found_themselves_waits_for_a_check_and_not_for_a_call(town: Town) -> None:
    with moment.at(TEN):
        receipt = town.report(
            "rubbish",
            "patrol",
            at=501,
            by=town.actor("worker"),
            source="patrol",
            found=True,
            photos=(photo(),),
        )
        town.take("worker", receipt.matter_id, "finish", words="清走了", photos=(photo("after"),))
        found = wall.counts(ALL, moment.now())
    assert (found["open"], found["callback"]) == (1, 0)


def test_the_day_is_counted_in_quarters_from_local_midnight(town: Town) -> None:
    for hour, minute in ((0, 0), (0, 14), (0, 15), (9, 59), (10, 0)):
        with moment.at(TEN.replace(hour=hour, minute=minute)):
            town.report(at=501)
    with moment.at(TEN - timedelta(hours=11)):  # yesterday, 23:00
        town.report(at=501)
    bars = wall.histogram(ALL, TEN + timedelta(minutes=1))
    assert (bars[0], bars[1], bars[39], bars[40], sum(bars), len(bars)) == (2, 1, 1, 1, 5, 96)


def test_clocks_stand_in_the_order_of_their_hours_on_both_sides_of_now(town: Town) -> None:
    for minutes in (-40, -30, -9, -1):
        with moment.at(TEN + timedelta(minutes=minutes)):
            town.report(at=501)
    with moment.at(TEN):
        due.run_due()
        cards = wall.running(ALL, "zh", TEN)
    hours = [card.clock.due_at for card in cards if card.clock]
    assert hours == sorted(hours) and len(hours) == 4
    assert [card.broken for card in cards] == [True, True, False, False]
    assert all(card.snippet == "" for card in cards)


def test_a_wall_shows_the_ground_of_the_posts_that_open_it_and_of_no_other(town: Town) -> None:
    secretary = town.actor("secretary")
    assert wall.paths_for(secretary) == (path(5),)
    assert wall.paths_for(town.actor("wall")) == (path(1),)
    assert wall.paths_for(town.actor("worker")) == wall.paths_for(town.actor("admin")) == ()
    # a grid worker of another community who is also secretary here sees this community alone
    both = replace(secretary, roles=(*secretary.roles, Held("grid_worker", 521, path(521), 1)))
    assert wall.paths_for(both) == (path(5),)
    with moment.at(TEN):
        town.report(at=521)
        assert wall.wall(secretary, "zh").dots == () and wall.wall(town.actor("wall"), "zh").dots != ()


def test_one_read_costs_a_fixed_number_of_statements(town: Town) -> None:
    def statements(reports: int) -> int:
        with moment.at(TEN):
            for _ in range(reports):
                town.report(at=501)
            wall.everything(ALL, "zh")
            editions.forget()
            editions.all_current()  # asked at most once a second: not in the midst of counting
            with CaptureQueriesContext(connection) as asked:
                wall.everything(ALL, "zh")
        # in tests, news of the ground and of the posts is asked for each time
        return sum(
            "places_survey" not in one["sql"] and "people_generation" not in one["sql"] for one in asked
        )

    assert statements(2) == statements(10) <= 20


def test_what_happened_is_told_newest_first_without_notes(town: Town) -> None:
    with moment.at(TEN):
        number = town.report(at=501).matter_id
    with moment.at(TEN + timedelta(seconds=380)):
        town.take("worker", number, "arrive", position=spot(501))
    with moment.at(TEN + timedelta(minutes=8)):
        acts.take(town.actor("worker"), number, "note", Inputs(words="业主姓赵，在家"))
        lines = happened.just(ALL, "zh", moment.now())
        english = happened.just(ALL, "en", moment.now())
    assert [line.sentence for line in lines] == ["清和 01 漏水，到场，用时 6 分 20 秒", "清和 01 上报：漏水"]
    assert english[0].sentence == "Qinghe 01: Water leak, arrived after 6 min 20 s"
    assert lines[0].id == ids.text(number) and lines[0].at > lines[1].at


def test_a_breach_names_who_was_told(town: Town) -> None:
    with moment.at(TEN):
        town.report(at=501)
    with moment.at(TEN + timedelta(minutes=11)):
        due.run_due()
        due.run_due()
        said = [line.sentence for line in happened.just(ALL, "zh", moment.now())]
    assert "清和 01 漏水，到场超时，已报网格长 周建国" in said and "清和 01 漏水，到场超时" in said


def test_a_quarrel_is_told_with_its_community_alone(town: Town) -> None:
    with moment.at(TEN):
        receipt = town.report("neighbour", "request", at=501)
        said = [line.sentence for line in happened.just(ALL, "zh", moment.now())]
        dot = wall.dots(ALL)[0]
        shown = told.told(ALL, receipt.matter_id, "zh")
    assert said == ["清和社区 上报：邻里矛盾"]
    assert dot.area and (dot.lon, dot.lat) == pytest.approx(spot(501), abs=1e-5)
    assert shown.where == "清和社区"


def test_one_matter_is_told_step_by_step_with_staff_by_name_and_nobody_else(town: Town) -> None:
    with moment.at(TEN):
        number = town.report(at=501).matter_id
        town.finish(number)
        town.take(
            "operator", number, "call_back", contacted=True, solved=True, satisfied=True, words="赵师傅说好了"
        )
        shown = told.told(ALL, number, "zh")
    assert [(step.who, step.act) for step in shown.steps] == [
        ("居民", "open"), ("李秀兰", "arrive"), ("李秀兰", "finish"), ("韩雪", "call_back"),
    ]  # fmt: skip
    assert all(step.words == "" and step.photos == () for step in shown.steps)
    assert "赵" not in repr(shown) and "1990000" not in repr(shown)


def test_a_resident_who_signed_in_to_report_is_not_named(town: Town) -> None:
    with moment.at(TEN):
        number = town.report(at=501, by=town.actor("resident")).matter_id
        shown = told.told(ALL, number, "en")
    assert (shown.steps[0].who, shown.steps[0].role) == ("Resident", "")


def test_a_matter_of_other_ground_looks_like_none(town: Town) -> None:
    with moment.at(TEN):
        number = town.report(at=521).matter_id
    for paths, wanted in (((path(5),), number), ((), number), (ALL, number + 1)):
        with pytest.raises(Refusal) as refused:
            told.told(paths, wanted, "zh")
        assert refused.value.code == "matter.missing"


def test_rounds_are_counted_by_community(town: Town) -> None:
    assert set(wall.rounds_walked(ALL, "zh")) == {("清和", 0, 3), ("东里", 0, 1)}
    assert wall.rounds_walked((path(52),), "en") == (("Dongli", 0, 1),)


def test_the_map_is_lettered_with_names_numbers_and_outlines(town: Town) -> None:
    shown = ground.outline(ALL, "zh")
    assert {place["name"] for place in shown["named"]} == {"清和", "东里"}
    assert sorted(place["name"] for place in shown["grids"]) == ["01", "01", "01", "02"]
    assert all(len(place["ring"]) >= 4 for place in shown["grids"])
    west, south, east, north = shown["bounds"]
    assert west < east and south < north
    assert ground.outline((path(52),), "en")["named"][0]["name"] == "Dongli"
    assert ground.outline((), "zh")["bounds"] is None


def test_the_heading_goes_down_while_there_is_one_way_to_go(town: Town) -> None:
    assert ground.title(ALL, "zh") == "柳川区·槐树街道"
    assert ground.title((path(5),), "en") == "Qinghe Community, Huaishu Street"
    assert ground.title((path(5), path(52)), "zh") == "清和社区、东里社区"


def test_pictures_and_words_of_a_report_never_enter_the_read(town: Town) -> None:
    with moment.at(TEN):
        town.report(at=501, words="我家在三号楼502，电话19900001234", photos=(photo(),), address="三号楼")
        said = repr(wall.everything(ALL, "zh").dots) + repr(wall.everything(ALL, "zh").just)
    assert "502，" not in said and "1990000" not in said and "三号楼" not in said
