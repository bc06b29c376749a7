"""The words of pages: how they are found, filled in, counted and said as hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linli.doors import spoken, words
from linli.doors.clock_face import face_of
from linli.kernel import moment

PRESENT = datetime(2026, 11, 18, 1, 42, 10, tzinfo=UTC)  # 09:42:10 on the office's wall


@pytest.fixture(autouse=True)
def forget_sentences() -> None:
    words.catalogue.cache_clear()


def test_a_sentence_is_said_in_the_readers_language() -> None:
    assert words.say("zh", "stage.1") == "到场"
    assert words.say("en", "stage.1") == "Arrived"


def test_facts_are_filled_in_and_a_missing_one_shows_its_name() -> None:
    assert words.say("zh", "when.yesterday", clock="19:20") == "昨天 19:20"
    assert words.say("zh", "when.yesterday") == "昨天 {clock}"


def test_an_unknown_key_answers_with_itself() -> None:
    assert words.say("zh", "no.such.key") == "no.such.key"


def test_a_sentence_that_counts_has_two_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = {"steps": {"one": "{n} step", "other": "{n} steps"}}
    monkeypatch.setattr(words, "catalogue", lambda lang: forms)
    assert words.say("en", "steps", n=1) == "1 step"
    assert words.say("en", "steps", n=0) == "0 steps"


def test_a_doors_name_stands_in_front_of_its_keys_once(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "words").mkdir()
    (tmp_path / "yard" / "words").mkdir(parents=True)
    (tmp_path / "words" / "en.toml").write_text('hello = "Hello"')
    (tmp_path / "yard" / "words" / "en.toml").write_text('open = "Open"\n[yard.gate]\nshut = "Shut"')
    monkeypatch.setattr(words, "DOORS", tmp_path)
    assert words.catalogue("en") == {"hello": "Hello", "yard.open": "Open", "yard.gate.shut": "Shut"}


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (-8, "09:34", "09:34"),
        (-(14 * 60 + 22), "昨天 19:20", "yesterday 19:20"),
        (24 * 60 + 22, "明天 10:04", "tomorrow 10:04"),
        (-60 * 24 * 76, "9 月 3 日 09:42", "3 Sep, 09:42"),
        (-60 * 24 * 365, "2025 年 11 月 18 日 09:42", "18 Nov 2025, 09:42"),
    ],
)
def test_an_hour_is_said_as_people_say_it(minutes: int, zh: str, en: str) -> None:
    there = PRESENT + timedelta(minutes=minutes)
    assert (spoken.hour(there, PRESENT, "zh"), spoken.hour(there, PRESENT, "en")) == (zh, en)


def test_yesterday_begins_at_midnight_of_the_office_and_not_of_greenwich() -> None:
    just_after_midnight = datetime(2026, 11, 17, 16, 5, tzinfo=UTC)
    assert spoken.hour(just_after_midnight - timedelta(minutes=10), just_after_midnight, "zh") == "昨天 23:55"


@pytest.mark.parametrize(
    ("seconds", "figure", "words_"),
    [
        (0, "00:00", "0 秒"),
        (118, "01:58", "1 分 58 秒"),
        (1440, "24:00", "24 分"),
        (3599, "59:59", "59 分 59 秒"),
        (3600, "1 时 00 分", "1 时"),
        (10260, "2 时 51 分", "2 时 51 分"),
        (86400, "1 天", "1 天"),
        (300000, "3 天 11 时", "3 天 11 时"),
        (-192, "03:12", "3 分 12 秒"),
    ],
)
def test_a_span_is_a_figure_under_an_hour_and_words_above(seconds: int, figure: str, words_: str) -> None:
    assert spoken.figure(seconds, "zh") == figure
    assert spoken.spoken(seconds, "zh") == words_


def clock(left: int, total: int = 1800, **more: object) -> dict[str, object]:
    return {"name": "办结", "due_at": PRESENT + timedelta(seconds=left), "total_seconds": total} | more


@pytest.mark.parametrize(
    ("left", "total", "state"),
    [
        (601, 1800, "plenty"),
        (600, 1800, "soon"),
        (1, 1800, "soon"),
        (0, 1800, "breach"),
        (3601, 86400, "plenty"),
        (3600, 86400, "soon"),
    ],
)
def test_soon_is_the_last_third_and_at_most_the_last_hour(left: int, total: int, state: str) -> None:
    assert face_of(clock(left, total), "zh", PRESENT).state == state


def test_a_page_from_a_cache_shows_the_state_of_now() -> None:
    face = face_of(clock(-192, state="plenty"), "zh", PRESENT)
    assert (face.state, face.word, face.figure, face.left_percent) == ("breach", "已超", "03:12", 100)


def test_a_running_clock_tells_the_page_when_to_turn() -> None:
    face = face_of(clock(1127), "zh", PRESENT)
    assert face.due_ms == int((PRESENT + timedelta(seconds=1127)).timestamp() * 1000)
    assert face.warn_ms == face.due_ms - 600_000


def test_a_paused_clock_stands_still() -> None:
    face = face_of({"state": "pause", "left_seconds": 9600, "total_seconds": 14400}, "zh", PRESENT)
    assert (face.state, face.figure, face.due_ms, face.left_percent) == ("pause", "2 时 40 分", None, 67)


def test_a_kept_clock_shows_what_was_used() -> None:
    face = face_of(clock(43, 600, state="kept", used_seconds=557), "zh", PRESENT)
    assert (face.state, face.word, face.figure, face.due_ms) == ("kept", "守约", "9 分 17 秒", None)


def test_a_clock_that_ended_late_stays_late_and_stands_still() -> None:
    late = clock(-600, state="breach", left_seconds=-60, ended_at=PRESENT - timedelta(minutes=9))
    face = face_of(late, "zh", PRESENT)
    assert (face.state, face.figure, face.due_ms) == ("breach", "01:00", None)


def test_a_clock_in_working_time_shows_its_hour_and_counts_nothing_down() -> None:
    face = face_of(clock(86400, counts=False, state="plenty", left_seconds=28800), "zh", PRESENT)
    assert (face.word, face.figure, face.due_ms, face.state) == ("最晚", "明天 09:42", None, "plenty")
    assert face_of(clock(-60, counts=False, state="plenty"), "zh", PRESENT).state == "breach"


def test_a_stopped_clock_is_not_called_kept() -> None:
    face = face_of({"state": "stopped", "used_seconds": 120, "total_seconds": 600}, "zh", PRESENT)
    assert (face.state, face.word, face.figure) == ("pause", "已停", "2 分")


def test_the_present_of_the_tests_is_a_wednesday() -> None:
    assert spoken.weekday(PRESENT, "zh") == "周三"
    assert moment.local(PRESENT).hour == 9
