"""The smallest pack that keeps every law, and a way to plant one fault in it."""

from __future__ import annotations

from pathlib import Path

from linli.kernel.packspec.faults import Fault, PackRefused
from linli.kernel.packspec.load import load_pack
from linli.kernel.packspec.prove import prove
from linli.kernel.packspec.schema import Pack

PACK = """\
pack      = "tiny"
name      = { zh = "小事", en = "Small things" }
profile   = "plain"
opened_by = ["resident", "worker"]
first     = "new"
handlers  = ["finish"]

[public]
shows = ["stage", "kind"]

[groups]
all = { zh = "全部", en = "All" }

[form]
kind  = { type = "kind", zh = "什么", en = "What" }
where = { type = "spot", zh = "哪里", en = "Where" }
phone = { type = "phone", zh = "电话", en = "Phone", purpose = "call-back", keep = "180d", optional = true }

[roles]
resident = { zh = "居民", en = "Resident", level = "micro_grid", staff = false }
worker   = { zh = "网格员", en = "Worker", level = "micro_grid" }
leader   = { zh = "网格长", en = "Leader", level = "compound" }
chief    = { zh = "主任", en = "Chief", level = "street" }
operator = { zh = "坐席", en = "Operator", level = "district" }

[ladders]
up = ["leader", { role = "chief", after = "10m" }]

[calendars]
always = { hours = ["00:00-24:00"], holidays = false }
office = { hours = ["08:30-12:00", "13:30-17:30"], days = ["mon", "tue", "wed", "thu", "fri"] }

[stages]
new   = { ball = 0, holder = "worker", zh = "新", en = "New" }
doing = { ball = 2, holder = "worker", zh = "在办", en = "Being done" }
done  = { ball = 3, holder = "operator", zh = "待回访", en = "Waiting for call-back" }
ended = { end = true, zh = "了结", en = "Ended" }
gone  = { end = true, zh = "撤回", en = "Withdrawn" }

[clocks.arrive]
zh = "到场"
en = "Arrive"
from = "new"
until = ["doing", "ends"]
limit = "profile"

[clocks.solve]
zh = "办结"
en = "Solve"
from = ["new", "doing"]
until = ["done", "ends"]
limit = "profile"
promise = { zh = "{time} 前办好", en = "done by {time}" }

[clocks.call]
zh = "回访"
en = "Call back"
from = "done"
until = ["doing", "ends"]
limit = "1d"
fresh = true

[acts.arrive]
zh = "到场"
en = "Arrive"
does = "move"
from = "new"
to = "doing"
by = ["worker", "leader"]
needs = "position"

[acts.finish]
zh = "办结"
en = "Finish"
does = "move"
from = "doing"
to = "done"
by = "worker"
needs = ["words"]

[acts.call_back]
zh = "回访"
en = "Call back"
from = "done"
to = { solved = "ended", not_satisfied = "doing", not_solved = "doing", unreached = "ended" }
by = "operator"
not_by_handlers = true
needs = ["contacted", "solved", "satisfied"]
attempts = 3

[acts.withdraw]
zh = "撤回"
en = "Withdraw"
from = "new"
to = "gone"
by = "reporter"
needs = "reason"

[acts.pause]
zh = "暂停"
en = "Pause"
from = ["new", "doing"]
by = "leader"
needs = ["reason", "until"]

[acts.resume]
zh = "恢复"
en = "Resume"
from = ["new", "doing"]
by = ["leader", "clock"]

[acts.return]
zh = "退回"
en = "Return"
from = "doing"
by = "worker"
needs = "reason"

[notices]
"opened"              = { reporter = "told.received", holder = { words = "told.yours", urgent = true } }
"clock:*:escalated"   = { rung = "told.broken" }
"""

PROFILE = """\
name = { zh = "普通", en = "Plain" }

[grades]
small = { zh = "小", en = "Small" }
large = { zh = "大", en = "Large" }

[limits.arrive]
"*" = "10m"

[limits.solve]
small = "30m"
large = "4h"
"""

KINDS = """\
kind,condition,zh,en,condition_zh,condition_en,grade,icon,group,unit,area_only,advice
lamp,out,灯,Lamp,不亮,Out,small,lamp,all,,,
,fallen,,,倒了,Fallen,large,,,,,
"""

ZH = """\
[told]
received = "收到“{title}”，{due} 前到场。"
yours    = "{place}：{title}，{due} 前到场。"
broken   = "“{title}”超时，请您负责。"
"""

EN = """\
[told]
received = "We have “{title}”; somebody is there by {due}."
yours    = "{place}: {title}, by {due}."
broken   = "“{title}” is late; you answer for it now."
"""

FILES = {
    "tiny/pack.toml": PACK,
    "tiny/kinds.csv": KINDS,
    "tiny/words/zh-CN.toml": ZH,
    "tiny/words/en.toml": EN,
    "profiles/plain.toml": PROFILE,
}


def write(root: Path, changes: dict[str, tuple[str, str]], more: str = "") -> Path:
    """The tiny pack under ``root``, with ``{file: (old, new)}`` changed in it (each must be there once) and ``more`` put at the end."""
    for name, text in FILES.items():
        if name in changes:
            old, new = changes[name]
            assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
            text = text.replace(old, new)
        if name == "tiny/pack.toml":
            text += more
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root / "tiny"


def tiny(root: Path, old: str = "", new: str = "", more: str = "", file: str = "tiny/pack.toml") -> Pack:
    """The tiny pack, with one place of one file changed. Raises PackRefused."""
    return load_pack(write(root, {file: (old, new)} if old else {}, more))


def faults_of(
    root: Path, old: str = "", new: str = "", more: str = "", file: str = "tiny/pack.toml"
) -> list[Fault]:
    """What is wrong with the tiny pack after one change, whether reading or proving finds it."""
    try:
        return prove(tiny(root, old, new, more, file))
    except PackRefused as refusal:
        return list(refusal.faults)
