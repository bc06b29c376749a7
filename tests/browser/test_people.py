"""A day with the people of a community: somebody is ill, somebody new comes, a post is handed over, a night is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Town

pytestmark = pytest.mark.browser

PLAYED = 521  # a grid of which no other play knows the holder


def _opens(secretary: Page, name: str) -> None:
    secretary.goto(re.sub(r"/desk/.*", "/desk/people/", secretary.url))
    secretary.locator(".pp-held a", has_text=name).first.click()
    expect(secretary.locator("h1")).to_contain_text(name)


def _chosen(secretary: Page, field: str, name: str) -> None:
    words = secretary.locator(f"{field} option", has_text=name).first.inner_text()
    secretary.locator(field).select_option(label=words)


def _holder(town: Town, door: Callable[..., Any], login: str) -> str:
    """Who answers for what was reported just now."""
    made = town.reported(0, kind="stair_light", at=PLAYED, words="楼道灯不亮")
    desk = door(f"/desk/m/{made['id']}/", login=login)
    words: str = desk.locator(".people .now").first.inner_text()
    desk.context.close()
    return words


def test_leave_names_the_deputy_and_a_hand_over_the_successor(town: Town, door: Callable[..., Any]) -> None:
    her = door("/desk/people/", login="secretary2")
    assert "陈立" in _holder(town, door, "secretary2")

    _opens(her, "陈立")
    _chosen(her, "#lv-deputy", "孟庆海")
    her.locator("form[action$='/leave/'] button").click()
    expect(her.locator(".pp-done")).to_be_visible()
    expect(her.locator(".tag.warn")).to_contain_text("孟庆海 代")
    assert "孟庆海" in _holder(town, door, "secretary2"), "the deputy answers for what comes in"
    her.locator("form[action$='/back/'] button").click()
    expect(her.locator("form[action$='/back/']")).to_have_count(0)

    admin = door("/desk/people/", login="admin")
    expect(admin.locator(".topbar nav a")).to_have_count(1)
    admin.keyboard.press("Alt+3")
    admin.wait_for_url("**/accounts/")
    admin.keyboard.press("n")
    admin.wait_for_url("**/accounts/new/")
    admin.locator("#nw-name").fill("刘敏")
    admin.locator("#nw-login").fill("liu.min")
    admin.locator("#nw-phone").fill("19900007777")
    admin.locator("form.pp-form button.primary").click()
    expect(admin.locator(".pp-secret code")).to_have_text(re.compile(r"^(\w{4}-){3}\w{4}$"))

    _opens(her, "陈立")
    her.keyboard.press("h")
    _chosen(her, "#ho-to", "刘敏")
    her.locator("form[action$='/hand-over/'] button").click()
    expect(her.locator("h1")).to_contain_text("刘敏")
    assert "刘敏" in _holder(town, door, "secretary2"), "the successor answers for what comes in"


def test_a_hand_over_that_lies_ahead_is_called_off_with_one_click(
    town: Town, door: Callable[..., Any]
) -> None:
    her = door("/desk/people/", login="secretary2")
    before = _holder(town, door, "secretary2")
    name = her.locator(".pp-spot.micro_grid .pp-held a").first.inner_text()
    _opens(her, name)
    her.keyboard.press("h")
    _chosen(her, "#ho-to", "孟庆海")
    her.locator("#ho-from").fill((date.today() + timedelta(days=9)).isoformat())
    her.locator("form[action$='/hand-over/'] button").click()
    expect(her.locator("h1")).to_contain_text("孟庆海")
    her.goto(re.sub(r"/desk/.*", "/desk/people/", her.url))
    her.locator(".pp-spot form[action$='/call-off/'] button").first.click()
    expect(her.locator(".pp-done")).to_contain_text("岗位照旧")
    expect(her.locator("h1")).to_contain_text(name)
    expect(her.locator("form[action$='/call-off/']")).to_have_count(0)
    assert _holder(town, door, "secretary2") == before


def test_the_roster_of_an_organisation_is_set_and_a_closed_account_opened_again(
    town: Town, door: Callable[..., Any]
) -> None:
    admin = door("/desk/people/roster/", login="admin", lang="en")
    for place in ("Dongli Community", "Dongli Homes"):
        admin.locator("#ro-place").select_option(label=place)
        admin.locator(".pp-newroster button").click()
    admin.locator("#ro-role").select_option(label="Dongli Property")
    admin.locator(".pp-choose button").click()
    expect(admin.locator("h1")).to_have_text("Dongli Homes · Dongli Property")
    first = admin.locator(".pp-row").first
    first.locator("[name=person]").select_option(index=1)
    first.locator("[name=start]").fill("08:00")
    first.locator("[name=end]").fill("20:00")
    first.locator("[name=end]").blur()
    expect(admin.locator("#week .pp-bar .on")).to_have_count(7)
    admin.locator("button[value=save]").click()
    expect(admin.locator(".pp-done")).to_be_visible()
    expect(admin.locator(".pp-rosters li [aria-current]")).to_contain_text("Dongli Property")
    admin.locator("button[value=drop]").click()
    expect(admin.locator(".pp-done")).to_contain_text("ended")

    admin.goto(re.sub(r"/desk/.*", "/desk/people/accounts/new/", admin.url))
    admin.locator("#nw-name").fill("何远")
    admin.locator("#nw-login").fill("he.yuan")
    admin.locator("form.pp-form button.primary").click()
    once = admin.locator(".pp-secret code").inner_text()
    admin.locator("summary", has_text="Close account").click()
    admin.locator("form[action$='/close/'] button").click()
    admin.wait_for_url("**/accounts/**")
    admin.locator(".pp-account.closed a", has_text="he.yuan").click()
    admin.locator("form[action$='/reopen/'] button").click()
    expect(admin.locator(".pp-secret code")).not_to_have_text(once)
    expect(admin.locator("form[action$='/reopen/']")).to_have_count(0)


def test_the_only_one_somewhere_is_not_closed_and_it_is_said_why(
    town: Town, door: Callable[..., Any]
) -> None:
    admin = door("/desk/people/accounts/?q=worker3", login="admin")
    admin.locator("#accounts a").first.click()
    admin.locator("summary", has_text="停用账号").click()
    admin.locator("form[action$='/close/'] button").click()
    expect(admin.locator(".toast.bad")).to_contain_text("先把这个岗位交接给别人")
    door.forgive()  # type: ignore[attr-defined]  # the console notes the refusal


def test_a_missing_night_is_seen_while_the_roster_is_filled_in(town: Town, door: Callable[..., Any]) -> None:
    her = door("/desk/people/roster/", login="secretary2", lang="zh")
    her.locator("#ro-place").select_option(label="东里 01")
    her.locator(".pp-newroster button").click()
    first = her.locator(".pp-row").first
    first.locator("[name=person]").select_option(index=1)
    first.locator("[name=day]").select_option("workdays")
    first.locator("[name=start]").fill("21:00")
    first.locator("[name=end]").fill("07:00")
    her.locator("#ro-hf").fill("21:00")
    her.locator("#ro-ht").fill("07:00")
    expect(her.locator("#week .say.bad")).to_contain_text("周六 21:00–周日 07:00")
    second = her.locator(".pp-row").nth(1)
    second.locator("[name=person]").select_option(index=1)
    second.locator("[name=day]").select_option("weekend")
    second.locator("[name=start]").fill("21:00")
    second.locator("[name=end]").fill("07:00")
    second.locator("[name=end]").blur()
    expect(her.locator("#week .say.bad")).to_have_count(0)
    her.locator("button[value=save]").click()
    expect(her.locator(".pp-done")).to_be_visible()
    her.locator("button[value=drop]").click()
    expect(her.locator(".pp-done")).to_contain_text("停用")


def test_a_worker_enters_leave_on_the_phone(town: Town, door: Callable[..., Any]) -> None:
    phone = door("/field/", login="leader3", phone=True, is_mobile=True)
    phone.locator(".fd-mine").tap()
    phone.wait_for_url("**/field/duty/")
    phone.locator("#deputy").select_option(index=1)
    phone.locator("form[action$='/duty/'] button").tap()
    away = phone.locator(".fd-leave")
    expect(away).to_be_visible()
    away.locator("button").tap()
    expect(phone.locator(".fd-leave")).to_have_count(0)
