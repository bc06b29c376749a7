"""值班表: one roster as rows to fill in, and the week it makes: who is on duty when, where two are, where nobody is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.doors.desk.people import KEEPERS, people_page, places_kept, wide
from linli.doors.desk.people_acts import gone_to
from linli.doors.desk.people_week import week_of
from linli.doors.desk.people_words import named, role_called
from linli.doors.desk.roster_form import Row, asked_of, read_rows, rows_of, shifts_asked
from linli.doors.guard import who
from linli.doors.leave_form import today
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.people import coverage, posts, rota, standing
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import Node

BLANK = 2  # empty rows offered beyond those filled in


@who(*KEEPERS)
@require_http_methods(["GET", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    """GET: one roster and the list of all. POST ``do``: ``check`` draws the week, ``more`` adds rows, ``save`` puts it in force,
    ``drop`` ends it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    node, role = _chosen(actor, given.get("place", ""), given.get("role", ""))
    if request.method == "GET":
        watch = standing.roster_at(role, node)
        rows = rows_of(watch) if watch else []
        return _page(request, actor, node, role, rows, chosen="role" in given)
    does = given.get("do", "check")
    address = f"{reverse('desk:roster')}?place={ids.text(node.id)}&role={role}"
    if does == "drop":
        rota.end_roster(actor, role, node.id)
        return gone_to(request, address + "&done=dropped")
    rows = read_rows(request.POST)
    if does == "save":
        rota.set_roster(actor, role, node.id, asked_of(rows))
        return gone_to(request, address + "&done=saved")
    blank = BLANK + 2 if does == "more" else BLANK
    return _page(request, actor, node, role, rows, chosen=True, blank=blank)


def _chosen(actor: Actor, written: str, role: str) -> tuple[Node, str]:
    """The place and role asked for, if the actor keeps them; else those of the first place."""
    if written:
        node = standing.place_kept(actor, ids.parse(written))
    else:
        choices = places_kept(actor)
        node = next((each for each in choices if each.level == "community"), choices[0])
    kept = roles_here(actor, node)
    return node, role if role in kept else _likeliest(kept, node)


def roles_here(actor: Actor, node: Node) -> tuple[str, ...]:
    """Roles whose roster the actor may keep there. Organisations keep their own."""
    kept = standing.roles_kept(actor, node.path)
    return tuple(key for key in kept if (role := posts.role(key)) is not None and not role.unit)


def _likeliest(kept: tuple[str, ...], node: Node) -> str:
    """A role with a roster there, else one held there, else the first."""
    for key in kept:
        if standing.roster_at(key, node) is not None:
            return key
    held = [line.role for line in standing.spot(node, kept).posts]
    return held[0] if held else kept[0]


def _page(
    request: HttpRequest,
    actor: Actor,
    node: Node,
    role: str,
    rows: list[Row],
    *,
    chosen: bool,
    blank: int = BLANK,
) -> HttpResponse:
    lang: str = request.lang  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    first = _monday(given.get("week", ""))
    stretches = coverage.week(coverage.watch_of(shifts_asked(rows)), first)
    hours = _hours(given.get("hours_from", ""), given.get("hours_to", ""), stretches)
    people = [named(each, lang) for each in standing.eligible(role, node)]
    kept = standing.roster_at(role, node) is not None
    facts: dict[str, Any] = {
        "sub": "roster",
        "chosen": chosen,
        "name": node.called(lang),
        "written": ids.text(node.id),
        "role": role,
        "role_name": role_called(role, lang),
        "roles": [(key, role_called(key, lang)) for key in roles_here(actor, node)],
        "others": _others(actor, node, role, lang),
        "places": [(ids.text(each.id), each.called(lang)) for each in standing.below(wide(actor, node))],
        "weekdays": [(str(n), say(lang, f"when.weekday.{n + 1}")) for n in range(7)],
        "people": people,
        "rows": [*rows, *(Row() for _ in range(blank))],
        "week": week_of(stretches, hours, first, lang),
        "first": first.isoformat(),
        "before": (first - timedelta(days=7)).isoformat(),
        "after": (first + timedelta(days=7)).isoformat(),
        "hours": tuple(f"{minute // 60 % 24:02d}:{minute % 60:02d}" for minute in hours),
        "kept": kept,
        "done": request.GET.get("done", ""),
    }
    part = {"week": "roster_week", "roster": "roster_form"}.get(
        request.headers.get("HX-Target", ""), "roster"
    )
    return people_page(request, f"desk/people/{part}.html", **facts)


def _monday(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = today()
    return day - timedelta(days=day.weekday())


def _hours(begin: str, end: str, stretches: tuple[coverage.Stretch, ...]) -> tuple[int, int]:
    """The hours in which somebody should be there: as typed, else those the roster is about."""
    try:
        start, stop = (int(text[:2]) * 60 + int(text[3:5]) for text in (begin, end))
    except ValueError:
        start, stop = coverage.hours(stretches)
    return start % coverage.DAY, stop % coverage.DAY


def _others(actor: Actor, node: Node, role: str, lang: str) -> list[dict[str, Any]]:
    """The rosters kept around there, and the one being looked at."""
    found = []
    for each in standing.below(wide(actor, node)):
        for key in roles_here(actor, each):
            current = (each.id, key) == (node.id, role)
            if current or standing.roster_at(key, each) is not None:
                found.append(
                    {
                        "written": ids.text(each.id),
                        "role": key,
                        "role_name": role_called(key, lang),
                        "name": each.called(lang),
                        "current": current,
                        "level": each.level,
                    }
                )
    return found
