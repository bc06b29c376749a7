"""Libraries laid under packs, the editions they make, and the packs that come with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from linli.kernel.packspec import files as pack_files
from linli.kernel.packspec.faults import PackRefused
from linli.kernel.packspec.load import HOME, load_all, load_files, load_pack
from linli.kernel.packspec.schema import Span, Text
from linli.kernel.packspec.stories import stories
from tests.unit.tinypack import faults_of, write

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
