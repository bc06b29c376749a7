"""Callers for the sample town's console: invented, from invented numbers, about invented trouble at addresses of the town."""

from __future__ import annotations

import random

from linli.doors.words import branch, say
from linli.kernel import moment
from linli.kernel.people import sealed
from linli.kernel.places.tree import Node, tree

HOW_MANY = 12


def callers(lang: str) -> tuple[dict[str, str], ...]:
    """A dozen callers, others each hour. The numbers begin as no number given out does."""
    dice = random.Random(f"{moment.now():%Y%m%d%H}")
    homes = [node for node in tree().of_level("building") if node.lon is not None]
    troubles = sorted(branch(lang, "hotline.sim.says").values())
    names = sorted(branch(lang, "hotline.sim.names").values())
    if not homes or not troubles:
        return ()
    return tuple(_caller(dice, homes, troubles, names, lang) for _ in range(HOW_MANY))


def _caller(
    dice: random.Random, homes: list[Node], troubles: list[str], names: list[str], lang: str
) -> dict[str, str]:
    phone = f"1990000{dice.randrange(10_000):04d}"
    home = dice.choice(homes)
    compound = tree().up_to(home.id, "compound")
    where = f"{compound.called(lang) if compound else ''}{'' if lang == 'zh' else ' '}{home.called(lang)}"
    says = say(lang, "hotline.sim.sentence", where=where, trouble=dice.choice(troubles))
    return {"phone": phone, "masked": sealed.masked(phone), "name": dice.choice(names), "says": says}
