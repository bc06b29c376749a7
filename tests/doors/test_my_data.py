"""One's own data through the doors: seen and erased by link and by account, answered by the office, and closed to everybody else."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from django.test import Client

from linli.kernel.matters.models import Contact, Matter, Words
from linli.kernel.people import accounts, looks
from linli.kernel.people.devices import RecoverySet
from linli.kernel.people.models import AccessLog, Person
from tests.town import Town, photo

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def signed_in(town: Town, login: str) -> Client:
    """A session with both factors given."""
    client, person = Client(), Person.objects.get(login=login)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["otp_device_id"] = RecoverySet.objects.create(user=person, name="test").persistent_id
    session.save()
    return client


def text_of(client: Client, address: str, lang: str = "zh") -> str:
    answer = client.get(address, headers={"Accept-Language": lang})
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_by_the_link_everything_is_shown_and_no_cache_keeps_it(town: Town) -> None:
    receipt = town.report(photos=(photo(),))
    looks.record(town.actor("operator"), "contact", receipt.matter_id, "核实楼号")
    answer = Client().get(f"/my/data/{receipt.token}/")
    shown = answer.content.decode()
    for words in ("赵师傅", "19900001234", "三号楼二单元楼道漏水", "1 张照片", "韩雪", "核实楼号"):
        assert words in shown, words
    assert answer["Cache-Control"] == "no-store"
    assert "What you wrote" in text_of(Client(), f"/my/data/{receipt.token}/", "en")


def test_the_page_of_the_matter_says_who_looked_and_only_to_its_reporter(town: Town) -> None:
    receipt = town.report()
    looks.record(town.actor("operator"), "contact", receipt.matter_id, "核实楼号")
    assert "核实楼号" in text_of(Client(), f"/m/{receipt.token}/")
    from linli.kernel.matters import acts
    from linli.kernel.matters.asks import Inputs, Reporter
    from linli.kernel.people.actors import actor_of

    joined = acts.take(
        actor_of(town.ids["resident"]),
        receipt.matter_id,
        "me_too",
        Inputs(reporter=Reporter("孙二娘", "19987654321")),
    )
    assert "核实楼号" not in text_of(Client(), f"/m/{joined.token}/")
    assert "核实楼号" not in text_of(Client(), f"/my/data/{joined.token}/")


def test_a_look_stays_recorded_when_the_page_that_asked_for_it_breaks(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is undone, the look is not."""
    from linli.kernel.matters import contact

    receipt = town.report()

    def breaks(*_: object) -> str:
        raise RuntimeError("the page broke")

    monkeypatch.setattr(contact.sealed, "unseal", breaks)
    with pytest.raises(RuntimeError):
        contact.look(town.actor("operator"), receipt.matter_id, "核实楼号")
    assert AccessLog.objects.filter(matter_id=receipt.matter_id, why="核实楼号").count() == 1


def test_the_copy_has_pages_tables_pictures_and_a_file_for_programs(town: Town) -> None:
    receipt = town.report(photos=(photo(),), words="=1+1 漏水")
    answer = Client().get(f"/my/data/{receipt.token}/copy.zip")
    bundle = zipfile.ZipFile(io.BytesIO(answer.content))
    names = set(bundle.namelist())
    assert {"index.html", "data.json", "words.csv", "looks.csv", "notices.csv"} <= names
    assert sum(name.startswith("photos/") for name in names) == 1
    data = json.loads(bundle.read("data.json"))
    assert data["matters"][0]["phone"] == "19900001234"
    rows = list(csv.reader(io.StringIO(bundle.read("words.csv").decode("utf-8-sig"))))
    assert any(row[3] == "'=1+1 漏水" for row in rows), "nothing is a formula"
    assert "漏水" in bundle.read("index.html").decode()


def test_nothing_is_erased_without_saying_that_one_is_sure(town: Town) -> None:
    receipt = town.report()
    assert Client().post(f"/my/data/{receipt.token}/erase/", {"when": "now"}).status_code == 422
    assert Contact.objects.filter(phone__isnull=False).exists()


def test_by_the_link_it_is_erased_now_and_the_link_leads_nowhere(town: Town) -> None:
    receipt = town.report()
    client = Client()
    text_of(client, f"/m/{receipt.token}/")
    answer = client.post(f"/my/data/{receipt.token}/erase/", {"when": "now", "sure": "yes"})
    assert answer.status_code == 200 and "已经删除" in answer.content.decode()
    assert (
        Matter.objects.get().anonymous and not Words.objects.filter(field="words").exclude(text="").exists()
    )
    assert client.get(f"/my/data/{receipt.token}/").status_code == 404
    assert client.get(f"/m/{receipt.token}/").status_code == 404


def test_by_the_link_it_is_asked_to_go_at_the_end_and_the_page_says_so(town: Town) -> None:
    receipt = town.report()
    client = Client()
    client.post(f"/my/data/{receipt.token}/erase/", {"when": "end", "sure": "yes"})
    assert "您已要求：办结后全部删除" in text_of(client, f"/my/data/{receipt.token}/")
    assert Contact.objects.filter(phone__isnull=False).exists()


def test_an_account_is_erased_with_its_password_only(town: Town) -> None:
    accounts.register_resident("liu", PASSWORD, "柳三变", phone="19912345678")
    client = signed_in(town, "liu")
    assert "19912345678" in text_of(client, "/my/data/account/")
    assert client.post("/my/data/account/erase/", {"sure": "yes", "password": "wrong"}).status_code == 422
    assert client.post("/my/data/account/erase/", {"sure": "yes", "password": PASSWORD}).status_code == 200
    assert not Person.objects.filter(login="liu").exists()
    assert client.get("/my/data/account/").status_code in (302, 403)


@pytest.mark.parametrize(
    ("lang", "refused", "agreed"),
    [("zh", "没让进", "开账号（告知书第 1 版）"), ("en", "refused", "having an account (notice, version 1)")],
)
def test_sign_ins_let_in_are_not_told_as_failures_and_what_was_agreed_to_is_in_words(
    town: Town, lang: str, refused: str, agreed: str
) -> None:
    client = Client(headers={"Accept-Language": lang})
    asked = {"login": "wang.min", "password": PASSWORD, "again": PASSWORD, "name": "王敏"}
    assert client.post("/sign-in/register/", asked).status_code == 302
    shown = client.get("/my/data/account/").content.decode()
    assert agreed in shown and refused not in shown and "127.0.0.1" in shown
    Client().post("/sign-in/", {"login": "wang.min", "password": "wrong-password"})
    assert client.get("/my/data/account/").content.decode().count(refused) == 1


@pytest.mark.parametrize(("lang", "words"), [("zh", "事项办结就删"), ("en", "at once at")])
def test_what_goes_at_the_end_is_not_kept_for_no_days(town: Town, lang: str, words: str) -> None:
    shown = text_of(signed_in(town, "secretary"), "/my/data/office/", lang)
    assert words in shown
    assert "后 0 天" not in shown and not re.search(r"\b0 days", shown)


def test_nobody_sees_anothers(town: Town) -> None:
    receipt = town.report()
    assert Client().get("/my/data/account/").status_code == 403
    for key in ("x" * 24, "0" * 13, receipt.number):
        assert Client().get(f"/my/data/{key}/").status_code == 404, key
        assert Client().get(f"/my/data/{key}/copy.zip").status_code == 404, key
        assert Client().post(f"/my/data/{key}/erase/", {"sure": "yes"}).status_code == 404, key


def test_the_office_finds_hands_out_and_erases_with_a_reason(town: Town) -> None:
    receipt = town.report()
    client = signed_in(town, "secretary")
    asked = {"number": receipt.number, "why": "本人到窗口，核对了查询码"}
    shown = client.post("/my/data/office/", asked).content.decode()
    assert receipt.number in shown and "赵师傅" not in shown and "19900001234" not in shown
    assert client.post("/my/data/office/copy.zip", asked).status_code == 200
    assert client.post("/my/data/office/erase/", {**asked, "why": "", "sure": "yes"}).status_code == 422
    assert client.post("/my/data/office/erase/", {**asked, "when": "now", "sure": "yes"}).status_code == 200
    assert not Contact.objects.filter(phone__isnull=False).exists()
    assert set(AccessLog.objects.values_list("what", flat=True)) == {"request", "export", "erasure"}


@pytest.mark.parametrize("login", ["worker", "wall", "resident"])
def test_who_does_not_answer_requests_does_not_come_in(town: Town, login: str) -> None:
    receipt = town.report()
    client = signed_in(town, login)
    assert client.get("/my/data/office/").status_code == 403
    answer = client.post("/my/data/office/copy.zip", {"number": receipt.number, "why": "想看看是谁报的"})
    assert answer.status_code == 403 and not AccessLog.objects.exists()
