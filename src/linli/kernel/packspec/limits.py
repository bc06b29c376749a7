"""How a limit is written: ``10m``, ``4h``, ``5wd``; or as the offices say it: ``2紧急工作时``, ``4工作时``,
``1工作日``, ``5自然日``."""

from __future__ import annotations

import re

from linli.kernel.packspec.schema import Limit

_SPOKEN = {
    "紧急工作时": "h",  # counts round the clock
    "工作时": "wh",
    "工作日": "wd",
    "自然日": "d",
    "小时": "h",
    "分钟": "m",
    "天": "d",
    "秒": "s",
}
_SHORT = ("s", "m", "h", "d", "wh", "wd")
_FORM = re.compile(r"\s*(\d{1,5})\s*(\S+)\s*")


def parse_limit(text: object, source: str = "") -> Limit | None:
    """The limit that ``text`` says; None if it says none."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    unit = _SPOKEN.get(match[2], match[2])
    if unit not in _SHORT or int(match[1]) == 0:
        return None
    return Limit(int(match[1]), unit, source)  # type: ignore[arg-type]


def parse_share(text: object) -> float | None:
    """``"75%"`` as 0.75; None for anything else, or a share that is not between nothing and the whole."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*%\s*", text) if isinstance(text, str) else None
    return int(match[1]) / 100 if match and int(match[1]) else None
