"""Law 7: for any clock and any past moment, why it was due then."""

from __future__ import annotations

from datetime import datetime, timedelta

from linli.kernel.matters import clocks
from linli.kernel.matters.clocks_explain import duration_text, explain, hours_text, limit_text
from linli.kernel.matters.clocks_rows import limit_of
from linli.kernel.moment import SHANGHAI
from linli.kernel.packspec.schema import Limit
from tests.unit.test_clocks import CALENDARS, LADDER, OPENED, after, begin


def told(clock: clocks.Running, at: datetime, lang: str = "zh") -> str:
    return "\n".join(sentence.say(lang) for sentence in explain(clock, at, calendars=CALENDARS))


def test_the_rule_and_the_edition_that_gave_the_limit_are_named() -> None:
    assert "依据：1341: arrive.ordinary · edition abc" in told(begin(), OPENED)
    assert "limit of 10 min; rule: 1341: arrive.ordinary" in told(begin(), OPENED, "en")


def test_before_it_began_there_is_nothing_to_explain() -> None:
    assert "had not started" in told(begin(), OPENED - timedelta(seconds=1), "en")


def test_a_calendar_tells_its_hours_and_the_holidays_it_skipped() -> None:
    clock = begin("5wd", at=datetime(2026, 9, 29, 9, 0, tzinfo=SHANGHAI), calendar="office")
    zh = told(clock, datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI))
    assert "周一至周五 09:00–12:00、13:30–18:00，法定节假日除外" in zh
    assert "国庆节 2026-10-01—2026-10-07" in zh and "调休上班：2026-10-10" in zh
    assert "到期 2026-10-10 18:00:00，还没有到，因此没有触发" in zh
    en = told(clock, datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI), "en")
    assert "Mon–Fri 09:00–12:00, 13:30–18:00" in en and "National Day" in en


def test_the_same_past_moment_is_explained_the_same_way_for_ever() -> None:
    clock = begin("4h")
    asked = after(minutes=30)
    first = told(clock, asked)
    clock = clocks.pause(clock, after(hours=1))
    clock = clocks.resume(clock, after(hours=2))
    clock, _ = clocks.fire(clocks.extend(clock, 3600, after(hours=3)), after(days=1), LADDER)
    assert told(clock, asked) == first


def test_a_breach_found_after_a_downtime_says_when_it_counted_from() -> None:
    clock, _ = clocks.fire(begin(), after(minutes=25), LADDER)
    zh = told(clock, after(minutes=30))
    assert "超时（应为 2026-03-02 09:40:00，系统恢复后补记）" in zh
    assert "提醒已被超时盖过，未发出" in zh
    assert "升级第 2 级：community_secretary" in zh
    assert "已过期但程序尚未记录" in told(clock, after(minutes=20))


def test_a_pause_explains_why_nothing_fired() -> None:
    clock = clocks.pause(begin(), after(minutes=5))
    assert "它在暂停中，因此不会触发" in told(clock, after(days=2))


def test_extensions_and_new_limits_are_told() -> None:
    clock = clocks.relimit(
        clocks.extend(begin("4h"), 1800, after(hours=1)), limit_of("2h", "regrade"), after(hours=1)
    )
    en = told(clock, after(hours=1), "en")
    assert "extended by 30 min" in en and "limit changed to 2 h (regrade); the time used was kept" in en
    assert "It was due 2026-03-02 12:00:00" in en


def test_kept_and_dropped_clocks_say_why_they_will_not_fire() -> None:
    assert "因此守约" in told(clocks.stop(begin(), after(minutes=1)), after(days=1))
    assert "no longer owed" in told(clocks.drop(begin(), after(minutes=1)), after(days=1), "en")


def test_amounts_are_put_into_words() -> None:
    assert limit_text(Limit(5, "wd")).zh == "5 个工作日"
    assert limit_text(Limit(5400, "s")).en == "1 h 30 min"
    assert duration_text(0).zh == "0 秒"
    assert hours_text(CALENDARS["always"]).zh == "周一至周日 00:00–24:00"
