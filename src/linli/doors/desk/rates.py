"""时效: promises kept, each figure with its working."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors.desk.places import chosen, roots
from linli.doors.desk.shell import desk_page
from linli.doors.guard import who
from linli.kernel import ids, moment
from linli.kernel.packspec import editions
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import Node, tree
from linli.lenses import rates as lens

PERIODS = (1, 7, 30, 90)
KEYS = ("arrive", "solve", "plan", "accept", "acknowledge", "call", "check")


@who("staff")
def rates(request: HttpRequest) -> HttpResponse:
    """Rates of one place over the last days. Overdue open matters are in the denominator."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    node = chosen(actor, request.GET.get("place", ""))
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdigit() and int(asked) in PERIODS else 7
    now = moment.now()
    since = now - timedelta(days=days)
    services = [
        (pack.name.say(lang), lens.rates((node.path,), since, now, lang, KEYS, pack.key))
        for pack in editions.all_current().values()
        if not pack.library
    ]
    services.sort(key=lambda service: not service[1])
    facts: dict[str, Any] = {
        "services": services,
        "rule": next((figure.rule for _, figures in services for figure in figures), ""),
        "days": days,
        "periods": PERIODS,
        "name": node.called(lang),
        "written": ids.text(node.id),
        "choices": [(ids.text(n.id), n.called(lang)) for root in roots(actor) for n in _near(root.id)],
    }
    return desk_page(request, "desk/rates.html", "rates", **facts)


def _near(place_id: int) -> Iterator[Node]:
    """A place and what is directly below it."""
    ground = tree()
    yield ground.place(place_id)
    for below in ground.children(place_id):
        if below.level != "building":
            yield below
