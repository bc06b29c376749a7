"""The inline form of an act: which questions it asks, with which answers to choose from. Translates an Offer; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linli.doors.words import say
from linli.kernel import ids
from linli.kernel.matters.cards import Card, Offer, Page
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import duty

# Inputs that share one widget; whatever is not named is a widget of its own name
WIDGETS = {
    "words": "area", "reason": "area", "photo": "photos", "photo_before": "photos", "photo_after": "photos",
    "contacted": "yesno", "solved": "yesno", "satisfied": "yesno", "verified": "yesno", "in_scope": "yesno",
    "grade": "choice", "condition": "choice", "role": "choice", "clock": "choice", "unit": "choice", "units": "many",
    "person": "people", "kind": "select",
}  # fmt: skip
UNDOES = {"unlink": "link", "unmerge": "merge"}  # act → kind of the link it takes back
NAMES = {"unit": "units", "matter": "matter_id", "person": "person_id", "in_scope": "verified"}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose. ``group`` heads a run of answers; ``note`` says what tells it apart."""

    value: str
    name: str
    note: str = ""
    group: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One question of an act. ``name`` is the form's field, ``need`` the pack's input."""

    need: str
    name: str
    widget: str
    label: str
    hint: str
    required: bool
    options: tuple[Option, ...] = ()


def fields_of(page: Page, offer: Offer, lang: str) -> tuple[Field, ...]:
    """Exactly the inputs that the act needs, then those it may have."""
    wanted = _with_clock(offer)
    return tuple(_field(page, offer, need, need in offer.needs, lang) for need in wanted)


def _with_clock(offer: Offer) -> list[str]:
    """An extension also asks which promise it lengthens; a dispatch that asks a unit may name a person instead."""
    wanted = list(dict.fromkeys([*offer.needs, *offer.may]))
    if offer.does == "extend" and "clock" not in wanted:
        wanted.insert(0, "clock")
    return wanted


def _field(page: Page, offer: Offer, need: str, required: bool, lang: str) -> Field:
    widget = "choice" if need == "matter" and offer.does in UNDOES else WIDGETS.get(need, need)
    options = OPTIONS[need](page, offer, lang) if need in OPTIONS else ()
    hint_key = f"desk.ask.hint.{need}"
    hint = say(lang, hint_key)
    return Field(
        need=need,
        name=NAMES.get(need, need),
        widget=widget,
        label=say(lang, f"desk.ask.{need}"),
        hint="" if hint == hint_key else hint,
        required=required,
        options=options,
    )


def pack_of(card: Card) -> Pack:
    """The pack's words for the choices of a form. The act itself is judged by the matter's own edition."""
    return editions.current(card.pack)


def _grades(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    grades = pack_of(page.card).grades
    return tuple(Option(key, text.say(lang), chosen=key == page.card.grade) for key, text in grades.items())


def kinds(pack: Pack, lang: str, chosen: str = "") -> tuple[Option, ...]:
    """All kinds of a pack under their groups."""
    return tuple(
        Option(key, kind.text.say(lang), group=_group(pack, kind.group, lang), chosen=key == chosen)
        for key, kind in pack.kinds.items()
    )


def _group(pack: Pack, key: str, lang: str) -> str:
    return pack.groups[key].say(lang) if key in pack.groups else ""


def _kinds(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    return kinds(pack_of(page.card), lang, page.card.kind)


def _conditions(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    pack = pack_of(page.card)
    kind = pack.kinds.get(page.card.kind)
    found = kind.conditions if kind else ()
    return tuple(Option(c.key, c.text.say(lang), _grade(pack, c.grade, lang)) for c in found)


def _grade(pack: Pack, key: str, lang: str) -> str:
    return pack.grades[key].say(lang) if key in pack.grades else ""


def _units(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    """Every unit that serves the ground, the kind's usual one first. Those summoned and not yet here are told apart."""
    kind = pack_of(page.card).kinds.get(page.card.kind)
    usual = kind.unit if kind else None
    called = {line.unit for line in page.summonses if line.acknowledged_at is None}
    found = sorted(duty.units(page.card.path), key=lambda unit: unit.kind != usual)
    return tuple(_unit(unit, unit.kind == usual, unit.called(lang) in called, lang) for unit in found)


def _unit(unit: duty.Unit, usual: bool, called: bool, lang: str) -> Option:
    note = say(lang, "desk.ask.unit_called") if called else say(lang, "desk.ask.unit_usual") if usual else ""
    return Option(ids.text(unit.id), unit.called(lang), note)


def _roles(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    """The roles this act may name, each with whoever holds it on this ground now."""
    roles = pack_of(page.card).roles
    found = []
    for key in offer.targets:
        held = duty.holder(key, page.card.path)
        if key in roles:
            found.append(
                Option(key, roles[key].text.say(lang), held.name if held else say(lang, "desk.ask.nobody"))
            )
    return tuple(found)


def _people(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    """Whoever holds one of the named roles on this ground, each once, under their role."""
    roles = pack_of(page.card).roles
    found: dict[int, Option] = {}
    for key in offer.targets or tuple(roles):
        for held in duty.holders(key, page.card.path) if key in roles and roles[key].staff else ():
            on = say(lang, "desk.ask.on_duty") if held.on_duty else ""
            option = Option(ids.text(held.person_id), held.name, on, roles[key].text.say(lang))
            found.setdefault(held.person_id, option)
    return tuple(found.values())


def _clocks(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    """The promises still running that may be lengthened."""
    running = [c for c in page.clocks if c.ended_at is None and c.unit_id is None]
    allowed = [c for c in running if not offer.targets or c.key in offer.targets]
    return tuple(Option(c.key, c.name, c.limit, chosen=n == 0) for n, c in enumerate(allowed))


def _linked(page: Page, offer: Offer, lang: str) -> tuple[Option, ...]:
    """To undo a link or a merge, one of those there are; to make one, a search."""
    kind = UNDOES.get(offer.does, "")
    links = [link for link in page.links if link.kind == kind and not link.undone]
    return tuple(Option(link.id, f"{link.number} {link.title}", chosen=len(links) == 1) for link in links)


OPTIONS: dict[str, Callable[[Page, Offer, str], tuple[Option, ...]]] = {
    "grade": _grades, "kind": _kinds, "condition": _conditions, "unit": _units, "units": _units, "role": _roles,
    "person": _people, "clock": _clocks, "parts": _kinds, "matter": _linked,
}  # fmt: skip
