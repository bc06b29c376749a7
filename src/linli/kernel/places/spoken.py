"""How people say where they are, taken apart: 和平苑三号楼二单元501, 3#2单元, 3栋2门, Building 3 Entrance 2. Pure.

Everything is folded to one form first (full width, Chinese numerals, old characters), in queries and in
what is searched alike; so it does not matter that 五一路 is kept as 51路, only that it always is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_OLD = str.maketrans("號樓單門棟區園裡裏東層戶邨", "号楼单门栋区园里里东层户村")
_DASHES = re.compile("[‐‑‒–—―−－~～_/]")
_DIGIT = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_NUMERAL = re.compile("[〇零一二三四五六七八九两十][〇零一二三四五六七八九两十百]*")
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ENGLISH_NUMERAL = re.compile(
    r"\b(building|bldg|block|tower|entrance|unit|door|gate)\s+(" + "|".join(_WORDS) + r")\b"
)
_NOISE = re.compile(r"[\s,，.。、;；:：·•'\"“”‘’()（）【】\[\]<>《》]+")


def _value(numeral: str) -> str:
    """十二 → 12, 二十三 → 23, 一百零五 → 105, 二〇一 → 201."""
    if not set(numeral) & {"十", "百"}:
        return "".join(str(_DIGIT[c]) for c in numeral)
    total, held = 0, 0
    for c in numeral:
        if c == "百":
            total, held = total + (held or 1) * 100, 0
        elif c == "十":
            total, held = total + (held or 1) * 10, 0
        else:
            held = _DIGIT[c]
    return str(total + held)


def normalise(text: str) -> str:
    """The folded form: the same for every way of writing the same words. No spaces, small letters, Arabic
    digits."""
    text = unicodedata.normalize("NFKC", text).lower().translate(_OLD)
    text = _ENGLISH_NUMERAL.sub(lambda m: f"{m[1]} {_WORDS.index(m[2]) + 1}", text)
    text = _DASHES.sub("-", text)
    text = re.sub(r"第(?=[\d〇零一二三四五六七八九两十])", "", text)
    text = _NUMERAL.sub(lambda m: _value(m[0]), text)
    text = re.sub(r"(?<=\d)[\s,，、]+(?=\d)", "-", text)
    return _NOISE.sub("", text)


def number_key(number: str) -> str:
    """A building or entrance number as compared: 03 → 3, B → b, 三 → 3."""
    key = normalise(number)
    return key.lstrip("0") or key


@dataclass(frozen=True, slots=True)
class Spoken:
    """``scope`` is the compound or road as folded, perhaps with more in front; ``number`` the building's;
    ``rest`` what follows it (a room, a remark) and belongs to the report, never to place data. ``typing``:
    the number may still be growing (和平苑1…). ``sure``: a building was named as such, not merely a number."""

    scope: str
    number: str = ""
    entrance: str = ""
    rest: str = ""
    typing: bool = False
    sure: bool = False


_DIGITS = r"\d{1,4}(?:[a-z](?![a-z]))?"
_NUMBER = r"((?<![a-z])[a-z]\d{0,3}|" + _DIGITS + r"|[甲乙丙丁])"
_ENTRANCE = r"([a-z](?![a-z])|\d{1,2}|[甲乙丙丁东西南北中])"
_STRONG = re.compile(_NUMBER + r"(?:号楼|#楼|号栋|号幢|号座|#|栋|幢|座)")
_STRONG_ENGLISH = re.compile(r"(?:building|bldg|block|tower)(?:no)?#?(" + _DIGITS + r"|[a-z](?![a-z]))")
_HASH_FIRST = re.compile(r"#(" + _DIGITS + ")")
_WEAK_BEFORE_ENTRANCE = re.compile(_NUMBER + r"[楼号](?=" + _ENTRANCE + r"(?:单元|门|-|\d))")
_DASHED = re.compile(r"(\d{1,3}[a-z]?|(?<![a-z])[a-z])-(\d{1,5})(?:-(\d{1,5}))?(?=$|[^\d-])")
_WEAK = re.compile(_NUMBER + r"(号院|号门|号|楼)")
_TRAILING = re.compile(r"(\d{1,4}|(?<=[\u4e00-\u9fff])[a-z])$")
_TAIL_ENTRANCE = re.compile(r"^-?" + _ENTRANCE + r"(?:单元|号门|门洞|门|梯|号口|口)")
_TAIL_ENGLISH = re.compile(r"^-?(?:entrance|unit|door|gate)(?:no)?#?(\d{1,2}|[a-z](?![a-z]))")
_TAIL_DASHED = re.compile(r"^-?(\d{1,2})(?:-(\d{2,5}.*))?$")
_FILLER = re.compile(r"^(?:我家|我们|我|住在|家住|住|就在|在|地址是?|位于|at|in|near)+")


def _tail(text: str) -> tuple[str, str]:
    """(entrance, rest) of what stands after the building."""
    for pattern in (_TAIL_ENTRANCE, _TAIL_ENGLISH):
        found = pattern.match(text)
        if found:
            return number_key(found[1]), text[found.end() :].lstrip("-")
    found = _TAIL_DASHED.match(text)
    if found:
        return number_key(found[1]), found[2] or ""
    return "", text.lstrip("-")


def _dashed(found: re.Match[str], text: str) -> Spoken:
    """3-2-501 is building, entrance, room; of two parts the second is a room when it has three digits or
    more."""
    scope, after = text[: found.start()], text[found.end() :]
    building, second, third = found[1], found[2], found[3]
    if third is None and len(second) > 2:
        return Spoken(scope, number_key(building), "", second + after, sure=True)
    return Spoken(scope, number_key(building), number_key(second), (third or "") + after, sure=True)


def _parts(text: str) -> Spoken:
    found = _STRONG.search(text) or _STRONG_ENGLISH.search(text)
    found = found or _WEAK_BEFORE_ENTRANCE.search(text) or _HASH_FIRST.search(text)
    if found:
        entrance, rest = _tail(text[found.end() :])
        return Spoken(text[: found.start()], number_key(found[1]), entrance, rest, sure=True)
    found = _DASHED.search(text)
    if found:
        return _dashed(found, text)
    found = _WEAK.search(text)
    if found:
        entrance, rest = _tail(text[found.end() :])
        return Spoken(text[: found.start()], number_key(found[1]), entrance, rest, sure=found[2] == "楼")
    found = _TRAILING.search(text)
    if found and found.start():
        return Spoken(text[: found.start()], number_key(found[1]), typing=True)
    return Spoken(text)


def parse(text: str) -> Spoken:
    """What was said, taken apart. Never refuses: what is not understood stays in ``scope``."""
    said = _parts(normalise(text))
    scope = _FILLER.sub("", said.scope).strip("-#")
    return Spoken(scope, said.number, said.entrance, said.rest, said.typing, said.sure)
