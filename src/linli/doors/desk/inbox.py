"""The list at the left of the desk: tabs, filters, matters by urgency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from linli.doors.desk.bulk import DOES
from linli.doors.desk.matter import matter_facts
from linli.doors.desk.shell import desk_page
from linli.doors.desk.urgency import grouped
from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import reads
from linli.kernel.packspec import editions
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree

TABS = ("mine", "all", "callback", "summoned", "asked", "paused", "ended")
ROWS = 100


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    name: str
    n: int | None
    url: str
    on: bool


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    name: str
    on: bool


@who("staff")
def home(request: HttpRequest) -> HttpResponse:
    """The desk with the most urgent matter open beside the list (on a phone only the list shows)."""
    facts = inbox_facts(request)
    first = next((card for group in facts["groups"] for card in group.cards), None)
    if first is not None:
        try:
            facts |= matter_facts(request, ids.parse(first.id))
        except Refusal:  # it left this reader's reach between two statements
            facts["card"] = None
    return desk_page(request, "desk/desk.html", "matters", **facts, auto=True)


@who("staff")
def inbox(request: HttpRequest) -> HttpResponse:
    """The list alone, for a tab, a filter or news."""
    return page(request, "desk/inbox.html", **inbox_facts(request))


def inbox_facts(request: HttpRequest) -> dict[str, Any]:
    """Everything ``desk/inbox.html`` shows, for the tab and filters that the address names."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    asked = {key: request.GET.get(key, "") for key in ("tab", "pack", "place")}
    tab = asked["tab"] if asked["tab"] in TABS else "mine"
    after = request.GET.get("after", "")
    cards, counts = reads.inbox(
        actor, lang, tab=tab, pack=asked["pack"], place=asked["place"], limit=ROWS, after=after
    )
    if not asked["tab"] and not cards:  # nothing in hand: look over everything instead of at an empty list
        tab = "all"
        cards, counts = reads.inbox(
            actor, lang, tab=tab, pack=asked["pack"], place=asked["place"], limit=ROWS
        )
    filters = {key: asked[key] for key in ("pack", "place") if asked[key]}
    return {
        "tab": tab,
        "tabs": [_tab(key, tab, counts, filters, lang) for key in TABS],
        "groups": grouped(cards, moment.now()),
        "shown": len(cards),
        "more": _url({"tab": tab, **filters, "after": cards[-1].id}) if len(cards) == ROWS else "",
        "packs": _packs(asked["pack"], lang),
        "places": _places(actor, asked["place"], lang),
        "filtered": bool(filters),
        "bulk_does": DOES,
        "query": urlencode({"tab": tab, **filters}),
    }


def _tab(key: str, on: str, counts: dict[str, int], filters: dict[str, str], lang: str) -> Tab:
    return Tab(key, say(lang, f"desk.tab.{key}"), counts.get(key), _url({"tab": key, **filters}), key == on)


def _url(query: dict[str, str]) -> str:
    return f"{reverse('desk:inbox')}?{urlencode(query)}"


def _packs(chosen: str, lang: str) -> list[Choice]:
    packs = [pack for pack in editions.all_current().values() if not pack.library]
    return [Choice(pack.key, pack.name.say(lang), pack.key == chosen) for pack in packs]


def _places(actor: Actor, chosen: str, lang: str) -> list[Choice]:
    """The places one and two levels below what the actor reaches: enough to cut a list, few enough to choose from."""
    ground = tree()
    found: list[Choice] = []
    for path in actor.paths():
        root = ground.get(int(path.strip("/").split("/")[-1]))
        if root is None:
            continue
        for below in ground.children(root.id):
            found.append(Choice(ids.text(below.id), below.called(lang), ids.text(below.id) == chosen))
            if len(ground.children(root.id)) <= 8:
                found += [
                    Choice(ids.text(node.id), f"　{node.called(lang)}", ids.text(node.id) == chosen)
                    for node in ground.children(below.id)
                    if node.level != "building"
                ]
    return found[:120]
