"""A planted fault of each kind is refused: with its code, its file and line, its sentence and the shortest way that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from linli.kernel.packspec.load import HOME, load_all
from linli.kernel.packspec.prove import prove
from tests.unit.tinypack import PACK, faults_of, tiny

STAGE = '\n[stages.{key}]\nzh = "多"\nen = "More"\n{rest}\n'


def only(faults: list[object], code: str) -> object:
    """The fault with ``code``; a planted fault may show others, but this one must be there once."""
    found = [one for one in faults if one.code == code]  # type: ignore[attr-defined]
    assert len(found) == 1, [str(one) for one in faults]
    return found[0]


def line_of(text: str) -> int:
    return PACK[: PACK.index(text)].count("\n") + 1


def test_the_tiny_pack_keeps_every_law(tmp_path: Path) -> None:
    assert prove(tiny(tmp_path)) == []


def test_every_pack_that_comes_with_the_program_keeps_every_law() -> None:
    loaded = load_all(HOME)
    assert loaded.refused == {}
    assert {"repair", "patrol", "request"} <= set(loaded.packs)


def test_a_dead_end_is_found_with_the_way_into_it(tmp_path: Path) -> None:
    swamp = (
        '\n[acts.sink]\nzh = "沉"\nen = "Sink"\ndoes = "move"\nfrom = "doing"\nto = "swamp"\nby = "worker"\n'
        '\n[stages.swamp]\nball = 2\nholder = "worker"\nzh = "泥潭"\nen = "Swamp"\n'
    )
    fault = only(faults_of(tmp_path, more=swamp), "dead_end")
    assert fault.path == ("new", "arrive", "doing", "sink", "swamp")
    assert fault.sentence.zh == "事项走到“swamp”就再也到不了终点。"
    assert fault.sentence.en == "A matter that stands in “swamp” can never come to an end."


def test_a_stage_that_no_act_leads_to_is_found_at_its_line(tmp_path: Path) -> None:
    island = STAGE.format(key="island", rest='ball = 1\nholder = "worker"')
    fault = only(faults_of(tmp_path, more=island), "unreachable_stage")
    assert fault.file == "tiny/pack.toml"
    assert fault.line == PACK.count("\n") + 2


def test_an_end_without_call_back_is_found_with_the_shortest_way(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, 'from = "doing"\nto = "done"', 'from = "doing"\nto = "ended"')
    fault = only(faults, "end_without_call_back")
    assert fault.path == ("new", "arrive", "doing", "finish", "ended")
    assert fault.line == line_of("[acts.finish]")
    assert "“finish”不经回访" in fault.sentence.zh


def test_a_withdrawal_without_a_reason_is_an_end_without_a_recorded_reason(tmp_path: Path) -> None:
    fault = only(
        faults_of(tmp_path, 'by = "reporter"\nneeds = "reason"', 'by = "reporter"'), "end_without_reason"
    )
    assert fault.path == ("new", "withdraw", "gone")


def test_a_matter_that_is_not_solved_may_not_end(tmp_path: Path) -> None:
    fault = only(faults_of(tmp_path, 'not_solved = "doing"', 'not_solved = "ended"'), "unsolved_ends")
    assert fault.path[-2:] == ("call_back:not_solved", "ended")


def test_an_open_stage_without_a_clock_is_found_for_the_grade_that_lacks_it(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, 'large = "4h"\n', "", file="profiles/plain.toml")
    fault = only(faults, "stage_without_clock")
    assert "large" in fault.sentence.en
    assert "small" not in fault.sentence.en
    assert fault.path == ("new", "arrive", "doing")


def test_a_stage_for_which_nobody_answers_is_found(tmp_path: Path) -> None:
    fault = only(
        faults_of(tmp_path, 'doing = { ball = 2, holder = "worker",', "doing = { ball = 2,"), "no_holder"
    )
    assert fault.line == line_of("doing =")


def test_a_stage_held_by_a_resident_is_found(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path, 'doing = { ball = 2, holder = "worker"', 'doing = { ball = 2, holder = "resident"'
    )
    only(faults, "holder_not_staff")


def test_a_clock_that_still_runs_at_an_end_is_found_with_the_way_there(tmp_path: Path) -> None:
    fault = only(faults_of(tmp_path, 'until = ["done", "ends"]', 'until = ["done"]'), "clock_left_running")
    assert fault.path == ("new", "withdraw", "gone")
    assert "“solve”" in fault.sentence.en


def test_a_clock_that_nothing_can_stop_any_more_is_found(tmp_path: Path) -> None:
    wake = '\n[clocks.wake]\nzh = "醒"\nen = "Wake"\nfrom = "doing"\nuntil = "gone"\nlimit = "1d"\n'
    fault = only(faults_of(tmp_path, more=wake), "clock_never_stops")
    assert fault.path == ("new", "arrive", "doing")


def test_a_role_that_does_not_exist_is_found_with_the_one_that_was_meant(tmp_path: Path) -> None:
    fault = only(
        faults_of(tmp_path, 'by = ["worker", "leader"]', 'by = ["worker", "leeder"]'), "unknown_role"
    )
    assert fault.line == PACK[: PACK.index('by = ["worker", "leader"]')].count("\n") + 1
    assert "did you mean “leader”?" in fault.sentence.en


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('holder = "operator"', 'holder = "operater"'),
        ('role = "chief"', 'role = "cheif"'),
        ('opened_by = ["resident", "worker"]', 'opened_by = ["resident", "walker"]'),
        ('{ rung = "told.broken" }', '{ wrung = "told.broken" }'),
    ],
)
def test_wherever_a_role_is_named_it_must_exist(tmp_path: Path, old: str, new: str) -> None:
    assert "unknown_role" in {one.code for one in faults_of(tmp_path, old, new)}


def test_a_ladder_that_goes_in_a_circle_is_found(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '{ role = "chief", after = "10m" }', '{ role = "leader", after = "10m" }')
    assert only(faults, "ladder_in_a_circle").path == ("leader", "leader")


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("[]", "ladder_without_rungs"),
        ('["leader", { role = "chief", after = "10m", notify_only = true }]', "ladder_ends_nowhere"),
        ('["chief", { role = "leader", after = "10m" }]', "ladder_goes_down"),
        ('["leader", "chief"]', "rung_without_wait"),
    ],
)
def test_a_ladder_must_end_with_somebody_above_who_answers(tmp_path: Path, new: str, code: str) -> None:
    only(faults_of(tmp_path, '["leader", { role = "chief", after = "10m" }]', new), code)


def test_a_missing_word_is_found_in_the_file_that_lacks_it(tmp_path: Path) -> None:
    fault = only(
        faults_of(tmp_path, 'yours    = "{place}: {title}, by {due}."\n', "", file="tiny/words/en.toml"),
        "missing_word",
    )
    assert fault.file == "tiny/words/en.toml"
    assert "told.yours" in fault.sentence.en
    assert "{place}：{title}" in fault.sentence.en


def test_a_name_in_one_language_only_is_found_at_its_line(tmp_path: Path) -> None:
    fault = only(faults_of(tmp_path, 'zh = "在办", en = "Being done"', 'zh = "在办"'), "missing_word")
    assert fault.line == line_of("doing =")


def test_a_sentence_that_a_notice_uses_and_nobody_wrote_is_found(tmp_path: Path) -> None:
    only(faults_of(tmp_path, '"told.received"', '"told.recieved"'), "no_words")


def test_the_three_answers_of_a_call_back_are_asked_one_by_one(tmp_path: Path) -> None:
    for missing in ("contacted", "solved", "satisfied"):
        kept = [name for name in ("contacted", "solved", "satisfied") if name != missing]
        new = "needs = " + str(kept).replace("'", '"')
        fault = only(
            faults_of(tmp_path / missing, 'needs = ["contacted", "solved", "satisfied"]', new), "act_must_ask"
        )
        assert missing in fault.sentence.en


def test_whoever_handled_a_matter_may_not_call_back(tmp_path: Path) -> None:
    only(faults_of(tmp_path, "not_by_handlers = true\n", ""), "by_the_handler")


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        ('needs = ["reason", "until"]', 'needs = ["until"]', "reason"),
        ('needs = ["reason", "until"]', 'needs = ["reason"]', "until"),
        ('from = "doing"\nby = "worker"\nneeds = "reason"', 'from = "doing"\nby = "worker"', "reason"),
    ],
)
def test_a_pause_asks_reason_and_end_and_a_return_its_reason(
    tmp_path: Path, old: str, new: str, asked: str
) -> None:
    assert asked in only(faults_of(tmp_path, old, new), "act_must_ask").sentence.en


def test_a_return_goes_up_and_not_round(tmp_path: Path) -> None:
    old = 'from = "doing"\nby = "worker"\nneeds = "reason"'
    only(faults_of(tmp_path, old, f'{old}\ntargets = "worker"'), "return_goes_round")


def test_a_pause_that_nobody_can_end_is_found(tmp_path: Path) -> None:
    start, end = PACK.index("[acts.resume]"), PACK.index("[acts.return]")
    only(faults_of(tmp_path, PACK[start:end], ""), "act_needs_another")


def test_a_pack_with_neither_call_back_nor_check_is_refused(tmp_path: Path) -> None:
    start, end = PACK.index("[acts.call_back]"), PACK.index("[acts.withdraw]")
    codes = {one.code for one in faults_of(tmp_path, PACK[start:end], "")}
    assert {"no_call_back", "dead_end", "unreachable_stage"} <= codes


@pytest.mark.parametrize("shown", ["form.phone", "form.where"])
def test_the_public_view_shows_nothing_personal(tmp_path: Path, shown: str) -> None:
    only(faults_of(tmp_path, '["stage", "kind"]', f'["stage", "{shown}"]'), "public_shows_personal")


def test_the_public_view_shows_only_what_is_known_to_be_harmless(tmp_path: Path) -> None:
    only(faults_of(tmp_path, '["stage", "kind"]', '["stage", "holder.name"]'), "public_shows_unknown")


@pytest.mark.parametrize(
    ("old", "code"),
    [(' purpose = "call-back",', "personal_without_purpose"), (' keep = "180d",', "personal_without_end")],
)
def test_a_personal_field_has_a_purpose_and_an_end(tmp_path: Path, old: str, code: str) -> None:
    only(faults_of(tmp_path, old, ""), code)


def test_a_phone_number_is_personal_whatever_the_pack_says(tmp_path: Path) -> None:
    codes = [one.code for one in faults_of(tmp_path, 'type = "phone",', 'type = "phone", personal = false,')]
    assert "personal_not_said" in codes


def test_working_hours_need_a_calendar_that_rests(tmp_path: Path) -> None:
    only(faults_of(tmp_path, 'limit = "1d"', 'limit = "4wh"'), "working_time_without_calendar")
    ok = 'limit = "4wh"\ncalendar = "office"'
    assert faults_of(tmp_path / "ok", 'limit = "1d"', ok) == []


def test_a_clock_with_a_given_date_starts_by_an_act_that_asks_for_it(tmp_path: Path) -> None:
    given = (
        '\n[clocks.work]\nzh = "做"\nen = "Work"\nfrom = "doing"\nuntil = ["done", "ends"]\ngiven = true\n'
    )
    fault = only(faults_of(tmp_path, more=given), "given_without_until")
    assert fault.line == line_of("[acts.arrive]")


def test_an_act_may_not_be_offered_after_the_end(tmp_path: Path) -> None:
    only(
        faults_of(tmp_path, 'from = "doing"\nto = "done"', 'from = ["doing", "gone"]\nto = "done"'),
        "act_after_the_end",
    )


def test_nobody_decides_alone_that_a_matter_is_out_of_scope(tmp_path: Path) -> None:
    scope = """
[acts.out_of_scope]
zh = "超出职责"
en = "Out of scope"
from = "doing"
by = "holder"
needs = "reason"
[acts.approve]
zh = "同意"
en = "Approve"
from = "doing"
to = { out_of_scope = "gone" }
by = %s
[acts.decline]
zh = "不同意"
en = "Decline"
from = "doing"
by = "leader"
needs = "reason"
"""
    assert faults_of(tmp_path, more=scope % '"leader"') == []
    fault = only(faults_of(tmp_path / "self", more=scope % '["leader", "holder"]'), "review_by_self")
    assert fault.path == ("new", "arrive", "doing", "approve:out_of_scope", "gone")


def test_a_limit_for_a_condition_that_does_not_exist_is_found_in_the_profile(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path, 'small = "30m"', 'small = "30m"\n"lamp.oout" = "1h"', file="profiles/plain.toml"
    )
    fault = only(faults, "unknown_condition")
    assert fault.file == "profiles/plain.toml"
    assert "lamp.out" in fault.sentence.en


def test_a_condition_without_a_clock_is_found_even_where_its_grade_has_one(tmp_path: Path) -> None:
    profile = 'small = "30m"\nlarge = "4h"'
    only(
        faults_of(tmp_path, profile, '"lamp.out" = "30m"', file="profiles/plain.toml"), "stage_without_clock"
    )


def test_an_undone_merge_leads_back_to_the_clocks_that_ran_and_nowhere_else(tmp_path: Path) -> None:
    merging = """
[stages.kept]
ball = 2
holder = "leader"
zh = "代管"
en = "Kept"
[stages.joined]
end = true
zh = "并入"
en = "Joined"
[acts.keep]
zh = "代管"
en = "Keep"
does = "move"
from = "doing"
to = "kept"
by = "worker"
[acts.kept_done]
zh = "办好"
en = "Done"
does = "move"
from = "kept"
to = "done"
by = "leader"
[acts.merge]
zh = "合并"
en = "Merge"
from = ["new", "kept"]
to = "joined"
by = "leader"
needs = "matter"
[acts.unmerge]
zh = "撤销合并"
en = "Undo"
from = "joined"
by = "leader"
needs = "reason"
"""
    assert faults_of(tmp_path, more=merging) == []


def test_all_faults_are_told_at_once_and_in_the_order_of_the_file(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "not_by_handlers = true\n", "", more=STAGE.format(key="x", rest="ball = 1"))
    assert [one.line for one in faults] == sorted(one.line for one in faults)
    assert {"by_the_handler", "unreachable_stage", "no_holder"} <= {one.code for one in faults}


def test_a_fault_is_one_line_that_an_editor_can_follow(tmp_path: Path) -> None:
    fault = only(
        faults_of(tmp_path, 'from = "doing"\nto = "done"', 'from = "doing"\nto = "ended"'),
        "end_without_call_back",
    )
    assert fault.say("zh").startswith(f"tiny/pack.toml:{line_of('[acts.finish]')}: “finish”")
    assert fault.say("zh").endswith("(new → arrive → doing → finish → ended)")
