"""The second neighbour with the same trouble, and a wall whose server went away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.acts import watched
from tests.browser.conftest import Town

pytestmark = pytest.mark.browser


def test_a_second_neighbour_joins_the_report_that_is_there(town: Town, door: Callable[..., Any]) -> None:
    made = town.reported(60, kind="sewage", at=521, words="下水道堵了，往外冒")
    phone = door("/report/", phone=True, is_mobile=True, at=521)
    phone.locator("summary", has_text="水和排水").tap()
    phone.locator("fieldset", has_text="下水道").locator("label.pick").first.tap()
    phone.wait_for_url("**/report/where/")
    expect(phone.locator("[data-map-ready]")).to_be_attached()
    phone.locator("[data-locate]").tap()
    expect(phone.locator(".toast")).to_be_visible()
    phone.locator("[data-here-button]").tap()
    phone.wait_for_url("**/report/words/")
    likely = phone.locator("#likely")
    expect(likely).to_contain_text("下水道")
    phone.locator("#phone").fill("19900005678")
    likely.locator("button, a.btn").first.tap()
    phone.wait_for_url("**/report/done/")
    phone.locator("a.btn.primary").tap()
    phone.wait_for_url("**/m/*/")
    expect(phone.locator(".phone-head")).to_contain_text(made["number"])
    desk = door(f"/desk/m/{made['id']}/", login="leader3")
    expect(desk.locator("#matter .meta")).to_contain_text("1 ")


def test_a_wall_recovers_by_itself_after_its_server_was_away(town: Town, door: Callable[..., Any]) -> None:
    wall = watched(door("/screen/", login="wall", wall=True))
    town.program.kill()
    expect(wall.locator("[data-lost]")).to_be_visible()
    made = town.reported(5, kind="heating", at=501, words="暖气不热")
    town.program.start()
    expect(wall.locator("[data-lost]")).to_be_hidden(timeout=60_000)
    wall.wait_for_function("id => window.drawn[id]", arg=made["id"])
    expect(wall.locator(f"[data-running] [data-matter='{made['id']}']")).to_be_visible()
    door.forgive()  # type: ignore[attr-defined]  # the browser says loudly that nobody answered meanwhile
