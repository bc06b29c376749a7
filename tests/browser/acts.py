"""What the people of several plays do the same way, each in their own session."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect

# When each matter was first drawn on a map of this page, by the clock of the machine that all sessions share.
WATCH = """() => {
  window.drawn = {};
  document.addEventListener("map:dots", (event) => {
    for (const dot of event.detail.dots) window.drawn[dot.id] ??= Date.now();
  });
}"""


def picture() -> dict[str, Any]:
    """A photograph, as a phone would hand it over."""
    out = io.BytesIO()
    Image.new("RGB", (800, 600), (90, 130, 110)).save(out, "JPEG")
    return {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def watched(wall: Page) -> Page:
    """A wall whose map is drawn and whose stream is open; from now on it notes what it draws when."""
    expect(wall.locator("[data-map-ready]")).to_be_attached()
    expect(wall.locator(".livedot:not(.off)")).to_be_visible()
    wall.evaluate(WATCH)
    return wall


def finishes(worker: Page) -> None:
    """With a word and a picture of how it is now."""
    worker.locator("a.go", has_text="办结").tap()
    worker.locator("#act-form textarea").first.fill("换了垫圈，不漏了")
    worker.locator("#act-form input[type=file]").first.set_input_files(picture())
    expect(worker.locator("[data-photos-shown] img")).to_be_visible()
    worker.locator("button.go[form=act-form]").tap()
    worker.wait_for_url("**/field/m/*/")


def called_back(operator: Page, matter: str, number: str, answers: str = "yes yes yes") -> None:
    """Contacted, solved, satisfied: three answers to three questions."""
    operator.locator(f"#queue [data-row][hx-get*='{matter}']").click()
    expect(operator.locator(".hl-line")).to_contain_text(number)
    for question, answer in zip(("contacted", "solved", "satisfied"), answers.split(), strict=True):
        operator.locator(f"label:has(input[name={question}][value={answer}])").click()
    operator.locator("#back-send").click()
    expect(operator.locator(".hl-filed")).to_be_visible()
