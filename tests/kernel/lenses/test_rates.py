"""说到做到, worked out by hand: what was promised, what was kept, and what is left out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from linli.kernel import moment
from linli.kernel.matters import acts, due, reads
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.cards import Rate
from linli.lenses import rates
from tests.town import Town, local, path, photo, spot

pytestmark = pytest.mark.django_db

TEN = local("2026-03-04 10:00")
QINGHE, DONGLI = path(5), path(52)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def figures(paths: tuple[str, ...], minutes: float, **more: object) -> dict[str, tuple[int, int, int]]:
    found = rates.rates(paths, TEN - timedelta(days=30), at(minutes), "zh", **more)  # type: ignore[arg-type]
    return {rate.key: (rate.kept, rate.of, rate.excluded) for rate in found}


@pytest.fixture
def morning(town: Town) -> Town:
    """Six reports of half an hour: one kept in all, one reached late, one that nobody came to, one withdrawn, one just made, one elsewhere."""
    numbers: dict[str, int] = {}
    tokens: dict[str, str] = {}
    for name, minute, place in (
        ("kept", 0, 501),
        ("late", 0, 501),
        ("nobody", 0, 501),
        ("withdrawn", 0, 501),
        ("elsewhere", 0, 521),
    ):
        with moment.at(at(minute)):
            receipt = town.report(at=place)
            numbers[name], tokens[name] = receipt.matter_id, receipt.token
    with moment.at(at(3)):
        acts.take(
            reads.by_link(tokens["withdrawn"]), numbers["withdrawn"], "withdraw", Inputs(reason="自己修好了")
        )
    for name, minute, act in (
        ("kept", 6, "arrive"),
        ("late", 14, "arrive"),
        ("kept", 20, "finish"),
        ("late", 25, "finish"),
    ):
        with moment.at(at(minute)):
            due.run_due()
            more = (
                {"position": spot(501)}
                if act == "arrive"
                else {"words": "换了垫圈", "photos": (photo("after"),)}
            )
            town.take("worker", numbers[name], act, **more)
    with moment.at(at(22)):
        town.report(at=501)
    return town


def test_overdue_matters_count_though_nobody_has_come(morning: Town) -> None:
    found = figures((QINGHE,), 28)
    # reached: kept at 6 of 10 minutes; late at 14; nobody at all. Withdrawn is left out, the one of 22 past has until 32.
    assert found["arrive.10m"] == (1, 3, 1)
    # solved: both within thirty; nobody's has until 30; withdrawn left out.
    assert found["solve.30m"] == (2, 2, 1)


def test_a_promise_enters_the_denominator_in_the_second_it_breaks(morning: Town) -> None:
    assert figures((QINGHE,), 29.9)["solve.30m"] == (2, 2, 1)
    assert figures((QINGHE,), 30.1)["solve.30m"] == (2, 3, 1)
    assert figures((QINGHE,), 32.1)["arrive.10m"] == (1, 4, 1)


def test_the_worker_that_says_so_changes_nothing(morning: Town) -> None:
    with moment.at(at(33)):
        before = figures((QINGHE,), 33)
        due.run_due()
        assert figures((QINGHE,), 33) == before == {"arrive.10m": (1, 4, 1), "solve.30m": (2, 3, 1)}


def test_only_the_ground_asked_about_counts_and_each_matter_once(morning: Town) -> None:
    assert figures((DONGLI,), 28) == {"arrive.10m": (0, 1, 0), "solve.30m": (0, 0, 0)}
    assert figures((QINGHE, DONGLI), 28)["arrive.10m"] == (1, 4, 1)
    assert figures((QINGHE, path(50), path(501)), 28) == figures((QINGHE,), 28)
    assert figures((), 28) == {}


def test_matters_reported_before_the_period_are_out(morning: Town) -> None:
    found = rates.rates((QINGHE,), at(10), at(40), "zh")
    assert {rate.key: (rate.kept, rate.of) for rate in found} == {"arrive.10m": (0, 1), "solve.30m": (0, 0)}


def test_each_figure_says_its_rule_in_both_languages(morning: Town) -> None:
    zh, en = (rates.rates((QINGHE,), at(-10), at(28), lang)[0] for lang in ("zh", "en"))
    assert (zh.name, en.name) == ("10 分钟到场", "At the scene in 10 min")
    assert "不论办没办完都算在分母里" in zh.rule and "finished or not" in en.rule


def test_nothing_due_is_no_percentage_rather_than_a_perfect_one() -> None:
    assert Rate("a", "", 0, 0, 0, "").percent is None
    assert Rate("a", "", 3, 4, 0, "").percent == 75
