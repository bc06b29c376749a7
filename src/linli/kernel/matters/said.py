"""How times, limits and outcomes are put into words, in both languages. Pure but for the office's time zone."""

from __future__ import annotations

from datetime import datetime

from linli.kernel import moment
from linli.kernel.packspec.schema import Limit, Text

OUTCOMES = {
    "solved": Text("已解决", "Solved"),
    "unsolved": Text("未解决", "Closed, not solved"),
    "unreached": Text("回访未联系上", "Not reached"),
    "checked": Text("核查通过", "Checked on the spot"),
    "withdrawn": Text("报事人撤回", "Withdrawn"),
    "out_of_scope": Text("不属受理范围", "Out of scope"),
    "merged": Text("并入另一件", "Merged into another"),
    "no_contact": Text("匿名，无法回访", "Anonymous: no call-back owed"),
}
SOURCES = dict(
    portal=Text("居民门户", "Portal"),
    hotline=Text("热线代报", "Hotline"),
    field=Text("网格员上报", "Found in the field"),
    desk=Text("工作台录入", "Entered at the desk"),
    api=Text("接口接入", "Through the API"),
    patrol=Text("巡查发现", "Found on patrol"),
    **{"import": Text("导入", "Imported")},
)
_UNITS = {
    "s": Text("{n} 秒", "{n} s"),
    "m": Text("{n} 分钟", "{n} min"),
    "h": Text("{n} 小时", "{n} h"),
    "d": Text("{n} 天", "{n} d"),
    "wh": Text("{n} 个工作时", "{n} working h"),
    "wd": Text("{n} 个工作日", "{n} working days"),
}


def duration(limit: Limit, extra: int, lang: str) -> str:
    """A limit as people say it; an extension is said beside it. A given number of seconds is said in days, hours or minutes."""
    if limit.unit == "s" and limit.amount >= 60:
        text = seconds(limit.amount, lang)
    else:
        text = _UNITS[limit.unit].say(lang).format(n=limit.amount)
        if limit.amount == 1 and lang == "en":
            text = text.replace("days", "day")
    if extra:
        text += f"，延长 {seconds(extra, lang)}" if lang != "en" else f" + {seconds(extra, lang)}"
    return text


def seconds(amount: int, lang: str) -> str:
    """A stretch of time in words: the two largest units. ``458`` → 7 分 38 秒."""
    amount = abs(int(amount))
    parts = ((86400, "天", "d"), (3600, "时", "h"), (60, "分", "min"), (1, "秒", "s"))
    said: list[str] = []
    for size, zh, en in parts:
        count, amount = divmod(amount, size)
        if count or (size == 1 and not said):
            said.append(f"{count} {zh if lang != 'en' else en}")
        if len(said) == 2:
            break
    return " ".join(said)


def local_time(at: datetime, lang: str, now: datetime | None = None) -> str:
    """An hour as it is promised: ``14:32`` today, ``明天 9:00``, ``11 月 30 日 17:30``."""
    here, today = moment.local(at), moment.local(now or moment.now()).date()
    days = (here.date() - today).days
    clock = f"{here:%H:%M}"
    if days == 0:
        return clock
    near = {1: ("明天 ", "tomorrow "), -1: ("昨天 ", "yesterday ")}.get(days)
    if near:
        return (near[1] if lang == "en" else near[0]) + clock
    if lang == "en":
        return f"{here.day} {here:%b} {clock}"
    return f"{here.month} 月 {here.day} 日 {clock}"
