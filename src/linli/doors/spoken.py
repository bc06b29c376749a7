"""How hours and spans are said to a reader. Pure: the caller brings the present."""

from __future__ import annotations

from datetime import datetime

from linli.doors.words import say
from linli.kernel import moment


def hour(when: datetime, present: datetime, lang: str, seconds: bool = False) -> str:
    """``09:34`` today, ``昨天 19:20``, ``明天 10:04``, ``9 月 3 日 09:34`` this year, with the year otherwise."""
    there, here = moment.local(when), moment.local(present)
    clock = there.strftime("%H:%M:%S" if seconds else "%H:%M")
    days = (there.date() - here.date()).days
    if days == 0:
        return clock
    if days in (-1, 1):
        return say(lang, "when.yesterday" if days < 0 else "when.tomorrow", clock=clock)
    return say(lang, "when.date_clock", date=day(when, present, lang), clock=clock)


def day(when: datetime, present: datetime, lang: str) -> str:
    """``9 月 3 日``, with its year when it is not this one."""
    there, here = moment.local(when), moment.local(present)
    month = say(lang, f"when.month.{there.month}")
    key = "when.date" if there.year == here.year else "when.date_year"
    return say(lang, key, year=there.year, month=month, day=there.day)


def weekday(when: datetime, lang: str) -> str:
    """``周三``, ``Wed``."""
    return say(lang, f"when.weekday.{moment.local(when).isoweekday()}")


def figure(seconds: float, lang: str) -> str:
    """A span as a clock shows it: ``01:58`` under an hour, ``2 时 51 分`` under a day, then ``3 天 4 时``."""
    total = int(abs(seconds))
    if total < 3600:
        return f"{total // 60:02d}:{total % 60:02d}"
    if total < 86400:
        return say(lang, "span.hm", h=total // 3600, m=f"{total % 3600 // 60:02d}")
    return _days(total, lang)


def spoken(seconds: float, lang: str) -> str:
    """A span in words, for what is over or promised: ``9 分 17 秒``, ``24 分``, ``2 时 51 分``, ``3 天 4 时``."""
    total = int(abs(seconds))
    minutes, rest = divmod(total, 60)
    if total < 60:
        return say(lang, "span.s", s=total)
    if total < 3600:
        return say(lang, "span.ms" if rest else "span.m", m=minutes, s=f"{rest:02d}")
    if total < 86400:
        m = minutes % 60
        return say(lang, "span.hm" if m else "span.h", h=total // 3600, m=f"{m:02d}")
    return _days(total, lang)


def _days(total: int, lang: str) -> str:
    days, hours = total // 86400, total % 86400 // 3600
    return say(lang, "span.dh" if hours else "span.d", d=days, h=hours)
