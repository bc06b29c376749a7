"""The README's pictures of every door, taken from a fresh sample town: ``.venv/bin/python scripts/screenshots.py``.

A town is made in a temporary folder from a fixed seed, served, looked at by a headless Chromium of this machine, and thrown away. ``--town
FOLDER`` takes a town that was made before instead (a copy of it is used); ``--only desk`` takes the pictures whose names begin so.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.machine import CHROMIUM_ARGUMENTS, Program, chromium_path  # noqa: E402

HOME = ROOT / "docs" / "pictures"
SEED = "7"
PHONE, DESK, WALL = (390, 844), (1440, 900), (1920, 1080)
COLOURS = 256
LARGEST = 400 * 1024
Shot = Callable[["Camera"], None]
SHOTS: dict[str, Shot] = {}


def shot(taken: Shot) -> Shot:
    """Register one session of pictures by its name."""
    SHOTS[taken.__name__.replace("_", "-")] = taken
    return taken


@dataclass
class Camera:
    """The running town and the browser that looks at it."""

    url: str
    browser: Any
    only: str = ""
    people: dict[str, str] = field(default_factory=dict)  # name → login
    worker: str = ""  # whoever has most in hand

    def look(self) -> None:
        """Learn who is who from the town's own page."""
        page = self.open("/demo/", size=DESK)
        for link in page.locator("a[href*='/demo/as/']").all():
            login = (link.get_attribute("href") or "").split("/demo/as/")[1].split("?")[0]
            for word in re.findall(r"[\u4e00-\u9fff]{2,4}", link.inner_text())[:1]:
                self.people.setdefault(word, login)
        busiest = 0
        for login in self.people.values():
            if login.startswith(("worker", "night")):
                page.goto(f"{self.url}/demo/as/{login}?next=/field/")
                count = page.locator(".fd-first, .fd-row").count()
                if count > busiest:
                    busiest, self.worker = count, login
        page.context.close()

    def open(self, path: str, *, login: str = "", size: tuple[int, int] = PHONE, **more: Any) -> Any:
        """A page in a session of its own. ``lang``, ``theme``, ``here`` (lon, lat), ``sharp``."""
        phone = size[0] < 500
        options: dict[str, Any] = {
            "viewport": {"width": size[0], "height": size[1]}, "locale": "en-GB" if more.get("lang") == "en" else "zh-CN",
            "device_scale_factor": more.get("sharp", 2 if phone else 1), "is_mobile": phone, "has_touch": phone,
            "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce",
        }  # fmt: skip
        if "here" in more:
            lon, lat = more["here"]
            options |= {
                "geolocation": {"longitude": lon, "latitude": lat, "accuracy": 8},
                "permissions": ["geolocation"],
            }
        context = self.browser.new_context(**options)
        context.set_default_timeout(60_000)
        kept = {"lang": more.get("lang", "zh"), "theme": more.get("theme", "light")}
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in kept.items()])
        page = context.new_page()
        page.goto(f"{self.url}/demo/as/{login}?next={path}" if login else self.url + path)
        return page

    def take(self, page: Any, name: str, *, full: bool = False) -> None:
        """Wait until the maps are drawn and nothing moves, then keep the picture."""
        if self.only and not name.startswith(self.only):
            return
        if page.locator("[data-map]:visible").count():  # one inside something shut is not drawn
            page.locator("[data-map-ready]:visible").first.wait_for()
        page.evaluate("() => document.fonts.ready.then(() => true)")
        page.wait_for_timeout(1500)
        save(page.screenshot(full_page=full, animations="disabled"), name)


def save(png: bytes, name: str) -> None:
    """As few colours and bytes as keep it crisp."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (COLOURS, 128, 64):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            break
    (HOME / f"{name}.png").write_bytes(out.getvalue())
    print(f"{name}.png  {picture.width} × {picture.height}, {out.tell() // 1024} KB", flush=True)


def spot_of(camera: Camera) -> tuple[float, float]:
    """Where something is going on."""
    page = camera.open("/healthz")
    dots = page.evaluate("async () => (await (await fetch('/api/v1/dots')).json()).items")
    page.context.close()
    chosen = next(dot for dot in dots if not dot.get("area"))
    return chosen["lon"] + 0.0007, chosen["lat"] + 0.0004


@shot
def portal(camera: Camera) -> None:
    """A resident: home, three steps, the receipt, every step of it."""
    here = spot_of(camera)
    page = camera.open("/", here=here)
    camera.take(page, "portal-home")
    page.goto(f"{camera.url}/report/")
    camera.take(page, "portal-what")
    page.locator("summary").first.tap()
    page.locator("label.pick:visible").first.tap()
    page.wait_for_url("**/where/")
    page.locator("[data-map-ready]").wait_for(state="attached")
    page.locator("[data-locate]").tap()
    page.locator(".toast").wait_for()
    page.wait_for_timeout(5000)  # until the toast is gone
    camera.take(page, "portal-where")
    page.locator("[data-here-button]").tap()
    page.wait_for_url("**/words/")
    page.locator("#say").fill("三号楼二单元楼道顶上漏水，滴了一上午")
    page.locator("#phone").fill("19900001234")
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    camera.take(page, "portal-words")
    page.locator("button.primary[form=send]").tap()
    page.wait_for_url("**/done/")
    camera.take(page, "portal-done")
    title = page.locator("h1").inner_text()
    page.locator("a", has_text="看进展").tap()
    page.wait_for_url("**/m/*/")
    holder = next((login for name, login in camera.people.items() if name in title), "")
    worker = camera.open("/field/", login=holder, here=here)
    worker.locator(".fd-row, .fd-open", has_text="漏水").first.tap()
    worker.locator("button.go", has_text="到场").tap()
    worker.wait_for_timeout(1000)
    camera.take(page, "portal-follow")
    other = camera.open("/map/", here=here)
    camera.take(other, "portal-map")
    english = camera.open("/report/", lang="en")
    camera.take(english, "portal-what-en")
    dark = camera.open(page.url.removeprefix(camera.url), theme="dark")
    camera.take(dark, "portal-follow-dark")


def _more_to_do(page: Any, url: str) -> None:
    """Neighbours report more on the same ground, so that the list is one."""
    middle = json.loads(page.locator("script[id$='-data']").first.text_content() or "")["centre"]
    for kind, words in (("stair_light", "二楼的灯一闪一闪"), ("rubbish", "垃圾满出来了")):
        report = {
            "pack": "repair",
            "kind": kind,
            "lon": middle[0],
            "lat": middle[1],
            "address": "3 号楼 1 单元",
            "words": words,
        }
        told = page.context.browser.new_context()
        answer = told.request.post(
            f"{url}/api/v1/reports", data=report | {"reporter": {"phone": "19900004321"}}
        )
        assert answer.ok, answer.text()
        told.close()


@shot
def field_door(camera: Camera) -> None:
    """A grid worker: the list, one matter, a round."""
    page = camera.open("/field/", login=camera.worker)
    page.locator(".fd-open").first.tap()
    page.wait_for_url("**/m/*/")
    _more_to_do(page, camera.url)
    page.goto(f"{camera.url}/field/patrol/")
    camera.take(page, "field-patrol")
    camera.look()  # by night it is somebody else who has all that in hand
    page = camera.open("/field/", login=camera.worker)
    camera.take(page, "field-list")
    page.locator(".fd-open").first.tap()
    page.wait_for_url("**/m/*/")
    camera.take(page, "field-matter")


def richest(page: Any) -> None:
    """Open the matter of the list with most to tell."""
    best, most = 0, -1
    rows = page.locator(".dk-row a.matter")
    for number in range(min(rows.count(), 14)):
        rows.nth(number).click()
        page.wait_for_timeout(350)
        steps = page.locator(".dk-tl li").count()
        if steps > most:
            best, most = number, steps
    rows.nth(best).click()
    page.wait_for_timeout(800)


@shot
def desk(camera: Camera) -> None:
    """A community secretary, in both languages and both lights."""
    for name, lang, theme in (
        ("desk", "zh", "light"),
        ("desk-en", "en", "light"),
        ("desk-dark", "zh", "dark"),
    ):
        if camera.only and not name.startswith(camera.only):
            continue
        page = camera.open("/desk/?tab=all", login="secretary1", size=DESK, lang=lang, theme=theme, sharp=1.5)
        richest(page)
        camera.take(page, name)
        page.context.close()


@shot
def hotline(camera: Camera) -> None:
    """An operator during a call, and at a call-back."""
    page = camera.open("/hotline/", login="operator1", size=DESK, sharp=1.5)
    page.locator("[data-ring]").click()
    page.locator("[data-take-call]").first.click()
    says = json.loads(page.locator("#callers").text_content() or "")[0]["says"].removeprefix("我在")
    where, trouble = says.split("，", 1)
    heard = page.locator("#heard")
    heard.wait_for()
    heard.press_sequentially(trouble.split("。")[0], delay=15)
    page.locator("#address").press_sequentially(where, delay=30)
    page.locator("#opts [role=option], #opts label, #opts button, #opts li").first.click()
    page.locator("#sentence:not(.faint)").wait_for()
    camera.take(page, "hotline")
    back = camera.open("/hotline/", login="operator2", size=DESK, sharp=1.5)
    back.locator("#queue [data-row]").first.click()
    back.locator(".hl-answers").wait_for()
    camera.take(back, "hotline-callback")


@shot
def screen(camera: Camera) -> None:
    """The wall."""
    for name, lang in (("screen", "zh"), ("screen-en", "en")):
        page = camera.open("/screen/", login="wall", size=WALL, lang=lang)
        page.wait_for_timeout(2500)
        camera.take(page, name)
        page.context.close()


@contextmanager
def town(made_before: str) -> Iterator[str]:
    """The address of a sample town that stands still, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="linli-pictures-") as folder:
        data = Path(folder) / "town"
        if made_before:
            shutil.copytree(made_before, data)
        else:
            data.mkdir()
            print("making the town …", flush=True)
        program = Program(("demo", "--speed", "0", "--seed", SEED), data=data)
        try:
            program.start(wait=600)
            yield program.url
        finally:
            program.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description="Take the pictures of every door into docs/pictures.")
    parser.add_argument("--town", default="", help="a data folder made by `linli demo`, to save making one")
    parser.add_argument("--only", default="", help="only pictures whose names begin so")
    asked = parser.parse_args()
    chromium = chromium_path()
    if chromium is None:
        print("no Chromium on this machine (apt install chromium)", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    HOME.mkdir(parents=True, exist_ok=True)
    with town(asked.town) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        camera = Camera(url, browser, asked.only)
        camera.look()
        for name, take in SHOTS.items():
            if not asked.only or asked.only.startswith(name.split("-")[0]) or name.startswith(asked.only):
                take(camera)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
