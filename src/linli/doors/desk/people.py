"""人员: who answers for each micro-grid at this moment, and one person with what they hold, their leave and their duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors.desk.people_words import Line, Named, line_of, named, role_called
from linli.doors.desk.shell import desk_page
from linli.doors.guard import who
from linli.doors.leave_form import today
from linli.doors.sign_in.account import shifts_of
from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.matters import reads as matters
from linli.kernel.people import duty, posts, reads, second_factor, standing
from linli.kernel.people.actors import Actor
from linli.kernel.people.standing import Spot
from linli.kernel.places.tree import Node, tree

KEEPERS = ("community_secretary", "admin")
CHOICES = ("district", "street", "community")  # levels looked at one place at a time
MATTERS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One place as it is read: whose posts stand here, whether one is missing, who answers at this moment and why they."""

    written: str
    name: str
    level: str
    role: str
    role_key: str
    vacant: bool
    answers: str
    why: str
    lines: tuple[Line, ...]


@who(*KEEPERS)
def standing_now(request: HttpRequest) -> HttpResponse:
    """Every place of the community with its posts. ``?place=`` is another place the actor keeps people at."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    choices = places_kept(actor)
    written = request.GET.get("place", "")
    node = wide(actor, standing.place_kept(actor, ids.parse(written))) if written else _first(choices)
    roles = standing.roles_kept(actor, node.path)
    spots = [standing.spot(each, roles) for each in standing.below(node)]
    rows = [_row(each, lang) for each in spots if each.posts or each.role or each.node.id == node.id]
    facts: dict[str, Any] = {
        "sub": "now",
        "node": node,
        "name": node.called(lang),
        "written": ids.text(node.id),
        "choices": [(ids.text(each.id), _indented(each, lang)) for each in choices],
        "rows": rows,
        "grids": sum(row.level == "micro_grid" for row in rows),
        "vacant": sum(row.vacant for row in rows),
        "away": len({line.person for row in rows for line in row.lines if line.away}),
    }
    return people_page(request, "desk/people/now.html", **facts)


def people_page(request: HttpRequest, template: str, /, **facts: Any) -> HttpResponse:
    """A page of this section, with its tabs."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    answer = desk_page(
        request, template, "people", is_admin=actor.holds(posts.ADMIN), today=today().isoformat(), **facts
    )
    answer["Cache-Control"] = "no-store"
    return answer


def places_kept(actor: Actor) -> tuple[Node, ...]:
    """The places to choose from: where the actor keeps people, and the streets and communities below."""
    found: dict[int, Node] = {}
    for ground in standing.grounds(actor):
        found[ground.id] = ground
        for each in sorted(tree().below(ground.id), key=lambda node: node.code):
            if each.level in CHOICES:
                found.setdefault(each.id, each)
    return tuple(found.values())


def wide(actor: Actor, node: Node) -> Node:
    """The community around a place, where the actor keeps all of it."""
    around = tree().up_to(node.id, "community") or node
    kept = any(around.path.startswith(ground.path) for ground in standing.grounds(actor))
    return around if kept else node


def _first(choices: tuple[Node, ...]) -> Node:
    """A community to begin with, if there is one."""
    return next((node for node in choices if node.level == "community"), choices[0])


def _indented(node: Node, lang: str) -> str:
    depth = CHOICES.index(node.level) if node.level in CHOICES else 0
    return "\u3000" * depth + node.called(lang)


def _row(spot: Spot, lang: str) -> Row:
    answers = spot.answers
    own = {line.person_id for line in spot.posts if not line.coming}
    why = ""
    if answers is not None:
        place = tree().place(answers.place_id).called(lang)
        if answers.deputy_for is not None:
            why = say(lang, "desk.people.instead_of", name=duty.name_of(answers.deputy_for))
        elif answers.place_id != spot.node.id:
            why = say(lang, "desk.people.as_of", role=role_called(answers.role, lang), place=place)
        elif answers.person_id in own:
            why = say(lang, "desk.people.oneself")
    return Row(
        ids.text(spot.node.id),
        spot.node.called(lang),
        spot.node.level,
        role_called(spot.role, lang),
        spot.role,
        spot.vacant,
        answers.name if answers else "",
        why,
        tuple(line_of(line, spot.role, lang) for line in spot.posts),
    )


@who(*KEEPERS)
def person(request: HttpRequest, written: str) -> HttpResponse:
    """What somebody holds, when they are away, when they are on duty; and what may be done about it."""
    return shown(request, written)


def shown(request: HttpRequest, written: str, **more: Any) -> HttpResponse:
    """The page of one person; ``more`` is what is told this once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    one = standing.person_kept(actor, ids.parse(written))
    lines = standing.posts_of(one.id)
    yours = [line for line in lines if standing.kept(actor, line)]
    near = standing.around(tuple(line.place_id for line in lines if line.unit_id is None), but=one.id)
    in_hand = matters.held_by(actor, lang, one.id)
    leaves = reads.leaves(one.id)
    facts: dict[str, Any] = {
        "sub": "now",
        "one": one,
        "written": written,
        "lines": [line_of(line, "", lang, kept=line in yours) for line in lines],
        "passing": [line_of(line, "", lang) for line in yours if line.until is None],
        "leaves": leaves,
        "shifts": shifts_of(one.id, lang),
        "deputies": candidates(near, lang),
        "successors": candidates((*standing.without_post(), *near), lang),
        "in_hand": in_hand[:MATTERS_SHOWN],
        "in_hand_n": len(in_hand),
        "in_hand_more": max(0, len(in_hand) - MATTERS_SHOWN),
        "enrolled": second_factor.enrolled(one.id),
        "back_to": next((ids.text(line.place_id) for line in lines), ""),
        "done": request.GET.get("done", ""),
    }
    return people_page(request, "desk/people/person.html", **(facts | more))


def candidates(found: tuple[standing.Candidate, ...], lang: str) -> list[Named]:
    """For a list to choose from: those without a post first, then by what they hold."""
    known = dict.fromkeys(one.person_id for one in found)
    first = {one.person_id: one for one in reversed(found)}
    return [named(first[person_id], lang) for person_id in known]
