"""The sentence an operator reads aloud before filing: who will come and by when, made of the same rules that will then hold.

Nothing is written. The kernel decides what a report would become; this puts it into one spoken sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from linli.doors.words import say
from linli.kernel import moment
from linli.kernel.matters import clocks, intake, workflow
from linli.kernel.matters.asks import Report
from linli.kernel.matters.listing import role_name
from linli.kernel.matters.rows import calendars_for
from linli.kernel.matters.said import duration, local_time
from linli.kernel.matters.state import Slot
from linli.kernel.packspec.schema import Condition, Kind, Pack
from linli.kernel.people import duty
from linli.kernel.people.duty import Holding
from linli.kernel.places.tree import tree

OPEN, SHUT = "\u0001", "\u0002"  # around what is generated from the facts, until it is escaped and underlined


@dataclass(frozen=True, slots=True)
class Foretold:
    """What would follow if this were filed now."""

    place: str
    place_id: int
    path: str
    holder: Holding | None
    role: str
    above: str
    promises: tuple[tuple[str, str, datetime | None], ...]  # said, limit, due
    advice: str
    grade: str


def foretell(report: Report, lang: str) -> Foretold:
    """Raises the Refusals of a report that could not be filed (``report.outside``, ``report.kind_unknown`` …)."""
    pack = intake.pack_of(report.pack)
    ground = intake.ground_of(report)
    kind, condition = intake.kind_of(pack, report)
    at = moment.now()
    state = workflow.new_state(
        pack, kind=kind.key, condition=condition.key, grade=condition.grade, found=False,
        anonymous=report.reporter.anonymous, path=ground.path, at=at,
    )  # fmt: skip
    decision = workflow.decide_opening(pack, state, calendars_for(pack))
    seek = decision.seek
    holder = duty.answerable(seek.role, ground.path, at, seek.else_up) if seek else None
    node = tree().get(ground.place_id)
    return Foretold(
        place=node.called(lang) if node else "",
        place_id=ground.place_id,
        path=ground.path,
        holder=holder,
        role=role_name(holder.role, lang) if holder else "",
        above=_above(workflow.ladder_roles(pack), holder, ground.path, lang),
        promises=tuple(_promised(pack, slot, holder, lang) for slot in decision.state.slots if slot.live),
        advice=_advice(kind, condition, lang),
        grade=pack.grades[condition.grade].say(lang) if condition.grade in pack.grades else "",
    )


def _promised(pack: Pack, slot: Slot, holder: Holding | None, lang: str) -> tuple[str, str, datetime | None]:
    spec, running = pack.clocks[slot.key], slot.running
    due = clocks.due_at(running)
    hour = local_time(due, lang) if due else ""
    facts = {
        "time": f"{OPEN}{hour}{SHUT}",
        "holder": holder.name if holder else "",
        "name": spec.text.say(lang),
    }
    said = (
        spec.promise.say(lang).format_map(facts) if spec.promise else say(lang, "hotline.vow.until", **facts)
    )
    return said, duration(running.limit, 0, lang), due


def _above(roles: tuple[str, ...], holder: Holding | None, path: str, lang: str) -> str:
    """Who takes over if they do not come."""
    for role in roles:
        found = duty.holder(role, path)
        if found and (holder is None or found.person_id != holder.person_id):
            return f"{role_name(role, lang)} {found.name}"
    return ""


def _advice(kind: Kind, condition: Condition, lang: str) -> str:
    return condition.advice.say(lang) if condition.advice else ""


def sentence(told: Foretold, name: str, reachable: bool, lang: str) -> SafeString:
    """The whole promise as it is read aloud, every fact underlined."""
    who = (
        f"{told.place} {told.role}{'' if lang == 'zh' else ' '}{told.holder.name}"
        if told.holder
        else told.place
    )
    joined = ("，" if lang == "zh" else ", ").join(said for said, _, _ in told.promises)
    key = "hotline.vow.sentence" if reachable else "hotline.vow.sentence_anonymous"
    words = say(
        lang, key, name=name or say(lang, "hotline.vow.you"), who=f"{OPEN}{who}{SHUT}", promises=joined
    )
    return underlined(words)


def underlined(words: str) -> SafeString:
    escaped = str(conditional_escape(words))
    return mark_safe(escaped.replace(OPEN, "<u>").replace(SHUT, "</u>"))
