"""What a resident may report: the kinds of every pack open to residents, by group, with how bad it is and what to do meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from linli.doors.portal.signs import sign
from linli.kernel.errors import Refusal
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Condition, Kind, Pack
from linli.lenses import usual as lately


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to tap. ``value`` is ``pack/kind/condition``."""

    value: str
    name: str
    advice: str


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind with its conditions."""

    name: str
    icon: str
    choices: tuple[Choice, ...]

    @property
    def advices(self) -> list[tuple[str, str]]:
        """(the choices it is for, what to do meanwhile), each advice once."""
        said: dict[str, list[str]] = {}
        for choice in self.choices:
            if choice.advice:
                said.setdefault(choice.advice, []).append(choice.value)
        return [(" ".join(values), advice) for advice, values in said.items()]


@dataclass(frozen=True, slots=True)
class Group:
    """One tile of the first step."""

    key: str
    name: str
    icon: str
    blurb: str
    things: tuple[Thing, ...]
    open: bool = False


def packs_for(*roles: str) -> list[Pack]:
    """The services that somebody with one of these roles may open; residents come first in the list of packs."""
    found = [pack for pack in editions.all_current().values() if not pack.library]
    found = [pack for pack in found if "resident" in pack.opened_by or set(roles) & set(pack.opened_by)]
    return sorted(found, key=lambda pair: (pair.key != "repair", pair.key))


def groups(lang: str, text: str = "", chosen: str = "", packs: list[Pack] | None = None) -> tuple[Group, ...]:
    """All tiles; with ``text`` only what is about it. The group of what was chosen stands open."""
    found: list[Group] = []
    for pack in packs_for() if packs is None else packs:
        found += _groups_of(pack, lang, text.strip().lower(), chosen)
    return tuple(_told_apart(found))


@dataclass(frozen=True, slots=True)
class Usual:
    """A tile of its own for what is reported most: one tap says it."""

    value: str
    name: str
    how: str
    icon: str


def usual(lang: str, path: str = "", most: int = 6) -> list[Usual]:
    """What neighbours report most; where little was reported yet, the first of each group in the packs' own order.

    Left out is what says first what to do meanwhile, and what is never drawn as a point: nobody should read a quarrel off a tile.
    """
    packs = {pack.key: pack for pack in packs_for()}
    found: dict[tuple[str, str], Usual] = {}
    for key, kind_key, condition_key in (*lately.usual(path), *_in_order(packs.values())):
        kind = packs[key].kinds.get(kind_key) if key in packs else None
        condition = next((c for c in kind.conditions if c.key == condition_key), None) if kind else None
        if kind is None or condition is None or condition.advice or kind.area_only:
            continue
        how = condition.text.say(lang) if len(kind.conditions) > 1 else ""
        tile = Usual(f"{key}/{kind_key}/{condition_key}", kind.text.say(lang), how, sign(kind.icon))
        found.setdefault((key, kind_key), tile)
        if len(found) == most:
            break
    return list(found.values())


def _in_order(packs: Iterable[Pack]) -> Iterator[lately.What]:
    for pack in packs:
        seen: set[str] = set()
        for kind in pack.kinds.values():
            if kind.group not in seen:
                seen.add(kind.group)
                yield pack.key, kind.key, kind.conditions[0].key


def _told_apart(found: list[Group]) -> Iterator[Group]:
    """Each tile with an icon of its own as far as its kinds have one to give."""
    used: set[str] = set()
    for group in found:
        icons = [thing.icon for thing in group.things]
        icon = next((icon for icon in icons if icon not in used), icons[0])
        used.add(icon)
        yield replace(group, icon=icon)


def _groups_of(pack: Pack, lang: str, text: str, chosen: str) -> Iterator[Group]:
    for key, name in pack.groups.items():
        kinds = [
            kind
            for kind in pack.kinds.values()
            if kind.group == key and _about(kind, name.zh + name.en, text)
        ]
        if not kinds:
            continue
        things = tuple(_thing(pack, kind, lang) for kind in kinds)
        open_ = bool(text) or any(choice.value == chosen for thing in things for choice in thing.choices)
        blurb = ("、" if lang == "zh" else ", ").join(kind.text.say(lang) for kind in kinds[:3])
        yield Group(f"{pack.key}.{key}", name.say(lang), things[0].icon, blurb, things, open_)


def _about(kind: Kind, group: str, text: str) -> bool:
    """Whether what was typed stands in the kind, its group or one of its conditions, in either language."""
    if not text:
        return True
    said = [group, kind.text.zh, kind.text.en, *(c.text.zh + c.text.en for c in kind.conditions)]
    whole = " ".join(said).lower()
    return text in whole or all(letter in whole for letter in text if not letter.isspace())


def _thing(pack: Pack, kind: Kind, lang: str) -> Thing:
    choices = tuple(_choice(pack, kind, condition, lang) for condition in kind.conditions)
    return Thing(kind.text.say(lang), sign(kind.icon), choices)


def _choice(pack: Pack, kind: Kind, condition: Condition, lang: str) -> Choice:
    name = kind.text if len(kind.conditions) == 1 else condition.text
    advice = condition.advice.say(lang) if condition.advice else ""
    return Choice(f"{pack.key}/{kind.key}/{condition.key}", name.say(lang), advice)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody tapped, looked up."""

    value: str
    pack: Pack
    kind: Kind
    condition: Condition

    def title(self, lang: str) -> str:
        """The kind, and how bad it is where that says more."""
        name = self.kind.text.say(lang)
        if len(self.kind.conditions) == 1:
            return name
        return f"{name}{'，' if lang == 'zh' else ': '}{self.condition.text.say(lang)}"

    def advice(self, lang: str) -> str:
        return self.condition.advice.say(lang) if self.condition.advice else ""

    @property
    def icon(self) -> str:
        return sign(self.kind.icon)


def chosen(value: str) -> Chosen:
    """Look up ``pack/kind/condition``. Raises Refusal ``portal.what_first`` for what no service of ours knows."""
    pack_key, _, rest = value.partition("/")
    kind_key, _, condition_key = rest.partition("/")
    pack = editions.all_current().get(pack_key)
    kind = pack.kinds.get(kind_key) if pack and not pack.library else None
    if pack is None or kind is None:
        raise Refusal("portal.what_first", field="what")
    fitting = [condition for condition in kind.conditions if condition.key == condition_key]
    return Chosen(value, pack, kind, fitting[0] if fitting else kind.conditions[0])
