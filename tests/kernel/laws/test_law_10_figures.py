"""Law 10: every figure shows what it is made of, counts what is overdue and open, and can be made again by whoever has the rows."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from linli.kernel import moment
from linli.kernel.matters import due
from linli.kernel.matters.cards import Rate
from linli.kernel.matters.models import Clock, Matter
from linli.lenses.rates import rates
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")
KINDS = ("water_leak", "lift", "stair_light")


def figures(at: object = None, path: str = "/1/") -> dict[str, Rate]:
    until = MORNING + timedelta(days=1)
    with moment.at(until):
        return {rate.key: rate for rate in rates((path,), MORNING - timedelta(hours=1), until, "en")}


def a_day(town: Town, seed: int) -> None:
    """Forty reports: some seen to in time, some late, some never, some withdrawn, merged or paused."""
    chance = random.Random(seed)
    for _ in range(24):
        minutes = chance.randint(0, 300)
        with moment.at(MORNING + timedelta(minutes=minutes)):
            number = town.report(chance.choice(KINDS), at=chance.choice((501, 521))).matter_id
            login, leader, place = (
                ("worker", "leader", 501)
                if Matter.objects.get(pk=number).place_id == 501
                else ("worker4", "leader3", 521)
            )
        fate = chance.choice(("kept", "late", "never", "withdrawn", "paused"))
        with moment.at(MORNING + timedelta(minutes=minutes + (5 if fate != "late" else 45))):
            if fate in ("kept", "late"):
                town.take(login, number, "arrive", position=spot(place))
                town.take(login, number, "finish", words="好", photos=(photo("after"),))
            elif fate == "withdrawn":
                town.take("operator", number, "withdraw", reason="报错")
            elif fate == "paused":
                town.take(leader, number, "pause", reason="等", until=MORNING + timedelta(days=3))
    with moment.at(MORNING + timedelta(days=1)):
        while due.run_due():
            pass


def by_hand(key: str, limit: str, path: str) -> tuple[int, int, int]:
    """Kept, of, excluded: counted one by one from what happened, without the program's own counting."""
    kept = of = excluded = 0
    for row in Clock.objects.filter(key=key, limit=limit, matter__path__startswith=path).select_related(
        "matter"
    ):
        if row.matter.outcome in ("withdrawn", "merged", "out_of_scope"):
            excluded += 1
        elif row.state == "kept":
            kept, of = kept + 1, of + 1
        elif row.broken_at is not None:
            of += 1
    return kept, of, excluded


@pytest.mark.parametrize("path", ["/1/", "/1/2/5/", "/1/2/52/"])
def test_a_figure_is_what_anybody_counts(town: Town, path: str) -> None:
    a_day(town, 7)
    found = figures(path=path)
    assert found
    for rate in found.values():
        key, _, limit = rate.key.partition(".")
        assert (rate.kept, rate.of, rate.excluded) == by_hand(key, limit, path), rate.key
        assert rate.rule and (rate.percent is None or 0 <= rate.percent <= 100)


def test_what_is_overdue_and_open_counts_against(town: Town) -> None:
    """One kept in time and nine that nobody ever looked at are one of ten, not one of one."""
    with moment.at(MORNING):
        numbers = [town.report().matter_id for _ in range(10)]
    with moment.at(MORNING + timedelta(minutes=5)):
        town.finish(numbers[0])
    arrive = figures()["arrive.10m"]  # no clock has even been looked at: the worker was down all day
    assert (arrive.kept, arrive.of) == (1, 10)
    with moment.at(MORNING + timedelta(hours=2)):
        due.run_due()
    assert figures()["arrive.10m"] == arrive  # looking changes no figure


def test_what_is_not_owed_is_excluded_and_said(town: Town) -> None:
    with moment.at(MORNING):
        first, second = town.report().matter_id, town.report().matter_id
        town.take("operator", first, "withdraw", reason="报错")
        town.take("leader", second, "merge", matter_id=town.report().matter_id)
    arrive = figures()["arrive.10m"]
    assert (arrive.kept, arrive.of, arrive.excluded) == (0, 1, 2)
    assert "withdrawn" in arrive.rule


def test_a_promise_kept_before_it_was_no_longer_owed_is_excluded_too(town: Town) -> None:
    """Somebody came in time, and then it was withdrawn: it is on neither side of the line."""
    with moment.at(MORNING):
        number = town.report().matter_id
        town.take("worker", number, "arrive", position=spot(501))
        town.take("operator", number, "withdraw", reason="报错")
    arrive = figures()["arrive.10m"]
    assert (arrive.kept, arrive.of, arrive.excluded) == (0, 0, 1)


def test_a_pause_is_no_way_to_a_better_figure(town: Town) -> None:
    """What broke before it was paused stays broken; what is paused within its time is in neither number."""
    with moment.at(MORNING):
        broken, fresh = town.report().matter_id, town.report().matter_id
        town.take("leader", fresh, "pause", reason="等", until=MORNING + timedelta(days=3))
    with moment.at(MORNING + timedelta(hours=1)):
        due.run_due()
        town.take("leader", broken, "pause", reason="等", until=MORNING + timedelta(days=3))
    arrive = figures()["arrive.10m"]
    assert (arrive.kept, arrive.of) == (0, 1)
