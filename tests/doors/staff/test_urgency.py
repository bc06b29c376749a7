"""How the list of matters is cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from linli.doors.desk.urgency import grouped, urgency
from linli.kernel import moment
from linli.kernel.matters.cards import Card, ClockLine

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=moment.SHANGHAI)


def clock(due: datetime) -> ClockLine:
    return ClockLine(
        "solve", "办结", "plenty", due, NOON - timedelta(hours=1), None, 0, 3600, 0, "30 分钟", True
    )


def card(due: datetime | None = None, **more: object) -> Card:
    made = Card(
        id="0", number="0304-0001", title="漏水", snippet="", pack="repair", pack_name="报修", kind="water_leak", icon="drop",
        grade="ordinary", grade_name="一般", stage="reported", stage_name="待到场", ball=0, place="", place_short="", address="",
        lon=None, lat=None, area_only=False, clock=clock(due) if due else None, holder="", holder_role="", holder_id=None,
        opened_at=NOON, ended_at=None, outcome="", outcome_name="", broken=False, paused=False, source="portal", found=False,
        me_too=0, round=0, path="/1/",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "group"),
    [
        (card(NOON - timedelta(seconds=1)), "broken"),
        (card(NOON + timedelta(hours=2), broken=True), "broken"),
        (card(NOON + timedelta(minutes=60)), "hour"),
        (card(NOON + timedelta(minutes=61)), "today"),
        (card(NOON.replace(hour=23, minute=59)), "today"),
        (card(NOON + timedelta(days=1)), "later"),
        (card(None), "none"),
        (card(NOON - timedelta(hours=1), paused=True), "paused"),
        (card(None, ended_at=NOON), "ended"),
    ],
)
def test_each_matter_stands_in_the_group_of_its_clock(given: Card, group: str) -> None:
    assert urgency(given, NOON) == group


def test_midnight_is_that_of_the_office_and_not_of_greenwich() -> None:
    late = NOON.replace(hour=22)
    assert urgency(card(NOON.replace(hour=23, minute=30)), late - timedelta(minutes=45)) == "today"


def test_groups_keep_the_order_they_came_in_and_empty_ones_are_left_out() -> None:
    cards = [card(NOON + timedelta(minutes=n), id=str(n)) for n in (5, 10)] + [card(None, ended_at=NOON)]
    groups = grouped(cards, NOON)
    assert [(group.key, [each.id for each in group.cards]) for group in groups] == [
        ("hour", ["5", "10"]),
        ("ended", ["0"]),
    ]
