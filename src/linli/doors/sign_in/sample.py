"""The sample town: everybody invented, and one click is enough to be any of them. Not routed in service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.sign_in.landing import let_in, next_step
from linli.kernel.errors import Refusal
from linli.kernel.packspec.schema import Text
from linli.kernel.people import acts, duty, posts, reads
from linli.kernel.people.reads import Colleague
from linli.kernel.places.tree import Node, Tree, tree

SHOWN = 400


@who("demo")
def everybody(request: HttpRequest) -> HttpResponse:
    """All staff by community and place, those above first; ``?q=`` narrows by name, role, place or login."""
    lang: str = request.lang  # type: ignore[attr-defined]
    asked = request.GET.get("q", "").strip().lower()
    rows = [row for row in _rows(reads.everybody(), tree(), lang) if not asked or asked in row["sought"]]
    facts: dict[str, Any] = {"groups": _grouped(rows[:SHOWN]), "q": asked, "more": max(0, len(rows) - SHOWN)}
    return page(request, "sign_in/demo.html", **facts)


def _rows(people: Iterable[Colleague], ground: Tree, lang: str) -> list[dict[str, str]]:
    declared = posts.declared()
    rows = []
    for one in people:
        node = ground.place(one.place_id)
        role = declared[one.role].text if one.role in declared else Text(one.role, one.role)
        unit = duty.unit(one.unit_id) if one.unit_id is not None else None
        place = unit.called(lang) if unit else node.called(lang)
        row = {
            "login": one.login,
            "name": one.name,
            "role": role.say(lang),
            "place": place,
            "group": _group(node, ground, lang),
        }
        row["sought"] = " ".join((*row.values(), role.zh, role.en, one.role)).lower()
        rows.append(row)
    return rows


def _group(node: Node, ground: Tree, lang: str) -> str:
    """The community somebody works in; above communities, the street or district itself."""
    return (ground.up_to(node.id, "community") or node).called(lang)


def _grouped(rows: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(row["group"], []).append(row)
    return list(groups.items())


@who("demo")
@never_cache
def as_anyone(request: HttpRequest, login: str) -> HttpResponse:
    """Be that person now, second factor and all. Goes where ``next`` says, else to their own door."""
    if settings.MODE != "demo":  # the address is not routed then; this is the lock behind the missing door
        raise Refusal("doors.no_page", kind="missing")
    let_in(request, acts.person_named(login), demo=True)
    return next_step(request)
