"""A worker's network goes away: nothing tapped is lost, and what happened keeps its own hour."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Town
from tests.town import spot

pytestmark = pytest.mark.browser


def picture() -> dict[str, Any]:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(out, "JPEG")
    return {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_an_act_without_a_network_is_kept_and_sent_when_it_is_back(
    town: Town, visitor: Callable[..., Any]
) -> None:
    reported = town.reported(90)
    lon, lat = spot(501)
    where = {"geolocation": {"longitude": lon, "latitude": lat}, "permissions": ["geolocation"]}
    address = f"/field/m/{reported['id']}/"
    worker = visitor(f"{town.url}/demo/as/worker?next={address}", phone=True, **where)
    resident = visitor(f"{town.url}/m/{reported['token']}/", phone=True)
    steps = resident.locator("ol.steps li:not(.next)")
    before = steps.count()

    worker.locator(".fd-acts .go").tap()
    expect(worker.locator(".fd-acts .go")).to_contain_text("办结")
    expect(steps).to_have_count(before + 1)  # by push: nobody touched the resident's phone
    worker.locator(".fd-acts .go").tap()
    worker.fill("textarea[name=words]", "换了垫圈")
    worker.set_input_files("input[name=photo_after]", picture())
    expect(worker.locator(".photo img")).to_be_visible()

    worker.context.set_offline(True)
    worker.locator(".thumb .go").tap()
    expect(worker.locator("[data-queue-list] li")).to_have_count(1)
    expect(worker.locator("[data-queue]")).to_contain_text("没有网络，照常办")
    expect(resident.locator("#ask")).to_have_count(0)

    worker.context.set_offline(False)
    worker.wait_for_url(f"**{address}")
    expect(resident.locator("#ask")).to_be_visible()
    resident.locator("#ask label", has_text="解决了").first.tap()
    resident.locator("#ask label", has_text="满意").first.tap()
    resident.locator("#ask .big").tap()
    expect(resident.locator(".pt-over")).to_contain_text("已解决")
