"""The whole loop, five people at once: a resident, an operator, a grid worker, a leader, and the wall that all of them look at."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import called_back, finishes, watched
from tests.browser.conftest import Town

pytestmark = pytest.mark.browser


def reported_in_three_taps(phone: Page, kind: str = "漏水") -> str:
    """What, here, send: the number of the matter. Filling in a telephone number is typing, not tapping."""
    phone.locator("summary", has_text="水和排水").tap()
    phone.locator("fieldset", has_text=kind).locator("label.pick").first.tap()
    phone.wait_for_url("**/report/where/")
    expect(phone.locator("[data-map-ready]")).to_be_attached()
    phone.locator("[data-locate]").tap()
    expect(phone.locator(".toast")).to_be_visible()
    phone.locator("[data-here-button]").tap()
    phone.wait_for_url("**/report/words/")
    phone.locator("#say").fill("三号楼二单元楼道漏水")
    phone.locator("#phone").fill("19900001234")
    phone.locator(".thumb button[form=send]").tap()
    phone.wait_for_url("**/report/done/")
    return phone.locator(".pt-codes dd").first.inner_text()


def test_a_report_goes_round_the_whole_loop_and_everybody_sees_it(
    town: Town, door: Callable[..., Any]
) -> None:
    wall = watched(door("/screen/", login="wall", wall=True))
    leader = door("/desk/?tab=all", login="leader")
    operator = door("/hotline/", login="operator")
    worker = door("/field/", login="worker2", phone=True, is_mobile=True, at=502)
    resident = door("/report/", phone=True, is_mobile=True, at=502)

    number = reported_in_three_taps(resident)
    answered = resident.evaluate(
        "performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseStart"
    )
    began = time.monotonic()
    resident.locator("a", has_text="看进展").tap()
    resident.wait_for_url("**/m/*/")
    steps = resident.locator("ol.steps li:not(.next)")
    expect(steps).to_have_count(1)

    matter = in_the_hand_of(worker, "漏水")  # the micro-grid it was routed to is this worker's
    stands_on_the_wall(wall, matter, answered)
    expect(wall.locator(f"[data-running] [data-matter='{matter}']")).to_contain_text("马会生")
    expect(leader.locator(f".dk-row[data-matter='{matter}']")).to_be_visible()

    arrives(worker)
    expect(worker.locator(".fd-bar")).to_contain_text(number)
    expect(steps).to_have_count(2)
    assert time.monotonic() - began < 600
    expect(resident.locator(".clk.kept").first).to_contain_text("到场")
    finishes(worker)
    expect(steps).to_have_count(3)
    expect(resident.locator("#ask")).to_be_visible()  # the call-back may be answered here as well
    expect(steps.nth(2).locator("img")).to_be_visible()

    called_back(operator, matter, number)
    expect(steps).to_have_count(4)
    expect(steps.nth(2)).to_contain_text("马会生")
    expect(steps.nth(3)).to_contain_text("韩雪")  # not the one who handled it
    expect(resident.locator(".pt-over")).to_contain_text("解决")
    expect(leader.locator(f".dk-row[data-matter='{matter}']")).to_have_count(0)
    expect(wall.locator(f"[data-running] [data-matter='{matter}']")).to_have_count(0)


def in_the_hand_of(worker: Page, title: str) -> str:
    """The id of the matter that now stands first in their list."""
    expect(worker.locator(".fd-first .fd-t")).to_have_text(title)
    found = re.search(r"/m/([0-9a-z]{13})/", worker.locator(".fd-first .fd-open").get_attribute("href") or "")
    assert found is not None
    return found[1]


def stands_on_the_wall(wall: Page, matter: str, answered: float) -> None:
    """Its dot was drawn within a second of the receipt."""
    wall.wait_for_function("id => window.drawn[id]", arg=matter)
    took = wall.evaluate("id => window.drawn[id]", matter) - answered
    print(f"\non the wall {took:.0f} ms after the receipt")
    assert took <= 1000


def arrives(worker: Page) -> None:
    """One tap, with the position of that moment."""
    worker.locator(".fd-first button.go", has_text="到场").tap()
    worker.wait_for_url("**/field/m/*/")
