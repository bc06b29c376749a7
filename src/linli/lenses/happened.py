"""The words of what just happened: where, what, what was done. Nobody's name but that of staff who take over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from linli.kernel import ids, moment
from linli.kernel.ledger.rows import EntryRow
from linli.kernel.matters.cards import Happened
from linli.kernel.matters.listing import title_of
from linli.kernel.matters.models import Matter, Step
from linli.kernel.matters.said import OUTCOMES, seconds
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack, Text
from linli.kernel.people import duty
from linli.lenses.ground import under_any, where

JUST = 12
RECENT = timedelta(days=2)
LOOKED = 5000  # steps looked through at most, however long the log is
#: Acts that change nothing anybody outside would notice.
QUIET = frozenset({"note", "link", "unlink", "me_too", "supplement"})
_CLOCK = {
    "clock:warned": Text("{clock}时限将到", "little time left to {clock}"),
    "clock:broken": Text("{clock}超时", "time to {clock} is up"),
    "clock:escalated": Text("{clock}超时，已报{role}", "time to {clock} is up, {role} told"),
}
_REPORTED = Text("{place} 上报：{title}", "{place} reported: {title}")
_ACTED = Text("{place} {title}，{done}", "{place}: {title}, {done}")
_USED = Text("用时 {used}", "after {used}")


def quiet(does: str) -> bool:
    """Whether an act of this sort is left out of "just now"."""
    return does in QUIET


def just(paths: Sequence[str], lang: str, now: datetime | None = None) -> tuple[Happened, ...]:
    """The last things that happened on that ground, newest first. Ids rise with time, so the newest steps are found without sorting all."""
    here = under_any(paths, "matter__path")
    since = (now or moment.now()) - RECENT
    latest = Step.objects.order_by("-id").values("id")[:LOOKED]
    steps = (
        Step.objects.filter(here, id__in=latest, recorded_at__gte=since)
        .exclude(does__in=QUIET)
        .select_related("matter")
    )
    newest = sorted(steps.order_by("-id")[: 3 * JUST], key=lambda step: step.recorded_at, reverse=True)
    return tuple(
        Happened(
            step.recorded_at, sentence(step.matter, step, lang), step.matter.ball, ids.text(step.matter_id), 0
        )
        for step in newest[:JUST]
    )


def data_of(entry: EntryRow, matter: Matter) -> dict[str, Any]:
    """The same for one ledger entry, in both languages, as the stream carries it."""
    body = entry.body
    step = Step(
        act=body["act"],
        does=body["does"],
        facts=body["facts"],
        at=datetime.fromtimestamp(body["at"], moment.SHANGHAI),
    )
    return {
        "at": entry.at.isoformat(), "id": ids.text(matter.id), "idx": entry.idx, "ball": matter.ball,
        "zh": sentence(matter, step, "zh"), "en": sentence(matter, step, "en"),
    }  # fmt: skip


def sentence(matter: Matter, step: Step, lang: str) -> str:
    """柳荫 03 楼门禁故障，到场，用时 6 分 20 秒: where, what, what was done."""
    pack = editions.edition(matter.edition)
    place, title = (
        where(matter.path, matter.area_only, lang),
        title_of(pack, matter.kind, matter.condition, lang),
    )
    if step.act == "open":
        return _REPORTED.say(lang).format(place=place, title=title)
    done = _clock(pack, step, lang) if step.act in _CLOCK else _done(matter, pack, step, lang)
    return _ACTED.say(lang).format(place=place, title=title, done=done)


def _clock(pack: Pack, step: Step, lang: str) -> str:
    clock = pack.clocks.get(str(step.facts.get("clock")))
    unit = duty.unit(int(step.facts["unit"])) if step.facts.get("unit") else None
    name = (clock.text.zh if lang != "en" else clock.text.en.lower()) if clock else ""
    if unit:
        name = f"{unit.called(lang)} {name}"
    role = pack.roles.get(str(step.facts.get("told_role") or step.facts.get("role", "")))
    told = ids.parse(step.facts["told"]) if step.facts.get("told") else None
    who = f"{role.text.say(lang) if role else ''} {duty.name_of(told)}".strip()
    return _CLOCK[step.act].say(lang).format(clock=name, role=who)


def _done(matter: Matter, pack: Pack, step: Step, lang: str) -> str:
    act = pack.acts.get(step.act)
    effects: Mapping[str, Any] = step.facts.get("effects", {})
    if effects.get("ended") and matter.outcome in OUTCOMES:
        return OUTCOMES[matter.outcome].say(lang)
    said = step.act if act is None else act.text.zh if lang != "en" else (act.done or act.text).en
    used = _used(step, effects) if act and act.does == "move" else None
    if used is None:
        return said
    more = _USED.say(lang).format(used=seconds(used, lang))
    return f"{said}，{more}" if lang != "en" else f"{said} {more}"


def _used(step: Step, effects: Mapping[str, Any]) -> int | None:
    """How long the promise took that this step answered: the coming, or the whole of the work."""
    for key in ("arrive", "solve"):
        for clock in effects.get("clocks", ()):
            answered = clock.get("key") == key and clock.get("state") in ("kept", "broken")
            if answered and clock.get("ended") == int(step.at.timestamp()):
                return int(clock["used"])
    return None
