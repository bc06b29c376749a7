"""One small slip for each sentence that the prover can say: whoever writes a pack is told what it is, at its line, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.tinypack import PACK, faults_of

ACT = '\n[acts.{key}]\nzh = "某"\nen = "Some"\n{rest}\n'
CLOCK = '\n[clocks.{key}]\nzh = "时"\nen = "Time"\nlimit = "1d"\n{rest}\n'
PLAIN = "profiles/plain.toml"
REGISTER = '\n[registers.stop]\nzh = "点"\nen = "Stop"\n{rest}\n'
FIELDS = 'fields.name = { type = "text", zh = "名", en = "Name" }\nfields.who = { type = "person", zh = "谁", en = "Who" }\n'
KINDS = "lamp,out,灯,Lamp,不亮,Out,small,lamp,all,,,\n,fallen,,,倒了,Fallen,large,,,,,\n"
OUT_OF_SCOPE = ACT.format(key="out_of_scope", rest='from = "doing"\nby = "worker"\nneeds = "reason"')
DECLINE = ACT.format(key="decline", rest='from = "doing"\nby = "leader"\nneeds = "reason"')

#: what is said: (what stood there, what stands there now, what is added, in which file)
SLIPS: dict[str, tuple[str, str, str, str]] = {
    "unknown_stage of the beginning": ('first     = "new"', 'first     = "now"', "", ""),
    "born_ended": ('first     = "new"', 'first     = "gone"', "", ""),
    "end_with_holder": ("gone  = { end = true,", 'gone  = { end = true, holder = "worker",', "", ""),
    "unsolved_ends of a check": ("", "", ACT.format(
        key="check", rest='from = "done"\nto = { ok = "ended", not_ok = "ended" }\nby = "leader"\nneeds = "verified"\nnot_by_handlers = true'), ""),
    "nothing_to_review": ("", "", DECLINE + OUT_OF_SCOPE.replace('"doing"', '"new"') + ACT.format(
        key="approve", rest='from = "doing"\nto = { out_of_scope = "gone" }\nby = "leader"'), ""),
    "unknown_act of the handlers": ('handlers  = ["finish"]', 'handlers  = ["finnish"]', "", ""),
    "nobody_may": ('by = ["worker", "leader"]', "by = []", "", ""),
    "missing_key from": ("", "", ACT.format(key="hand_up", rest='from = []\nby = "worker"'), ""),
    "unknown_stage of an act": ('from = "doing"\nto = "done"', 'from = "doing"\nto = "dune"', "", ""),
    "unknown_clock of an extension": ("", "", ACT.format(
        key="extend", rest='from = "doing"\nby = "worker"\nneeds = ["limit", "reason"]\ntargets = "solved"'), ""),
    "unknown_grade of an act": ("", "", ACT.format(
        key="regrade", rest='from = "doing"\nby = "leader"\nneeds = "grade"\ngrades = ["huge"]'), ""),
    "needed_and_optional": ('by = "worker"\nneeds = ["words"]', 'by = "worker"\nneeds = ["words"]\nmay = ["words"]', "", ""),
    "unknown_outcome": ('unreached = "ended" }', 'unreached = "ended", perhaps = "ended" }', "", ""),
    "outcome_leads_nowhere": ('not_satisfied = "doing", not_solved = "doing", ', "", "", ""),
    "act_leads_nowhere": ('from = "doing"\nto = "done"', 'from = "doing"', "", ""),
    "unreached_without_attempts": ("attempts = 3\n", "", "", ""),
    "reopens_what_is_open": ("", "", ACT.format(
        key="reopen", rest='from = ["doing", "ended"]\nto = "doing"\nby = "leader"\nneeds = "reason"'), ""),
    "scope_never_decided": ("", "", OUT_OF_SCOPE + DECLINE + ACT.format(key="approve", rest='from = "doing"\nby = "leader"'), ""),
    "summons_without_clock": ("", "", ACT.format(
        key="summon", rest='from = "doing"\nby = "leader"\nneeds = "units"') + ACT.format(
        key="acknowledge", rest='from = "doing"\nby = "worker"'), ""),
    "act_needs_another": ("", "", ACT.format(key="merge", rest='from = "doing"\nto = "gone"\nby = "leader"\nneeds = "matter"'), ""),
    "missing_key opened_by": ('opened_by = ["resident", "worker"]', "opened_by = []", "", ""),
    "missing_key until": ("", "", CLOCK.format(key="wake", rest='from = "doing"\nuntil = []'), ""),
    "clock_starts_and_stops": ("", "", CLOCK.format(key="wake", rest='from = "doing"\nuntil = ["doing", "done", "ends"]'), ""),
    "unknown_ladder": ("", "", CLOCK.format(key="wake", rest='from = "doing"\nuntil = ["done", "ends"]\nladder = "stairs"'), ""),
    "unknown_act of a clock": ("", "", CLOCK.format(key="wake", rest='from = "act:arive"\nuntil = ["done", "ends"]'), ""),
    "unknown_stage of a clock": ("", "", CLOCK.format(key="wake", rest='from = "doing"\nuntil = ["dune", "done", "ends"]'), ""),
    "unknown_calendar": ("", "", CLOCK.format(key="wake", rest='from = "doing"\nuntil = ["done", "ends"]\ncalendar = "lunar"'), ""),
    "unknown_grade of a limit": ('small = "30m"', 'small = "30m"\nhuge = "9d"', "", PLAIN),
    "unknown_fact of a promise": ('promise = { zh = "{time} 前办好", en = "done by {time}" }',
        'promise = { zh = "{hour} 前办好", en = "done by {hour}" }', "", ""),
    "form_asks_once": ('where = { type = "spot", zh = "哪里", en = "Where" }\n', "", "", ""),
    "missing_key choices": ('where = { type = "spot"', 'how   = { type = "choice", zh = "怎样", en = "How" }\nwhere = { type = "spot"', "", ""),
    "unknown_field of a question": ('where = { type = "spot"',
        'more  = { type = "text", zh = "再说", en = "More", when = { hue = "red" } }\nwhere = { type = "spot"', "", ""),
    "unknown_act of a notice": ("[notices]\n", '[notices]\n"act:arive" = { reporter = "told.received" }\n', "", ""),
    "unknown_clock of a notice": ("[notices]\n", '[notices]\n"clock:solv:broken" = { holder = "told.broken" }\n', "", ""),
    "unknown_event": ("[notices]\n", '[notices]\n"sunrise" = { holder = "told.broken" }\n', "", ""),
    "public_shows_unknown": ('shows = ["stage", "kind"]', 'shows = ["stage", "kindness"]', "", ""),
    "missing_key shows": ('shows = ["stage", "kind"]', "shows = []", "", ""),
    "no_kinds": (KINDS, "", "", "tiny/kinds.csv"),
    "missing_key by": ("", "", REGISTER.format(rest="by = []\n" + FIELDS), ""),
    "unknown_field of a register": ("", "", REGISTER.format(rest='by = "worker"\npublic = ["hue"]\n' + FIELDS), ""),
    "public_shows_personal of a register": ("", "", REGISTER.format(rest='by = "worker"\npublic = ["who"]\n' + FIELDS), ""),
    "ladder_without_rungs": ('up = ["leader", { role = "chief", after = "10m" }]', "up = []", "", ""),
    "ladder_ends_nowhere": ('{ role = "chief", after = "10m" }', '{ role = "chief", after = "10m", notify_only = true }', "", ""),
    "ladder_goes_down": ('up = ["leader", { role = "chief", after = "10m" }]', 'up = ["chief", { role = "leader", after = "10m" }]', "", ""),
    "rung_without_wait": ('{ role = "chief", after = "10m" }', '"chief"', "", ""),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_it_is_said_at_its_line_in_both_languages(tmp_path: Path, slip: str) -> None:
    old, new, more, file = SLIPS[slip]
    found = faults_of(tmp_path, old, new, more=more, file=file or "tiny/pack.toml")
    code, *_, named = slip.split()[0], slip.split()[-1]
    meant = [one for one in found if one.code == code]
    if code == "missing_key":
        meant = [one for one in meant if named in one.sentence.en]
    assert meant, [str(one) for one in found]
    lines = (PACK + more).count("\n") + 9
    for one in meant:
        assert 1 <= one.line <= lines and one.file in ("tiny/pack.toml", PLAIN)
        assert one.sentence.zh and one.sentence.en and "{" not in one.sentence.en.replace("{hour}", "")
