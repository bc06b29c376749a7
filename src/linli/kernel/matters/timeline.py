"""What happened to a matter, told line by line: who, as what, when, with which words and pictures, and where it stands in the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from linli.kernel import ids
from linli.kernel.ledger.models import Entry
from linli.kernel.matters.cards import PhotoLine, StepLine
from linli.kernel.matters.listing import role_name
from linli.kernel.matters.models import Evidence, Matter, Step, Words
from linli.kernel.matters.said import SOURCES, local_time, seconds
from linli.kernel.packspec.schema import Pack, Text
from linli.kernel.people import duty

MINOR = frozenset({"note", "me_too", "link", "unlink", "supplement"})
_CLOCK_SAYS = {
    "clock:warned": Text("{clock}时限将到，已提醒", "{clock}: time is running short, reminded"),
    "clock:broken": Text("{clock}超过时限", "{clock}: the limit has passed"),
    "clock:escalated": Text("{clock}超时，升级到{role}", "{clock}: escalated to {role}"),
}
# steps that no pack declares, because the rules of the house make them
_OF_ITSELF = {
    "merged_in": Text("并入", "Merged in"),
    "unmerged": Text("撤销合并", "Unmerged"),
    "passed_on": Text("换人负责", "Passed on"),
    "erased_reporter": Text(
        "按报事人的要求删除了个人内容", "Erased what was personal, as the reporter asked"
    ),
    "release_words": Text("删除了个人内容", "Erased what was personal"),
}
_KEPT = {
    "arrive": Text("用时 {used}", "after {used}"),
    "solve": Text("从上报起 {used}", "{used} after the report"),
}


def photo_lines(rows: Sequence[Evidence]) -> tuple[PhotoLine, ...]:
    lines = []
    for row in rows:
        if row.erased_at is None:
            name = ids.text(row.id)
            lines.append(
                PhotoLine(
                    name, row.kind, f"/photos/{name}.jpg", f"/photos/{name}.thumb.jpg", row.width, row.height
                )
            )
    return tuple(lines)


def timeline(
    matter: Matter, pack: Pack, lang: str, *, steps: Sequence[Step], words: Mapping[int, Mapping[str, Words]],
    evidence: Mapping[int, Sequence[Evidence]], for_reporter: bool,
) -> tuple[StepLine, ...]:  # fmt: skip
    """All steps, newest first. A reporter sees every step and who did it; internal notes stay inside."""
    subject = f"matter:{ids.text(matter.id)}"
    entries = {e.seq: e for e in Entry.objects.filter(subject=subject).only("seq", "idx", "leaf", "id")}
    lines = []
    for step in steps:
        if for_reporter and step.does in ("note", "link", "unlink") and step.actor_kind == "person":
            continue
        said = words.get(step.id, {})
        written = said.get("words") or said.get("reason")
        entry = entries.get(step.seq)
        hidden = for_reporter and step.does not in _SHOWN_WORDS
        lines.append(StepLine(
            seq=step.seq, at=step.at, recorded_at=step.recorded_at, act=step.act, name=_name(pack, step, lang), who=_who(step, lang),
            role=role_name(step.role, lang) if step.role else "", sentence=_sentence(matter, pack, step, lang),
            words="" if hidden or written is None or written.erased_at else written.text,
            erased=bool(written is not None and written.erased_at), photos=photo_lines(evidence.get(step.id, ())), stage=step.stage_to,
            ball=pack.stages[step.stage_to].ball, minor=step.does in MINOR or step.act == "clock:warned", entry=ids.text(entry.id) if entry else "",
            idx=entry.idx if entry else None, hash=bytes(entry.leaf).hex() if entry else "",
        ))  # fmt: skip
    return tuple(reversed(lines))


# what is written at these acts is written for the reporter too
_SHOWN_WORDS = frozenset(
    {
        "open",
        "move",
        "supplement",
        "call_back",
        "check",
        "withdraw",
        "reopen",
        "pause",
        "out_of_scope",
        "verify",
        "extend",
    }
)


def _name(pack: Pack, step: Step, lang: str) -> str:
    if step.act == "open":
        return "上报" if lang != "en" else "Reported"
    if step.act.startswith("clock:"):
        return "时钟" if lang != "en" else "Clock"
    if step.act in _OF_ITSELF:
        return _OF_ITSELF[step.act].say(lang)
    act = pack.acts.get(step.act)
    return act.text.say(lang) if act else step.act


def _who(step: Step, lang: str) -> str:
    if step.actor_kind in ("clock", "system"):
        return "时钟" if lang != "en" else "The clock"
    name = duty.name_of(step.actor_id) if step.role else ""
    if name:
        return name
    return "居民" if lang != "en" else "Resident"


def _sentence(matter: Matter, pack: Pack, step: Step, lang: str) -> str:
    """One sentence without anything personal, made of the step's facts alone."""
    facts: dict[str, Any] = step.facts
    if step.act == "open":
        return _opened(facts, lang)
    if step.act.startswith("clock:"):
        clock = pack.clocks.get(str(facts.get("clock")))
        unit = duty.unit(int(facts["unit"])) if facts.get("unit") else None
        name = clock.text.say(lang) if clock else str(facts.get("clock"))
        if unit:
            name = f"{unit.name_en if lang == 'en' else unit.name_zh} {name}"
        told = ids.parse(facts["told"]) if facts.get("told") else None
        role = f"{role_name(str(facts.get('told_role') or facts.get('role', '')), lang)} {duty.name_of(told)}".strip()
        return _CLOCK_SAYS[step.act].say(lang).format(clock=name, role=role)
    act = pack.acts.get(step.act)
    said = (act.done or act.text).say(lang) if act else _name(pack, step, lang)
    more = _more(matter, pack, step, facts, lang)
    return (f"{said}，{more}" if lang != "en" else f"{said}, {more}") if more else said


def _opened(facts: Mapping[str, Any], lang: str) -> str:
    source = SOURCES.get(str(facts.get("source")))
    how = source.say(lang) if source else ""
    held = facts.get("effects", {}).get("holder", {})
    person = ids.parse(held["person"]) if held.get("person") else None
    name = f"{role_name(held.get('role', ''), lang)} {duty.name_of(person)}".strip()
    return f"{how}，自动派到{name}" if lang != "en" else f"{how}; routed to {name}"


def _more(matter: Matter, pack: Pack, step: Step, facts: Mapping[str, Any], lang: str) -> str:
    """What is special to this step: time used, who has it now, the three answers, until when."""
    parts = [text for key in _KEPT if (text := _kept(step, facts, key, lang))]
    for name in ("units", "unit"):
        listed = facts.get(name) or []
        for number in [listed] if isinstance(listed, str) else listed:
            unit = duty.unit(int(number))
            if unit:
                parts.append(unit.name_en if lang == "en" else unit.name_zh)
    if step.does in ("hand_up", "hand_down", "dispatch", "return", "move_place"):
        held = facts.get("effects", {}).get("holder", {})
        person = ids.parse(held["person"]) if held.get("person") else None
        parts.append(f"{role_name(held.get('role', ''), lang)} {duty.name_of(person)}".strip())
    if step.does == "call_back":
        parts.append(_answers(facts, lang))
    if step.does == "regrade":
        was, now = pack.grades.get(str(facts.get("was"))), pack.grades.get(str(facts.get("grade")))
        if was and now and was != now:
            parts.append(f"{was.say(lang)} → {now.say(lang)}")
    if facts.get("until"):
        until = local_time(datetime.fromisoformat(str(facts["until"])), lang)
        parts.append(f"到 {until}" if lang != "en" else f"until {until}")
    if step.does in ("extend", "approve") and facts.get("limit"):
        parts.append(str(facts["limit"]))
    if facts.get("number") and step.does in ("merge", "unmerge"):
        parts.append(str(facts["number"]))
    return ("，" if lang != "en" else ", ").join(part for part in parts if part)


def _kept(step: Step, facts: Mapping[str, Any], key: str, lang: str) -> str:
    for clock in facts.get("effects", {}).get("clocks", []):
        if (
            clock["key"] == key
            and clock["state"] in ("kept", "broken")
            and clock["ended"] == int(step.at.timestamp())
        ):
            return _KEPT[key].say(lang).format(used=seconds(clock["used"], lang))
    return ""


def _answers(facts: Mapping[str, Any], lang: str) -> str:
    words = {
        "contacted": Text("联系上", "reached"), "solved": Text("已解决", "solved"), "satisfied": Text("满意", "satisfied"),
    }  # fmt: skip
    said = []
    for key, text in words.items():
        value = facts.get(key)
        if value is None:
            continue
        if lang == "en":
            said.append(text.en if value else f"not {text.en}")
        else:
            said.append(
                text.zh
                if value
                else {"contacted": "没联系上", "solved": "未解决", "satisfied": "不满意"}[key]
            )
    return ("、" if lang != "en" else ", ").join(said)
