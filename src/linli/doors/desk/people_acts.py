"""What whoever keeps posts does about people: leave with a deputy, a hand-over, an end, an appointment. Each is one act of the kernel."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from linli.doors.desk.people import KEEPERS, candidates, people_page
from linli.doors.desk.people_words import role_called
from linli.doors.desk.shell import see_other
from linli.doors.guard import who
from linli.doors.leave_form import from_day, leave_asked, leave_named
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.people import acts, calling_off, posts, rota, standing
from linli.kernel.people.actors import Actor


def gone_to(request: HttpRequest, address: str, **told: str) -> HttpResponse:
    """After an act: the page that shows what came of it, told to htmx as well."""
    there = f"{address}?{urlencode(told)}" if told else address
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": there})
    return see_other(there)


def person_named(request: HttpRequest, field: str) -> int:
    """The person chosen in that field. Refusal ``desk.nobody_chosen``."""
    chosen = request.POST.get(field, "")
    if not chosen.isdecimal():
        raise Refusal("desk.nobody_chosen", field=field)
    return int(chosen)


def _whom(request: HttpRequest, written: str) -> tuple[Actor, int]:
    """Who acts, and on whom: nobody the actor does not keep a post of."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor, standing.person_kept(actor, ids.parse(written)).id


@who(*KEEPERS)
@require_POST
def leave(request: HttpRequest, written: str) -> HttpResponse:
    """Whole days, the last one included, with a deputy."""
    actor, person_id = _whom(request, written)
    rota.take_leave(actor, person_id, *leave_asked(request))
    return gone_to(request, reverse("desk:person", args=(written,)), done="leave")


@who(*KEEPERS)
@require_POST
def back(request: HttpRequest, written: str) -> HttpResponse:
    """Back before the leave is over, or it is called off."""
    actor, _ = _whom(request, written)
    rota.end_leave(actor, leave_named(request))
    return gone_to(request, reverse("desk:person", args=(written,)), done="back")


@who(*KEEPERS)
@require_POST
def hand_over(request: HttpRequest, written: str) -> HttpResponse:
    """The ticked posts pass to somebody from a day on. The page of the successor follows."""
    actor, person_id = _whom(request, written)
    chosen = [ids.parse(each) for each in request.POST.getlist("post")]
    if not chosen:
        raise Refusal("desk.no_post_chosen", field="post")
    to_id = person_named(request, "to")
    acts.hand_over(actor, person_id, to_id, from_day(request, "from"), only=chosen)
    return gone_to(request, reverse("desk:person", args=(ids.text(to_id),)), done="handed")


@who(*KEEPERS)
@require_POST
def end(request: HttpRequest, written: str) -> HttpResponse:
    """One post ends and nobody follows: for a place that others hold as well."""
    actor, person_id = _whom(request, written)
    post = ids.parse(request.POST.get("post", ""))
    line = next((line for line in standing.posts_of(person_id) if line.assignment_id == post), None)
    if line is None:
        raise Refusal("people.already_over", kind="conflict")
    acts.end_appointment(actor, post, from_day(request, "from"))
    return gone_to(request, reverse("desk:people"), place=ids.text(line.place_id), done="ended")


@who(*KEEPERS)
@require_POST
def call_off(request: HttpRequest, written: str) -> HttpResponse:
    """What is settled for a later day does not come: a hand-over, an end, an appointment. The page of whoever has the post follows."""
    actor, _ = _whom(request, written)
    kept = calling_off.call_off(actor, ids.parse(request.POST.get("post", "")))
    return gone_to(request, reverse("desk:person", args=(ids.text(kept),)), done="called_off")


@who(*KEEPERS)
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest) -> HttpResponse:
    """Somebody takes up a post at a place from a day on."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    node = standing.place_kept(actor, ids.parse(given.get("place", "")))
    if request.method == "POST":
        person_id, role = person_named(request, "person"), given.get("role", "")
        declared, unit = posts.role(role), given.get("unit", "")
        unit_id = ids.parse(unit) if unit and declared and declared.unit else None
        acts.appoint(actor, person_id, role, node.id, unit_id=unit_id, since=from_day(request, "from"))
        return gone_to(request, reverse("desk:person", args=(ids.text(person_id),)), done="appointed")
    roles = standing.roles_kept(actor, node.path)
    found = (*standing.without_post(), *standing.around((node.id,)))
    facts = {
        "sub": "now",
        "name": node.called(lang),
        "written": ids.text(node.id),
        "roles": [(key, role_called(key, lang)) for key in roles],
        "role": given.get("role", "") or standing.answering_role(node.level),
        "unit": given.get("unit", ""),
        "people": candidates(found, lang),
        "units": [(ids.text(unit.id), unit.called(lang)) for unit in standing.units_at(actor, node)],
    }
    return people_page(request, "desk/people/appoint.html", **facts)
