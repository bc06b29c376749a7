"""值班表: one roster as rows to fill in, and the week it makes: who is on duty when, where two are, where nobody is. A roster is of a role at a
place, and of one organisation where the role is one of organisations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

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
from linli.kernel.people import coverage, duty, rota, standing
from linli.kernel.people.actors import Actor
from linli.kernel.people.snapshot import Watch
from linli.kernel.places.tree import Node

BLANK = 2  # empty rows offered beyond those filled in


class Whose(NamedTuple):
    """Whose roster: of a role, for one organisation or for the grid. Written ``grid_worker`` or ``property_company:0p…``."""

    role: str
    unit_id: int | None = None

    @property
    def written(self) -> str:
        return self.role if self.unit_id is None else f"{self.role}:{ids.text(self.unit_id)}"

    def called(self, lang: str) -> str:
        unit = duty.unit(self.unit_id) if self.unit_id is not None else None
        return unit.called(lang) if unit else role_called(self.role, lang)


@who(*KEEPERS)
@require_http_methods(["GET", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    """GET: one roster and the list of all. POST ``do``: ``check`` draws the week, ``more`` adds rows, ``save`` puts it in force,
    ``drop`` ends it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    node, whose = _chosen(actor, given.get("place", ""), given.get("role", ""))
    if request.method == "GET":
        watch = _kept(whose, node)
        rows = rows_of(watch) if watch else []
        return _page(request, actor, node, whose, rows, chosen="role" in given)
    does = given.get("do", "check")
    address = f"{reverse('desk:roster')}?place={ids.text(node.id)}&role={whose.written}"
    if does == "drop":
        rota.end_roster(actor, whose.role, node.id, unit_id=whose.unit_id)
        return gone_to(request, address + "&done=dropped")
    rows = read_rows(request.POST)
    if does == "save":
        rota.set_roster(actor, whose.role, node.id, asked_of(rows), unit_id=whose.unit_id)
        return gone_to(request, address + "&done=saved")
    blank = BLANK + 2 if does == "more" else BLANK
    return _page(request, actor, node, whose, rows, chosen=True, blank=blank)


def _kept(whose: Whose, node: Node) -> Watch | None:
    return standing.roster_at(whose.role, node, unit_id=whose.unit_id)


def _chosen(actor: Actor, written: str, whose: str) -> tuple[Node, Whose]:
    """The place and roster asked for, if the actor keeps them; else those of the first place."""
    if written:
        node = standing.place_kept(actor, ids.parse(written))
    else:
        choices = places_kept(actor)
        node = next((each for each in choices if each.level == "community"), choices[0])
    kept = rosters_here(actor, node)
    return node, next((each for each in kept if each.written == whose), None) or _likeliest(kept, node)


def rosters_here(actor: Actor, node: Node) -> tuple[Whose, ...]:
    """The rosters that the actor may keep there: of each role, and of each organisation that has somebody there."""
    kept = standing.roles_kept(actor, node.path)
    return tuple(Whose(role, unit) for role in kept for unit in standing.rostered_for(role, node))


def _likeliest(kept: tuple[Whose, ...], node: Node) -> Whose:
    """One that is kept there, else one of a role held there, else the first."""
    for whose in kept:
        if _kept(whose, node) is not None:
            return whose
    held = [line.role for line in standing.spot(node, tuple(each.role for each in kept)).posts]
    return next((each for each in kept if held and each.role == held[0]), kept[0])


def _page(
    request: HttpRequest,
    actor: Actor,
    node: Node,
    whose: Whose,
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
    eligible = standing.eligible(whose.role, node, unit_id=whose.unit_id)
    people = [named(each, lang) for each in eligible]
    unit = "" if whose.unit_id is None else ids.text(whose.unit_id)
    facts: dict[str, Any] = {
        "sub": "roster",
        "chosen": chosen,
        "name": node.called(lang),
        "written": ids.text(node.id),
        "role": whose.written,
        "role_name": role_called(whose.role, lang),
        "whose_name": whose.called(lang),
        "appoint_to": urlencode({"place": ids.text(node.id), "role": whose.role, "unit": unit}),
        "roles": [(each.written, each.called(lang)) for each in rosters_here(actor, node)],
        "others": _others(actor, node, whose, lang),
        "places": [(ids.text(each.id), each.called(lang)) for each in _places(actor, node)],
        "weekdays": [(str(n), say(lang, f"when.weekday.{n + 1}")) for n in range(7)],
        "people": people,
        "rows": [*rows, *(Row() for _ in range(blank))],
        "week": week_of(stretches, hours, first, lang),
        "first": first.isoformat(),
        "before": (first - timedelta(days=7)).isoformat(),
        "after": (first + timedelta(days=7)).isoformat(),
        "hours": tuple(f"{minute // 60 % 24:02d}:{minute % 60:02d}" for minute in hours),
        "kept": _kept(whose, node) is not None,
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


def _places(actor: Actor, node: Node) -> list[Node]:
    """Where to look next: the places chosen among, and everything around this one."""
    return list(
        {each.id: each for each in (*places_kept(actor), *standing.below(wide(actor, node)))}.values()
    )


def _others(actor: Actor, node: Node, whose: Whose, lang: str) -> list[dict[str, Any]]:
    """The rosters kept around there, and the one being looked at."""
    found = []
    for each in standing.below(wide(actor, node)):
        for one in rosters_here(actor, each):
            current = (each.id, one) == (node.id, whose)
            if current or _kept(one, each) is not None:
                found.append(
                    {
                        "written": ids.text(each.id),
                        "role": one.written,
                        "role_name": one.called(lang),
                        "name": each.called(lang),
                        "current": current,
                        "level": each.level,
                    }
                )
    return found
