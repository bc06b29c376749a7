"""What is held, in words: for the page, for the copy, and for the line "who looked" on the page of a matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.doors.words import say
from linli.kernel.errors import Refusal
from linli.kernel.matters import gate, held_about
from linli.kernel.matters.held_about import OfMatter
from linli.kernel.matters.listing import role_name
from linli.kernel.notices import rights
from linli.kernel.notices.rights import Erased, Held
from linli.kernel.people.actors import Actor
from linli.kernel.people.looks import Look
from linli.kernel.places.tree import tree

OF_ITSELF = {
    "call taken",
    "call on the line",
    "search",
}  # reasons the program writes where nobody is asked for one


@dataclass(frozen=True, slots=True)
class Seen:
    """One look, in words."""

    at: datetime
    name: str
    roles: str
    what: str
    why: str


def seen_lines(looks: tuple[Look, ...], lang: str) -> list[Seen]:
    """Looks as the person concerned reads them."""
    comma = "、" if lang == "zh" else ", "
    return [
        Seen(
            look.at,
            look.name or say(lang, "my_data.look.somebody"),
            comma.join(role_name(role, lang) for role in look.roles),
            _named(lang, "my_data.look", look.what),
            _named(lang, "my_data.look", look.why) if look.why in OF_ITSELF else look.why,
        )
        for look in looks
    ]


def _named(lang: str, branch: str, key: str) -> str:
    """The word for a key that may have none: then the key."""
    full = f"{branch}.{key.replace('.', '_').replace(' ', '_')}"
    said = say(lang, full)
    return key if said == full else said


def seen_at(actor: Actor, matter_id: int, lang: str) -> list[Seen]:
    """Who looked at the reporter of this matter; for its reporter alone."""
    try:
        contact = gate.contact_of(actor, matter_id)
        if contact is None or contact.part != held_about.REPORTER or contact.pk is None:
            return []
        looks = rights.seen_by(held_about.Subject(None, (contact.pk,)))
    except Refusal:
        return []
    return seen_lines(looks, lang)


def facts_of(found: Held, lang: str) -> dict[str, Any]:
    """Everything the page and the copy show."""
    account = found.account
    ground = tree()
    posts = [
        (role_name(role, lang), node.called(lang) if (node := ground.get(place)) else "", since, until)
        for role, place, since, until in (account.posts if account else ())
    ]
    return {
        "held": found,
        "account": account.account if account else None,
        "posts": posts,
        "consents": [
            (_agreed(purpose, version, lang), *when)
            for purpose, version, *when in (account.consents if account else ())
        ],
        "sessions": account.sessions if account else (),
        "attempts": account.attempts if account else (),
        "matters": [(each, _said(each, lang)) for each in found.matters],
        "notices": found.notices,
        "looks": seen_lines(found.looks, lang),
        "open_matters": found.open_matters,
    }


def _agreed(purpose: str, version: str, lang: str) -> str:
    """To what, by which version of the words."""
    return say(lang, "my_data.agreed", what=_named(lang, "my_data.agreed_to", purpose), version=version)


def _said(matter: OfMatter, lang: str) -> list[tuple[datetime, str, str]]:
    """What they wrote: when, into which field, the words. What is erased is not listed."""
    shown = [said for said in matter.said if not said.erased and said.text]
    return [
        (said.at, _named(lang, "my_data.field", said.field.partition(".")[0]), said.text) for said in shown
    ]


def counted(done: Erased, lang: str) -> list[tuple[str, int]]:
    """What an erasure removed, by kind."""
    return [(_named(lang, "my_data.kind", kind), count) for kind, count in done.counts.items()]
