"""What every page of the desk has around its panes: whose desk it is, where else to go, what waits."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from linli.doors.guard import fits
from linli.doors.page import page
from linli.doors.words import say
from linli.kernel.ledger import rows
from linli.kernel.people import posts, standing
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import Node, tree

SECTIONS = (
    ("matters", "desk:home"),
    ("places", "desk:places"),
    ("notices", "desk:notices"),
    ("rates", "desk:rates"),
)
PEOPLE = (("people", "desk:people"),)  # for whoever keeps posts; administrators have nothing else here


def desk_page(request: HttpRequest, template: str, section: str, /, **facts: Any) -> HttpResponse:
    """A whole page of the desk, its section marked in the bar."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lang: str = request.lang  # type: ignore[attr-defined]
    at_desk = fits(actor, ("staff",), "desk")
    sections = (SECTIONS if at_desk else ()) + (PEOPLE if standing.grounds(actor) else ())
    around: dict[str, Any] = {
        "words_of": "desk",
        "at_desk": at_desk,
        "section": section,
        "sections": [(key, say(lang, f"desk.nav.{key}"), route) for key, route in sections],
        "office": office(actor, lang),
        "me_role": role_name(actor, lang),
        "log_size": f"{rows.size():,}",
        "operator": actor.holds("hotline_operator"),
    }
    return page(request, template, **around, **facts)


def see_other(address: str) -> HttpResponse:
    """After a plain form: look there now (303), so that going back does not send it again."""
    answer = HttpResponseRedirect(address)
    answer.status_code = 303
    return answer


def highest(actor: Actor) -> Node | None:
    """The highest place its reader holds a role at."""
    paths = sorted(actor.paths(), key=lambda path: path.count("/"))
    return tree().get(int(paths[0].strip("/").split("/")[-1])) if paths else None


def office(actor: Actor, lang: str) -> str:
    node = highest(actor)
    return node.called(lang) if node else ""


def role_name(actor: Actor, lang: str) -> str:
    """The post they are called by: the first they hold that is not merely living here."""
    held = next((held for held in actor.roles if held.role != "resident"), None)
    known = posts.role(held.role) if held else None
    return known.text.say(lang) if known else ""
