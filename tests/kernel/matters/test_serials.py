"""Numbers are short while they can be, and never the same twice on a day."""

from __future__ import annotations

from datetime import date

import pytest

from linli.kernel.matters import serials
from linli.kernel.matters.models import Matter
from tests import town as towns


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serials, "_taken", {})


def test_four_digits_first_then_longer_ones() -> None:
    assert serials.tries(date(2026, 3, 4)) == (4, 4, 5, 6, 7)


def test_a_crowded_day_draws_longer_numbers_and_other_days_do_not() -> None:
    for _ in range(25):
        serials.taken(date(2026, 3, 4))
    assert serials.tries(date(2026, 3, 4)) == (5, 5, 6, 7)
    assert serials.tries(date(2026, 3, 5)) == (4, 4, 5, 6, 7)
    for _ in range(500):
        serials.taken(date(2026, 3, 4))
    assert serials.tries(date(2026, 3, 4)) == (7, 7, 7, 7)


@pytest.mark.django_db
def test_a_number_that_is_taken_is_drawn_again(town: towns.Town, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([77, 77, 77, 78])
    monkeypatch.setattr(serials, "drawn", lambda digits: next(drawn))
    for _ in range(2):
        town.report()
    assert sorted(Matter.objects.values_list("serial", flat=True)) == [77, 78]


@pytest.mark.django_db
def test_on_a_day_so_crowded_that_only_the_longest_are_left_a_taken_one_is_drawn_again_too(
    town: towns.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found under load: the first clash of a seven-digit number was answered as a fault of ours."""
    drawn = iter([7_000_001, 7_000_001, 7_000_001, 7_000_001, 7_000_002])
    monkeypatch.setattr(serials, "drawn", lambda digits: next(drawn))
    monkeypatch.setattr(serials, "tries", lambda day: (serials.MOST,) * 4)
    for _ in range(2):
        town.report()
    assert sorted(Matter.objects.values_list("serial", flat=True)) == [7_000_001, 7_000_002]
