"""What happens when nobody comes, and when somebody is not content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import called_back, finishes, watched
from tests.browser.conftest import Town

pytestmark = pytest.mark.browser


def told(page: Page) -> list[str]:
    """Every step the desk shows, in order."""
    return [line.replace("\n", " ") for line in page.locator(".dk-tl li p:first-of-type").all_inner_texts()]


def test_nobody_arrives_and_the_matter_climbs_in_everybodys_sight(
    town: Town, door: Callable[..., Any]
) -> None:
    """Reported 9 minutes and 45 seconds ago by the same acts; the running program warns, breaks and hands up by itself."""
    wall = watched(door("/screen/", login="wall", wall=True))
    desk = door("/desk/?tab=all", login="secretary")
    made = town.reported(585, kind="manhole", at=502, words="井盖没了")
    row = wall.locator(f"[data-running] [data-matter='{made['id']}']")
    expect(row).to_contain_text("马会生")
    desk.goto(f"{town.url}/desk/m/{made['id']}/")
    expect(desk.locator(".dk-tl .d.soon")).to_have_count(
        1
    )  # warned at seven minutes, late because nobody ran then

    expect(desk.locator(".dk-tl .d.breach")).to_have_count(
        2, timeout=60_000
    )  # broken, and one level up at once
    expect(wall.locator(f"[data-running] [data-matter='{made['id']}']")).to_contain_text("已超")
    expect(row).to_contain_text("周建国")  # the leader of the compound answers now
    expect(desk.locator("#side .people .now")).to_contain_text("周建国")
    leader = door("/desk/", login="leader")
    expect(leader.locator(f".dk-row[data-matter='{made['id']}']")).to_be_visible()


def test_a_promise_broken_twice_as_long_ago_has_climbed_two_levels(
    town: Town, door: Callable[..., Any]
) -> None:
    made = town.reported(1195, kind="road", at=502, words="路面塌了一块")  # 19 minutes 55 seconds
    desk = door(f"/desk/m/{made['id']}/", login="secretary")
    now = desk.locator("#side .people .now")
    expect(now).to_contain_text("陈国栋", timeout=60_000)  # the secretary of the community, after the leader
    steps = told(desk)
    assert sum("周建国" in step for step in steps) >= 1, steps
    wall = watched(door("/screen/", login="wall", wall=True))
    expect(wall.locator(f"[data-running] [data-matter='{made['id']}']")).to_contain_text("陈国栋")


def test_who_is_not_satisfied_has_it_reopened_with_the_time_used_kept(
    town: Town, door: Callable[..., Any]
) -> None:
    made = town.reported(300, kind="water_leak", at=511, words="水龙头漏水")
    worker = door("/field/", login="worker3", phone=True, is_mobile=True, at=511)
    resident = door(f"/m/{made['token']}/", phone=True, is_mobile=True)
    worker.locator(".fd-open, .fd-row", has_text="漏水").first.tap()
    worker.locator("button.go", has_text="到场").tap()
    finishes(worker)
    operator = door("/hotline/", login="operator2")
    called_back(operator, made["id"], made["number"], "yes no no")

    expect(resident.locator(".pt-hero")).to_be_visible()
    clock = resident.locator(".pt-hero [data-total]")
    expect(clock).to_have_attribute("data-total", "1800")
    left = resident.evaluate("e => (Number(e.dataset.due) - Date.now()) / 1000", clock.element_handle())
    assert 1200 < left < 1500, "the five minutes before it was finished are used up, and no more than that"
