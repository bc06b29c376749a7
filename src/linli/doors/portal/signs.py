"""Which line icon stands for the icon a pack names. A pack may name what it likes; what we have no drawing for gets the nearest."""

from __future__ import annotations

from linli.doors import glyphs

NEAREST = {
    "drop": "water", "tap": "water", "drain": "water", "wave": "water", "glass": "water", "grate": "water",
    "bolt": "power", "wire": "power", "plug": "power", "lamp": "light",
    "gas": "fire", "flame": "fire", "smoke": "fire", "radiator": "heat", "gate": "door", "bin": "trash", "bag": "trash",
    "brick": "wall", "crack": "wall", "crane": "building", "complex": "building", "dog": "pet", "bug": "pet", "talk": "quarrel",
    "music": "noise", "speaker": "noise", "wheelchair": "elder", "manhole": "road", "stall": "car", "swing": "hand",
    "dots": "plus", "other": "plus", "coin": "list", "cross": "heart", "help": "heart", "poster": "note", "wrench": "hand",
    "walk": "route", "again": "refresh", "finish": "check", "arrive": "here", "undo": "return", "erase": "close",
    "people": "users", "plan": "calendar", "hourglass": "clock", "dispatch": "send", "grade": "chart", "yes": "check",
    "no": "close", "unmerge": "split", "unlink": "link",
}  # fmt: skip


def sign(name: str) -> str:
    """A name that the sprite knows."""
    drawn = glyphs.icons()
    if name in drawn:
        return name
    other = NEAREST.get(name, "alert")
    return other if other in drawn else "alert"
