"""How often what breaks, and how badly, in the sample town."""

from __future__ import annotations

from random import Random

from linli.kernel.packspec.schema import Pack

REPAIR = {
    "water_leak": 9, "no_water": 3, "sewage": 6, "street_light": 6, "stair_light": 8, "heating": 7, "lift": 6, "entry": 5, "manhole": 4,
    "road": 5, "rubbish": 8, "fire_lane": 5, "tree": 2, "power_cut": 3, "playground": 2, "charger": 3, "wall": 2, "railing": 2,
}  # fmt: skip
REQUEST = {
    "noise_dance": 4,
    "parking": 6,
    "elder": 4,
    "subsidy": 4,
    "neighbour": 4,
    "property": 5,
    "suggestion": 4,
    "question": 5,
    "noise_works": 3,
}
PATROL = {
    "rubbish": 6,
    "posters": 4,
    "fire_lane": 5,
    "stall": 3,
    "hazard": 3,
    "manhole": 2,
    "lamp": 2,
    "tree": 2,
    "quarrel": 2,
    "exercise": 1,
}


def weighted(rng: Random, weights: dict[str, int], pack: Pack) -> tuple[str, str]:
    """A kind and, mostly, its usual condition."""
    known = {key: weight for key, weight in weights.items() if key in pack.kinds}
    key = rng.choices(list(known), list(known.values()))[0]
    conditions = pack.kinds[key].conditions
    return key, (conditions[0] if rng.random() < 0.72 else rng.choice(conditions)).key


def said_how(pack: Pack, kind: str, condition: str) -> str:
    """The condition in words, unless it is the usual one."""
    others = pack.kinds[kind].conditions[1:]
    return next((other.text.zh for other in others if other.key == condition), "")
