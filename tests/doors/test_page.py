"""What every request of every door gets: language, theme, refusals, headers, and who may come in."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from linli.doors import glyphs, guard, middleware, page, words
from linli.doors.guard import who
from linli.doors.preferences import preferences
from linli.doors.style_guide import style_guide
from linli.kernel.errors import Refusal
from tests.house.tree import WEB

KINDS = {"missing": 404, "forbidden": 403, "invalid": 422, "conflict": 409, "busy": 429}


@who("public")
def refusing(request: HttpRequest, kind: str) -> HttpResponse:
    raise Refusal("doors.not_yours", kind=kind, field="phone")


@who("public")
def breaking(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("ours, at 三号楼二单元")


@who("staff")
def for_staff(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


urlpatterns = [
    path("refuse/<kind>/", refusing),
    path("api/v1/refuse/<kind>/", refusing),
    path("break/", breaking),
    path("staff/", for_staff),
    path("preferences", preferences),
    path("demo/style/", style_guide),
    path("demo/style/<shell>/", style_guide),
]
handler404 = page.not_found
handler500 = page.broken


@pytest.fixture(autouse=True)
def own_addresses(monkeypatch: pytest.MonkeyPatch) -> Any:
    words.catalogue.cache_clear()
    as_actor(monkeypatch, person_id=None, kind="public")
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=_without_the_store()):
        yield


def _without_the_store() -> list[str]:
    return [
        "django.middleware.csrf.CsrfViewMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "linli.doors.middleware.DoorMiddleware",
    ]


def as_actor(
    monkeypatch: pytest.MonkeyPatch, *roles: str, person_id: int | None = 1, kind: str = "person"
) -> None:
    actor = SimpleNamespace(
        person_id=person_id, kind=kind, name="陈国栋", roles=tuple(SimpleNamespace(role=r) for r in roles)
    )
    monkeypatch.setattr(middleware, "_actor", lambda request: actor)


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(("kind", "status"), KINDS.items())
def test_a_refusal_has_the_same_status_as_page_fragment_and_json(
    kind: str, status: int, visitor: Client
) -> None:
    as_page = visitor.get(f"/refuse/{kind}/")
    as_fragment = visitor.get(f"/refuse/{kind}/", headers={"HX-Request": "true"})
    as_json = visitor.get(f"/api/v1/refuse/{kind}/")
    assert {as_page.status_code, as_fragment.status_code, as_json.status_code} == {status}
    assert "这里归别的岗位管。" in as_page.content.decode()
    assert as_json.json() == {"code": "doors.not_yours", "sentence": "这里归别的岗位管。", "field": "phone"}


def test_a_refused_fragment_becomes_a_toast_and_tells_the_form_which_field(visitor: Client) -> None:
    answer = visitor.get("/refuse/invalid/", headers={"HX-Request": "true"})
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#toasts", "beforeend")
    told = json.loads(answer["HX-Trigger"])["linli:refused"]
    assert told == {"field": "phone", "sentence": "这里归别的岗位管。"}
    assert 'role="alert"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_refusal_speaks_the_readers_language(visitor: Client) -> None:
    answer = visitor.get("/refuse/forbidden/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "This belongs to another role." in answer.content.decode()
    assert answer["Content-Language"] == "en"


def test_our_own_fault_leaves_a_line_in_the_log_without_address_or_words(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.get("/break/?q=19912345678")
    said = [record.getMessage() for record in caplog.records if record.name == "linli.doors"]
    assert len(said) == 1 and "RuntimeError" in said[0] and "GET" in said[0]
    assert "三号楼" not in said[0] and "199" not in said[0] and "/break/" not in said[0]


def test_our_own_fault_is_a_page_that_says_nothing_was_changed(visitor: Client) -> None:
    answer = visitor.get("/break/")
    assert answer.status_code == 500
    assert "什么都没有改动" in answer.content.decode()
    assert "RuntimeError" not in answer.content.decode()


def test_a_wrong_address_looks_like_every_other_missing_thing(visitor: Client) -> None:
    answer = visitor.get("/no/such/address/")
    assert answer.status_code == 404
    assert "没有找到" in answer.content.decode()


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="linli.config.urls")
def test_an_address_typed_with_a_slash_too_few_or_too_many_still_leads_there() -> None:
    client = Client()
    assert client.get("/report?q=%E7%81%AF")["Location"] == "/report/?q=%E7%81%AF"
    assert client.get("/ledger/verify/")["Location"] == "/ledger/verify"
    assert client.get("/nothing").status_code == 404
    assert client.post("/report", {"what": "repair"}).status_code == 404
    assert client.get("/api/v1").status_code == 404


def test_no_page_may_load_a_script_from_elsewhere_or_be_framed(visitor: Client) -> None:
    policy = visitor.get("/refuse/missing/")["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["worker-src"] == "'self' blob:"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"


def test_a_page_of_a_person_is_not_kept_by_caches(visitor: Client) -> None:
    assert visitor.get("/refuse/missing/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("cookie", "accepted", "lang"),
    [
        ("", "", "zh"),
        ("", "fr,de;q=0.8", "zh"),
        ("", "fr, en;q=0.7, zh;q=0.6", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh", "en", "zh"),
        ("xx", "en;q=bad, en", "en"),
    ],
)
def test_the_language_is_the_cookies_else_the_browsers_else_chinese(
    cookie: str, accepted: str, lang: str
) -> None:
    request = RequestFactory().get("/", headers={"Accept-Language": accepted})
    if cookie:
        request.COOKIES["lang"] = cookie
    assert middleware.language(request) == lang


def test_preferences_are_kept_in_cookies_and_lead_back(visitor: Client) -> None:
    answer = visitor.post("/preferences", {"theme": "dark", "size": "large", "next": "/desk/?q=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/?q=1")
    assert (answer.cookies["theme"].value, answer.cookies["size"].value) == ("dark", "large")
    shown = visitor.get("/refuse/missing/").content.decode()
    assert 'data-theme="dark" data-size="large"' in shown


def test_preferences_lead_back_only_to_this_house(visitor: Client) -> None:
    answer = visitor.post("/preferences", {"lang": "en", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_a_preference_that_does_not_exist_is_refused(visitor: Client) -> None:
    answer = visitor.post("/preferences", {"theme": "<script>"})
    assert answer.status_code == 422
    assert "theme" not in answer.cookies


def test_a_cookie_with_nonsense_shows_the_usual_page(visitor: Client) -> None:
    visitor.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in visitor.get("/refuse/missing/").content.decode()


def test_a_stranger_is_sent_to_sign_in_and_back(visitor: Client) -> None:
    answer = visitor.get("/staff/?page=2")
    assert answer["Location"] == "/sign-in/?next=%2Fstaff%2F%3Fpage%3D2"


def test_a_fragment_for_a_stranger_moves_the_whole_page(visitor: Client) -> None:
    current = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/7"}
    answer = visitor.get("/staff/", headers=current)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/sign-in/?next=%2Fdesk%2F7")


def test_a_program_that_is_not_signed_in_is_told_so(visitor: Client) -> None:
    answer = visitor.get("/staff/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "doors.sign_in_first")


@pytest.mark.parametrize(
    ("may", "roles", "kind", "fits"),
    [
        (("staff",), ("grid_worker",), "person", True),
        (("staff",), ("resident",), "person", False),
        (("staff",), (), "person", False),
        (("person",), (), "person", True),
        (("hotline_operator",), ("hotline_operator",), "person", True),
        (("hotline_operator",), ("grid_worker",), "person", False),
        (("link",), (), "link", True),
        (("staff",), (), "link", False),
        (("hotline_operator", "admin"), ("resident", "admin"), "person", True),
    ],
)
def test_a_door_opens_to_those_it_names(may: Any, roles: Any, kind: str, fits: bool) -> None:
    held = tuple(SimpleNamespace(role=role) for role in roles)
    actor = SimpleNamespace(kind=kind, person_id=1 if kind == "person" else None, roles=held)
    assert guard.fits(actor, may) is fits


def test_a_demo_page_does_not_exist_in_service(visitor: Client) -> None:
    assert visitor.get("/demo/style/").status_code == 404


@pytest.mark.parametrize("shell", ["", "phone/", "where/", "desk/", "wall/"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_style_guide_draws_every_piece(shell: str, lang: str, visitor: Client) -> None:
    with override_settings(MODE="demo"):
        answer = visitor.get(f"/demo/style/{shell}", headers={"Accept-Language": lang})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert not re.search(r"{[%{]|[%}]}(?!\s*<?)", re.sub(r"<script.*?</script>", "", text, flags=re.S))
    assert "data-due=" in text or "data-map=" in text


def test_a_day_in_words_follows_without_a_space_and_an_hour_with_one() -> None:
    assert words.say("zh", "clock.latest", hour="明天 10:04") == "最晚明天 10:04"
    assert words.say("zh", "clock.latest", hour="10:04") == "最晚 10:04"


def test_facts_in_a_sentence_are_escaped() -> None:
    from django.template import Context, Template

    drawn = Template('{% t "refusal.code" code=bad %}').render(Context({"lang": "en", "bad": "<b>"}))
    assert drawn == "Code &lt;b&gt;"


def test_a_data_block_cannot_be_closed_from_within() -> None:
    from linli.doors.templatetags.linli import data_block

    assert "</script><script>" not in data_block("x", {"title": "</script><script>alert(1)"})


def test_scripts_and_templates_draw_the_same_silhouettes() -> None:
    signs = (WEB / "signs.ts").read_text("utf-8")
    for state in ("soon", "breach", "pause", "kept"):
        drawing = re.search(r' d="([^"]+)"', glyphs.SILHOUETTES[state])
        assert drawing and f'"{drawing[1]}"' in signs, state


def test_an_icon_with_a_label_speaks_and_one_without_is_silent() -> None:
    assert 'role="img" aria-label="地图"' in glyphs.icon("map", label="地图")
    assert 'aria-hidden="true"' in glyphs.icon("map")
    with pytest.raises(KeyError):
        glyphs.icon("unicorn")
