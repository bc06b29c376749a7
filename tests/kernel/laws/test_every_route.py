"""Every address of the program, asked by everybody: who may not is turned away, and nobody meets an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from linli.kernel import ids, moment
from linli.kernel.ledger import follow, sequence
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Inputs
from linli.kernel.matters.models import Asked, Evidence, Summons
from linli.kernel.notices.following import Notices
from linli.kernel.notices.models import Notice
from linli.kernel.people import actors, looks, sealed, snapshot
from linli.kernel.people.models import Person
from linli.kernel.registers.models import Item
from tests.town import BEGAN, Town, local, photo

pytestmark = pytest.mark.django_db

NOW = local("2026-03-04 09:00")
# who comes in at each door, written by hand; an address that begins with none of these is anybody's
DOORS: dict[str, set[str]] = {
    "desk/people/accounts/": {"admin"},
    "desk/people/p/<str:written>/details/": {"admin"},
    "desk/people/p/<str:written>/password/": {"admin"},
    "desk/people/p/<str:written>/second-factor/": {"admin"},
    "desk/people/p/<str:written>/close/": {"admin"},
    "desk/people/p/<str:written>/reopen/": {"admin"},
    "desk/people/": {"secretary", "secretary2", "admin"},
    "desk/": {
        "worker", "worker2", "leader", "secretary", "secretary2", "officer", "operator", "supervisor", "mediator", "city", "property",
        "property2",
    },
    "hotline/": {"operator", "officer"},
    "field/": {"worker", "worker2", "leader", "secretary", "secretary2", "mediator", "city", "property", "property2"},
    "screen/": {"secretary", "secretary2", "officer", "supervisor", "wall"},
    "account/": {"signed in"},
}  # fmt: skip
EVERYBODY = (
    "nobody",
    "resident",
    "worker",
    "worker2",
    "leader",
    "secretary2",
    "officer",
    "operator",
    "supervisor",
    "city",
    "property2",
    "admin",
    "wall",
)
TURNED_AWAY = {302, 303, 401, 403, 404, 405}
UNASKED = ("static/", "demo/", "healthz", "live/")  # files of the program; the sample town; its own tests


@dataclass
class World:
    """One matter of 501 with all that hangs on it, and its ids by the names that addresses use."""

    town: Town
    matter: str = ""
    token: str = ""
    things: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def world(town: Town, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(actors, "_proved", lambda request: True)  # as if the second factor had been given
    monkeypatch.setattr(
        looks, "record", lambda *told: None
    )  # which is never inside a transaction, as a test always is
    with moment.at(NOW):
        receipt = town.report(words="记号七八九", address="三号楼", photos=(photo(),))
        number = receipt.matter_id
        acts.take(town.actor("leader"), number, "summon", Inputs(units=(town.units["heat"],), words="请来"))
        acts.take(town.actor("worker"), number, "extend", Inputs(limit="1h", reason="等"))
    item = Item.objects.create(
        pack="patrol",
        register="stop",
        place_id=501,
        path="/1/2/5/50/501/",
        data={"name": "井盖"},
        changed_at=BEGAN,
    )
    snapshot.forget()
    made = World(town, ids.text(number), receipt.token)
    made.things = {
        "matter": made.matter, "evidence": ids.text(Evidence.objects.get(matter_id=number).pk), "item": ids.text(item.pk),
        "summons": ids.text(Summons.objects.get(matter_id=number).pk), "asked": ids.text(Asked.objects.get(matter_id=number).pk),
        "nothing": ids.text(4711),
    }  # fmt: skip
    return made


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


ALL = [(route, view) for route, view in routes(get_resolver().url_patterns) if not route.startswith(UNASKED)]


def address(route: str, matter: str, world: World) -> str:
    """The route with something in each of its places: ``matter`` where an id goes."""

    def fill(found: re.Match[str]) -> str:
        kind, _, name = found[1].rpartition(":")
        if kind == "int":
            return "7"
        if name == "token":
            return "no-such-link"
        return "note" if name in ("key", "act") else matter

    return "/" + re.sub(r"<([^>]+)>", fill, route.replace("^", "").replace("$", "").replace("\\Z", ""))


def client(world: World, login: str) -> Client:
    found = Client(raise_request_exception=False)
    if login != "nobody":
        person = Person.objects.get(pk=world.town.ids[login])
        Person.objects.filter(pk=person.pk).update(must_change=False)
        found.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return found


def shut(route: str, login: str) -> bool:
    for prefix, may in DOORS.items():
        if route.startswith(prefix):
            return login == "nobody" or not ({login, "signed in"} & may)
    return False


@pytest.mark.parametrize("login", EVERYBODY)
def test_every_address_as_everybody(world: World, login: str) -> None:
    asking, wrong = client(world, login), []
    for route, _ in ALL:
        where = address(route, world.matter, world)
        for method in ("get", "post"):
            answer = getattr(asking, method)(where, HTTP_ACCEPT="text/html")
            if answer.status_code >= 500:
                wrong.append(f"{method} {where} as {login}: {answer.status_code}")
            elif shut(route, login) and answer.status_code not in TURNED_AWAY:
                wrong.append(f"{method} {where} as {login}: {answer.status_code}, should be turned away")
            outside = login in ("nobody", "resident")
            if outside and "记号七八九".encode() in getattr(answer, "content", b""):
                wrong.append(f"{method} {where} as {login}: shows what the reporter wrote")
    assert wrong == []


@pytest.mark.parametrize(
    "login", ["nobody", "resident", "worker2", "secretary2", "city", "property2", "admin", "wall"]
)
def test_a_guessed_id_opens_nothing(world: World, login: str) -> None:
    """Ids of a matter, a photo, a summons, a wish, an item, of nothing: whoever's ground it is not on sees none of them."""
    asking, wrong = client(world, login), []
    for route, _ in ALL:
        if "<" not in route or "token" in route or route.startswith(("tiles/", "ledger/")):
            continue
        for name, number in world.things.items():
            where = address(route, number, world)
            answer = asking.get(where)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            if answer.status_code >= 500:
                wrong.append(f"{where} ({name}) as {login}: {answer.status_code}")
            if (
                any(mark.encode() in body for mark in ("记号七八九", "赵师傅", "19900001234", "三号楼"))
                or body[:3] == b"\xff\xd8\xff"
            ):
                wrong.append(f"{where} ({name}) as {login}: shows what is none of theirs")
    assert wrong == []


def test_the_link_opens_its_own_matter_and_no_other(world: World) -> None:
    asking = client(world, "nobody")
    mine = asking.get(f"/m/{world.token}/")
    assert mine.status_code == 200 and "记号七八九" in mine.content.decode()
    with moment.at(NOW):
        other = world.town.report(words="别人的事")
    assert "别人的事" not in asking.get(f"/m/{world.token}/").content.decode()
    assert asking.get(f"/m/{other.token}x/").status_code == 404
    photo_of_mine = asking.get(f"/photos/{world.things['evidence']}.jpg")
    assert photo_of_mine.status_code == 200  # this browser knows the link
    assert client(world, "nobody").get(f"/photos/{world.things['evidence']}.jpg").status_code == 404


def test_the_links_in_notices_open(world: World) -> None:
    while sequence.sequence():
        pass
    while follow.run_once(Notices()):
        pass
    told = [json.loads(sealed.unseal(row.words))["zh"] for row in Notice.objects.all() if row.words]
    addresses = {found for words in told for found in re.findall(r"/(?:m|desk)/[^\s，。]+", words)}
    assert any(where.startswith("/m/") for where in addresses), told
    for where in addresses:
        assert client(world, "leader").get(where).status_code == 200, where
