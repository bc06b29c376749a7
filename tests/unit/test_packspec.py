"""Reading packs: lines, libraries, words, kinds, limits; every problem at once, none half read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.packspec import files as pack_files
from linli.kernel.packspec.faults import PackRefused
from linli.kernel.packspec.limits import parse_limit, parse_share
from linli.kernel.packspec.lines import key_lines
from linli.kernel.packspec.load import HOME, load_all, load_files, load_pack
from linli.kernel.packspec.merge import SECTIONS
from linli.kernel.packspec.prove import prove
from linli.kernel.packspec.schema import Limit, Span, Text
from linli.kernel.packspec.stories import stories
from tests.unit.tinypack import PACK, faults_of, tiny, write

LIBRARY = """\
pack = "shared"
library = true
name = { zh = "公用", en = "Shared" }

[stages]
spare = { end = true, zh = "备用", en = "Spare" }

[teams]
bosses = ["leader", "chief"]

[acts.note]
zh = "记"
en = "Note"
from = "any"
by = ["worker", "bosses"]
needs = "words"
icon = "note"

[notices]
"act:vanish" = { holder = "told.yours" }
"ended"      = { reporter = "told.over" }
"""


def with_library(
    root: Path, more: str = "", library: str = LIBRARY, old: str = 'profile   = "plain"'
) -> Path:
    folder = write(root, {"tiny/pack.toml": (old, f'{old}\nuses = ["shared"]')}, more)
    words = {"zh-CN": '[told]\nover = "“{title}”了结了。"\n', "en": '[told]\nover = "“{title}” has ended."\n'}
    for name, text in {
        "pack.toml": library,
        **{f"words/{key}.toml": one for key, one in words.items()},
    }.items():
        path = root / "shared" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


# Lines


def test_every_key_of_a_toml_file_is_found_on_its_line() -> None:
    lines = key_lines(
        'a = 1\n\n[b.c]\n"act:x" = { d = [1, 2], e = "#" } # no\nlist = [\n  "one",\n  { f = 1 },\n]\n'
    )
    assert lines == {
        "a": 1, "b.c": 3, "b.c.act:x": 4, "b.c.act:x.d": 4, "b.c.act:x.d.0": 4, "b.c.act:x.d.1": 4, "b.c.act:x.e": 4,
        "b.c.list": 5, "b.c.list.0": 6, "b.c.list.1": 7, "b.c.list.1.f": 7,
    }  # fmt: skip


def test_a_bracket_or_hash_inside_a_string_is_no_bracket_and_no_comment() -> None:
    assert key_lines('a = "]#{"\nb = """x\n[y]\nz = 1"""\nc = \'\'\'\n]\'\'\'\n') == {"a": 1, "b": 2, "c": 5}


def test_arrays_of_tables_are_counted() -> None:
    assert key_lines("[[s]]\na = 1\n[[s]]\na = [[1], [2]]\nb = 2\n")["s.1.b"] == 5


@pytest.mark.parametrize(
    "path", sorted(HOME.rglob("*.toml")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_every_key_of_every_file_of_ours_has_a_line_that_holds_it(path: Path) -> None:
    text = path.read_text("utf-8")
    lines, rows = key_lines(text), text.split("\n")

    def walk(tree: dict[str, Any], name: str) -> None:
        for key, value in tree.items():
            dotted = f"{name}.{key}" if name else key
            if not isinstance(value, dict) and not (isinstance(value, list) and isinstance(value[0], dict)):
                assert key in rows[lines[dotted] - 1], dotted
            if isinstance(value, dict):
                walk(value, dotted)

    walk(tomllib.loads(text), "")


@given(st.text(max_size=200))
def test_the_line_scanner_never_fails_on_what_toml_accepts(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    key_lines(text)


# Limits


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("10m", Limit(10, "m")),
        ("4h", Limit(4, "h")),
        ("1d", Limit(1, "d")),
        ("4wh", Limit(4, "wh")),
        ("5wd", Limit(5, "wd")),
        ("2紧急工作时", Limit(2, "h")),
        ("4工作时", Limit(4, "wh")),
        ("1工作日", Limit(1, "wd")),
        ("15 自然日", Limit(15, "d")),
        ("30分钟", Limit(30, "m")),
    ],
)
def test_a_limit_is_read_as_engineers_and_as_offices_write_it(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize("text", ["", "m", "0m", "-1h", "1.5h", "10 minutes", "1w", 10, None])
def test_what_is_no_limit_is_not_guessed(text: object) -> None:
    assert parse_limit(text) is None


def test_a_share_is_a_percentage() -> None:
    assert parse_share("75%") == 0.75
    assert [parse_share(one) for one in ("0%", "100%", "75", "7m")] == [None] * 4


def test_a_limit_belongs_to_the_condition_then_to_the_grade_then_to_all(tmp_path: Path) -> None:
    limits = 'small = "30m"\n"lamp.fallen" = "1h"\n"*" = "2h"'
    clock = tiny(tmp_path, 'small = "30m"\nlarge = "4h"', limits, file="profiles/plain.toml").clocks["solve"]
    found = [
        clock.limit_for(*case) for case in (("small", "lamp", "fallen"), ("small", "lamp", "out"), ("large",))
    ]
    assert [str(one) for one in found] == ["1h", "30m", "2h"]
    assert found[0] is not None
    assert found[0].source == "plain: solve.lamp.fallen"


# Problems


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "attempts = 3", "atempts = 3")[:1]
    assert fault.code == "unknown_key"
    assert "did you mean “attempts”?" in fault.sentence.en
    assert fault.line == PACK[: PACK.index("attempts = 3")].count("\n") + 1


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    changes = {
        "tiny/pack.toml": ('limit = "1d"', 'limit = "one day"\nwarm = "7m"'),
        "tiny/kinds.csv": ("small,lamp,all", "smal,lamp,everything"),
        "tiny/words/en.toml": ("[told]", '[told]\nextra = "only English"'),
        "profiles/plain.toml": ('"*" = "10m"', '"*" = "ten"'),
    }
    with pytest.raises(PackRefused) as refused:
        load_pack(write(tmp_path, changes))
    found = {(one.file, one.code) for one in refused.value.faults}
    assert found >= {
        ("tiny/pack.toml", "bad_limit"),
        ("tiny/pack.toml", "unknown_key"),
        ("tiny/kinds.csv", "unknown_grade"),
        ("tiny/kinds.csv", "unknown_group"),
        ("tiny/words/zh-CN.toml", "missing_word"),
        ("profiles/plain.toml", "bad_limit"),
    }
    assert all(one.line > 0 for one in refused.value.faults)


def test_text_that_is_no_toml_is_refused_at_the_line_where_reading_stopped(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "attempts = 3", "attempts = = 3")
    assert fault.code == "unreadable"
    assert fault.line == PACK[: PACK.index("attempts = 3")].count("\n") + 1


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[", b"a = 1\na = 2\n"])
def test_a_file_of_rubbish_is_refused_and_does_not_crash(tmp_path: Path, data: bytes) -> None:
    folder = write(tmp_path, {})
    for name in ("pack.toml", "words/en.toml", "kinds.csv"):
        good = (folder / name).read_bytes()
        (folder / name).write_bytes(data)
        with pytest.raises(PackRefused):
            load_pack(folder)
        (folder / name).write_bytes(good)


@pytest.mark.parametrize("wrong", ["7", "{ x = [7] }"])
def test_a_value_of_the_wrong_type_anywhere_is_refused_and_never_crashes(tmp_path: Path, wrong: str) -> None:
    good = pack_files.gather(write(tmp_path, {}), tmp_path)
    rows = PACK.split("\n")
    for at, row in enumerate(rows):
        key, equals, _ = row.partition("=")
        if not equals:
            continue
        text = "\n".join([*rows[:at], f"{key}= {wrong}", *rows[at + 1 :]])
        try:
            prove(load_files({**good, "tiny/pack.toml": text.encode()}, "tiny"))
        except PackRefused as refusal:
            assert refusal.faults


def test_a_section_that_is_no_table_is_refused(tmp_path: Path) -> None:
    for section in (*SECTIONS, "public", "duplicates", "uses", "without", "handlers"):
        head = PACK[: PACK.index("[public]")]
        folder = write(tmp_path / section, {})
        (folder / "pack.toml").write_text(
            f"{head}\n{section} = 7\n" if section != "handlers" else head, "utf-8"
        )
        with pytest.raises(PackRefused):
            load_pack(folder)


def test_a_folder_that_is_named_otherwise_than_its_pack_is_refused(tmp_path: Path) -> None:
    assert "wrong_folder" in {one.code for one in faults_of(tmp_path, '"tiny"', '"teeny"')}


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackRefused, match=r"no pack\.toml"):
        load_pack(tmp_path / "empty")


def test_a_faulty_pack_keeps_no_other_from_loading(tmp_path: Path) -> None:
    write(tmp_path, {})
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "pack.toml").write_text("pack = 1", "utf-8")
    loaded = load_all(tmp_path)
    assert set(loaded.packs) == {"tiny"}
    assert set(loaded.refused) == {"bad"}


# Words


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ('received = "收到“{title}”，{who} 前到场。"', "unknown_fact"),
        ('received = "收到“{title”，{due} 前到场。"', "bad_braces"),
        ('received = "收到“{title}”。"', "uneven_facts"),
        ('received = " "', "missing_word"),
    ],
)
def test_a_sentence_names_only_facts_that_somebody_fills_in_and_the_same_in_both_languages(
    tmp_path: Path, new: str, code: str
) -> None:
    old = 'received = "收到“{title}”，{due} 前到场。"'
    assert code in {one.code for one in faults_of(tmp_path, old, new, file="tiny/words/zh-CN.toml")}


def test_a_pack_says_its_sentences_with_their_facts(tmp_path: Path) -> None:
    pack = tiny(tmp_path)
    assert (
        pack.word("told.yours", "zh", place="柳荫 05", title="灯不亮", due="09:44")
        == "柳荫 05：灯不亮，09:44 前到场。"
    )
    assert (
        pack.word("told.yours", "en", place="Willow 05", title="Lamp", due="09:44")
        == "Willow 05: Lamp, by 09:44."
    )


# Kinds


def test_a_row_without_a_kind_goes_on_with_the_one_above(tmp_path: Path) -> None:
    kind = tiny(tmp_path).kinds["lamp"]
    assert [(one.key, one.grade) for one in kind.conditions] == [("out", "small"), ("fallen", "large")]
    assert kind.grade == "small"


def test_a_condition_may_say_what_to_do_at_once(tmp_path: Path) -> None:
    changes = {
        "tiny/kinds.csv": (",fallen,,,倒了,Fallen,large,,,,,", ",fallen,,,倒了,Fallen,large,,,,,away"),
        "tiny/words/zh-CN.toml": ("[told]", '[advice]\naway = "离远些"\n[told]'),
        "tiny/words/en.toml": ("[told]", '[advice]\naway = "Keep away"\n[told]'),
    }
    pack = load_pack(write(tmp_path, changes))
    assert pack.kinds["lamp"].conditions[1].advice == Text("离远些", "Keep away")
    assert pack.kinds["lamp"].conditions[0].advice is None


def test_a_condition_written_twice_is_refused(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, ",fallen,", ",out,", file="tiny/kinds.csv")
    assert [(one.code, one.line) for one in faults] == [("twice", 3)]


# Libraries


def test_a_library_gives_acts_teams_and_words_to_whoever_uses_it(tmp_path: Path) -> None:
    folder = with_library(tmp_path, '\n[acts.spare]\nzh = "备"\nen = "Spare"\ndoes = "close_without"\nfrom = "new"\n'
                          'to = "spare"\nby = "bosses"\nneeds = "reason"\nnot_by_handlers = true\n')  # fmt: skip
    pack = load_pack(folder)
    assert pack.acts["note"].by == ("worker", "leader", "chief")
    assert set(pack.acts["note"].from_) == set(pack.stages)
    assert pack.acts["spare"].by == ("leader", "chief")
    assert pack.words["told.over"] == Text("“{title}”了结了。", "“{title}” has ended.")


def test_what_a_pack_says_again_changes_those_lines_and_keeps_the_others(tmp_path: Path) -> None:
    pack = load_pack(with_library(tmp_path, '\n[acts.note]\nzh = "写一笔"\nby = "worker"\n'))
    note = pack.acts["note"]
    assert (note.text, note.by, note.needs, note.icon) == (
        Text("写一笔", "Note"),
        ("worker",),
        ("words",),
        "note",
    )


def test_a_pack_may_leave_out_what_a_library_has(tmp_path: Path) -> None:
    folder = with_library(tmp_path)
    path = folder / "pack.toml"
    path.write_text(
        path.read_text("utf-8").replace('uses = ["shared"]', 'uses = ["shared"]\nwithout = ["acts.note"]'),
        "utf-8",
    )
    assert "note" not in load_pack(folder).acts


def test_leaving_out_what_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = with_library(tmp_path)
    path = folder / "pack.toml"
    path.write_text(
        path.read_text("utf-8").replace('uses = ["shared"]', 'uses = ["shared"]\nwithout = ["acts.nope"]'),
        "utf-8",
    )
    with pytest.raises(PackRefused, match=r"acts\.nope"):
        load_pack(folder)


def test_a_notice_of_a_library_about_an_act_the_pack_lacks_is_owed_to_nobody(tmp_path: Path) -> None:
    assert {one.on for one in load_pack(with_library(tmp_path)).notices} >= {"ended", "opened"}
    assert "act:vanish" not in {one.on for one in load_pack(with_library(tmp_path)).notices}


def test_a_library_that_does_not_exist_is_refused_at_the_line_that_names_it(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, 'profile   = "plain"', 'profile   = "plain"\nuses = ["nowhere"]')
    assert (fault.code, fault.line) == ("no_library", 4)


def test_a_service_is_no_library(tmp_path: Path) -> None:
    library = LIBRARY.replace("library = true\n", "")
    with pytest.raises(PackRefused, match="not a library"):
        load_pack(with_library(tmp_path, library=library))


def test_libraries_that_use_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackRefused, match="circle"):
        load_pack(
            with_library(
                tmp_path, library=LIBRARY.replace("library = true", 'library = true\nuses = ["shared"]')
            )
        )


# Editions


def test_the_digest_names_the_exact_bytes_of_the_pack_its_libraries_and_its_profile(tmp_path: Path) -> None:
    folder = with_library(tmp_path)
    before = load_pack(folder).digest
    assert load_pack(folder).digest == before
    for name in ("tiny/kinds.csv", "shared/pack.toml", "shared/words/en.toml", "profiles/plain.toml"):
        good = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(good + b"\n")
        assert load_pack(folder).digest != before, name
        (tmp_path / name).write_bytes(good)
    (tmp_path / "profiles" / "other.toml").write_text("", "utf-8")
    assert load_pack(folder).digest == before


def test_a_packed_edition_unpacks_to_the_same_pack_and_the_same_bytes(tmp_path: Path) -> None:
    found = pack_files.gather(with_library(tmp_path), tmp_path)
    packed = pack_files.packed(found)
    assert pack_files.packed(dict(reversed(found.items()))) == packed
    assert load_files(pack_files.unpacked(packed), "tiny") == load_pack(tmp_path / "tiny")


# What comes with the program


def test_the_calendars_have_their_lunch_break_and_their_midnight() -> None:
    calendars = load_pack(HOME / "repair").calendars
    assert calendars["office"].week[0] == (Span(510, 720), Span(810, 1050))
    assert set(calendars["office"].week) == {0, 1, 2, 3, 4}
    assert calendars["office"].day_minutes == 450
    assert calendars["always"].week[6] == (Span(0, 1440),)
    assert not calendars["always"].holidays


def test_1341_is_what_it_says() -> None:
    clocks = load_pack(HOME / "repair").clocks
    said = {
        (key, grade): str(clocks[key].limit_for(grade) or "")
        for key in ("arrive", "solve", "plan")
        for grade in ("ordinary", "complex", "major")
    }
    assert said == {
        ("arrive", "ordinary"): "10m", ("arrive", "complex"): "10m", ("arrive", "major"): "10m",
        ("solve", "ordinary"): "30m", ("solve", "complex"): "4h", ("solve", "major"): "",
        ("plan", "ordinary"): "", ("plan", "complex"): "", ("plan", "major"): "1d",
    }  # fmt: skip
    assert clocks["solve"].starts[0] == "reported"
    assert clocks["carry_out"].given


def test_another_profile_needs_one_word(tmp_path: Path) -> None:
    files = pack_files.gather(HOME / "request", HOME)
    files["profiles/shanghai.toml"] = (HOME / "profiles" / "shanghai.toml").read_bytes()
    files["request/pack.toml"] = files["request/pack.toml"].replace(b'"beijing"', b'"shanghai"', 1)
    assert str(load_files(files, "request").clocks["solve"].limit_for("complex")) == "15wd"


def test_every_quarrel_is_an_area_and_never_a_point() -> None:
    for pack in load_all(HOME).packs.values():
        for kind in pack.kinds.values():
            if kind.group in ("people", "neighbours") and kind.key != "pets":
                assert kind.area_only, f"{pack.key}: {kind.key}"


def test_gas_and_trapped_people_say_at_once_whom_to_call() -> None:
    kinds = load_pack(HOME / "repair").kinds
    gas = kinds["gas_smell"].conditions[0]
    assert gas.grade == "major"
    assert gas.advice is not None
    assert "119" in gas.advice.en
    assert any(one.advice and "120" in one.advice.en for one in kinds["lift"].conditions)


@pytest.mark.parametrize("key", ["repair", "patrol", "request"])
def test_every_service_tells_at_least_three_stories_that_name_only_what_exists(key: str) -> None:
    told, faults = stories(pack_files.gather(HOME / key, HOME), load_pack(HOME / key))
    assert [str(one) for one in faults] == []
    assert len(told) >= 3


def test_a_story_that_names_what_does_not_exist_is_found_at_its_line() -> None:
    files = pack_files.gather(HOME / "repair", HOME)
    files["repair/stories/wrong.toml"] = (
        'title = { zh = "错", en = "Wrong" }\nstarts = "2026-03-04 09:00"\n[report]\nby = "resident"\nkind = "lamp_post"\n'
        '[[steps]]\nby = "grid_worker"\nact = "finish"\nexpect = { stage = "don" }\n'
    ).encode()
    _, faults = stories(files, load_pack(HOME / "repair"))
    assert {(one.code, one.line) for one in faults} == {
        ("unknown_choice", 5), ("act_must_ask", 6), ("unknown_choice", 9),
    }  # fmt: skip
