"""Desk and hotline by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Town

pytestmark = pytest.mark.browser
Door = Callable[..., Any]


def test_the_desk_is_worked_without_a_mouse(town: Town, door: Door) -> None:
    for seconds in (200, 260):
        town.reported(seconds)
    desk = door("/desk/%3Ftab%3Dall", login="secretary")
    expect(desk.locator("#inbox a.matter").nth(1)).to_be_visible()
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    chosen = desk.evaluate("document.activeElement.closest('[data-matter]').dataset.matter")
    desk.evaluate("document.getElementById('matter').dataset.id = 'before'")
    desk.keyboard.press("Enter")
    expect(desk.locator(f'#matter[data-id="{chosen}"]')).to_be_attached()
    desk.wait_for_url(f"**/desk/m/{chosen}/")
    desk.keyboard.press("n")
    desk.keyboard.type("九点半在楼下碰头")
    desk.keyboard.press("Enter")
    expect(desk.locator(".dk-tl", has_text="九点半在楼下碰头").first).to_be_visible()
    desk.keyboard.press("u")
    expect(desk.locator('#act-form [name="reason"]')).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(desk.locator("#act-form")).to_have_count(0)
    desk.keyboard.press("/")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("漏水")
    expect(desk.locator(".dk-found")).to_be_visible()


def test_keys_pressed_while_an_answer_is_on_its_way_are_meant_for_what_comes(town: Town, door: Door) -> None:
    made = town.reported(180)
    desk = door(f"/desk/m/{made['id']}/", login="secretary")
    expect(desk.locator("#note")).to_be_visible()
    coming: list[Any] = []
    desk.route("**/do/*/", lambda route: coming.append(route))  # playwright marks the function
    desk.keyboard.press("n")
    desk.keyboard.type("先去关总阀")
    desk.keyboard.press("Enter")
    _until(desk, lambda: len(coming) == 1)
    desk.keyboard.press("u")  # the note is not there yet
    assert desk.locator("#note").input_value() == "先去关总阀"
    coming[0].continue_()
    _until(desk, lambda: len(coming) == 2)
    expect(desk.locator(".dk-tl", has_text="先去关总阀").first).to_be_visible()
    assert desk.locator("#note").input_value() == ""
    desk.keyboard.type("jk n")  # the form is not there yet
    coming[1].continue_()
    reason = desk.locator('#act-form [name="reason"]')
    expect(reason).to_be_focused()
    expect(reason).to_have_value("jk n")
    desk.keyboard.type(" and on")
    expect(reason).to_have_value("jk n and on")


def _until(page: Any, fulfilled: Callable[[], bool]) -> None:
    for _ in range(200):
        if fulfilled():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about in ten seconds")


def test_a_call_is_taken_heard_placed_and_filed_from_the_keyboard(town: Town, door: Door) -> None:
    desk = door("/hotline/", login="operator2")
    desk.keyboard.press("F2")
    desk.keyboard.type("19900004321")
    desk.keyboard.press("Enter")
    expect(desk.locator("#heard")).to_be_focused()
    expect(desk.locator("#caller-number")).to_contain_text("199 **** 4321")
    assert "19900004321" not in desk.content()
    desk.keyboard.type("楼道里水管漏水，往下流")
    expect(desk.locator('#kinds input[value="repair/water_leak"]')).to_be_checked()
    desk.keyboard.press("Tab")
    expect(desk.locator("#address")).to_be_focused()
    desk.keyboard.press("Shift+Tab")
    assert desk.evaluate("!!document.activeElement.closest('#kinds')")
    desk.keyboard.press("Tab")
    desk.locator("#address").focus()
    desk.keyboard.type("清和园")
    expect(desk.locator("#opts > [data-address]").first).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.locator("#sentence u").first).to_be_visible()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".hl-filed dd").first).to_contain_text("-")
