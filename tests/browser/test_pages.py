"""Every page of every door, in both languages, light and dark, normal and large: nothing breaks, nothing is nameless, nothing is hard to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.audit import AUDIT, FOCUSED
from tests.browser.conftest import Town

pytestmark = pytest.mark.browser

PHONES: dict[str, tuple[str, ...]] = {
    "": ("/", "/report/", "/map/", "/my/", "/my/find/", "/worker/", "/about/privacy/", "/m/{token}/", "/sign-in/",
        "/sign-in/register/", "/my/data/", "/my/data/{token}/"),
    "worker": ("/field/", "/field/m/{id}/", "/field/m/{id}/do/hand_up/", "/field/report/", "/field/patrol/", "/field/notices/", "/field/duty/",
        "/account/"),
}  # fmt: skip
DESKS: dict[str, tuple[str, ...]] = {
    "": ("/demo/", "/sign-in/", "/api/v1/", "/ledger/", "/demo/style/"),
    "secretary": (
        "/desk/",
        "/desk/m/{id}/",
        "/desk/places/",
        "/desk/notices/",
        "/desk/rates/",
        "/desk/people/",
        "/desk/people/p/{worker}/",
        "/desk/people/appoint/?place={grid}",
        "/desk/people/roster/",
        "/desk/search/?q=漏水",
    ),
    "admin": (
        "/desk/people/",
        "/desk/people/p/{worker}/",
        "/desk/people/accounts/",
        "/desk/people/accounts/new/",
    ),
    "officer": ("/my/data/office/", "/my/data/account/"),
    "operator": ("/hotline/",),
    "wall": ("/screen/",),
}
DRESSES = [("zh", "light", "normal"), ("en", "dark", "large")]


@pytest.fixture(scope="module")
def made(town: Town) -> dict[str, Any]:
    """A matter in the hands of ``worker`` that every door can show."""
    return town.reported(120, words="三号楼二单元楼道漏水", at=501)


def _dressed(
    door: Callable[..., Any], town: Town, login: str, phone: bool, dress: tuple[str, str, str]
) -> Page:
    lang, theme, size = dress
    page: Page = door(
        "/healthz", login="", phone=phone, is_mobile=phone, lang=lang, theme=theme, wall=login == "wall"
    )
    page.context.add_cookies([{"name": "size", "value": size, "url": town.url}])
    if login:
        page.goto(f"{town.url}/demo/as/{login}?next=/account/")
    return page


@pytest.mark.parametrize("dress", DRESSES, ids="-".join)
@pytest.mark.parametrize(
    ("login", "phone"),
    [*((login, True) for login in PHONES), *((login, False) for login in DESKS)],
    ids=lambda value: (
        value
        if isinstance(value, str) and value
        else ("phone" if value else "public" if value == "" else "desk")
    ),
)
def test_every_page_has_names_labels_contrast_and_room(
    town: Town,
    door: Callable[..., Any],
    made: dict[str, Any],
    login: str,
    phone: bool,
    dress: tuple[str, str, str],
) -> None:
    page = _dressed(door, town, login, phone, dress)
    complaints: list[str] = []
    for pattern in (PHONES if phone else DESKS)[login]:
        path = pattern.format(**made)
        answer = page.goto(town.url + path)
        assert answer is not None and answer.status == 200, (
            f"{path}: {answer.status if answer else 'no answer'}"
        )
        page.wait_for_load_state("load")
        root = page.locator("html")
        expect(root).to_have_attribute("data-theme", "dark" if login == "wall" else dress[1])
        expect(root).to_have_attribute("data-size", dress[2])
        assert (root.get_attribute("lang") or "").startswith(dress[0])
        complaints += [f"{path} {complaint}" for complaint in page.evaluate(AUDIT, phone)]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("dress", DRESSES, ids="-".join)
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_a_page_that_says_no_is_as_good_as_any(
    town: Town, door: Callable[..., Any], phone: bool, dress: tuple[str, str, str]
) -> None:
    page = _dressed(door, town, "worker", phone, dress)
    complaints: list[str] = []
    for path, status in (("/no/such/page/", 404), ("/hotline/", 403), ("/my/data/office/", 403)):
        answer = page.goto(town.url + path)
        assert answer is not None and answer.status == status, path
        expect(page.locator(".refusal")).to_be_visible()
        complaints += [f"{path} {complaint}" for complaint in page.evaluate(AUDIT, phone)]
    door.forgive()  # type: ignore[attr-defined]  # the console notes each refusal
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("", "/"),
        ("", "/m/{token}/"),
        ("worker", "/field/m/{id}/"),
        ("secretary", "/desk/m/{id}/"),
        ("operator", "/hotline/"),
    ],
)
def test_the_tab_key_goes_everywhere_is_always_seen_and_never_caught(
    town: Town, door: Callable[..., Any], made: dict[str, Any], login: str, path: str
) -> None:
    page = door(path.format(**made), login=login)
    page.wait_for_load_state("load")
    been: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:  # past the last one; the next is the first again
            continue
        if been and focused["where"] == been[0]:
            break  # once around
        assert focused["ring"], f"focus is not to be seen on {focused['html']}"
        assert not been or focused["where"] != been[-1], f"focus is caught on {focused['html']}"
        been.append(focused["where"])
    assert len(set(been)) >= 5


@pytest.mark.parametrize("path", ["/", "/report/", "/map/"])
def test_language_light_and_size_are_changed_on_the_page_and_stay(
    town: Town, door: Callable[..., Any], path: str
) -> None:
    page = door(path, phone=True, is_mobile=True)
    page.goto(town.url + "/")
    page.locator("header").get_by_text("EN", exact=True).first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(town.url + path)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not [c for c in page.locator("main h1").first.inner_text() if "\u4e00" <= c <= "\u9fff"]
