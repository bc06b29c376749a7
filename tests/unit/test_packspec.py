"""Reading packs: lines, limits, words, kinds; every problem at once, none half read."""

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
from linli.kernel.packspec.schema import Limit, Text
from tests.unit.tinypack import PACK, faults_of, tiny, write

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
