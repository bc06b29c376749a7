"""``linli check``: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linli.doors.cli import check
from tests.unit.tinypack import write


def test_the_packs_that_come_with_the_program_pass_and_are_shown_as_tables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check.run(["--lang", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "■ 报修 Repair (repair)" in shown
    assert "○ 待到场" in shown
    assert "到场 10m · 办结 30m/4h · 方案 1d" in shown
    assert shown.endswith("个服务包都守规矩。\n")


def test_a_faulty_pack_ends_with_one_and_says_file_line_sentence_and_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(
        tmp_path, {"tiny/pack.toml": ('from = "doing"\nto = "done"', 'from = "doing"\nto = "ended"')}
    )
    assert check.run(["--pack", str(folder), "--lang", "en"]) == 1
    shown = capsys.readouterr().out
    assert "tiny/pack.toml:" in shown
    assert "(new → arrive → doing → finish → ended)" in shown
    assert "fault(s) in 1 pack(s)" in shown


def test_a_pack_that_cannot_be_read_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path, {"tiny/pack.toml": ('limit = "1d"', 'limit = "soon"')})
    assert check.run(["--pack", str(folder), "--lang", "en"]) == 1
    assert "“soon” is no limit" in capsys.readouterr().out


def test_programs_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path, {"tiny/pack.toml": ("not_by_handlers = true\n", "")})
    assert check.run(["--pack", str(folder), "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert told["pack"] == "tiny"
    assert told["faults"][0]["code"] == "by_the_handler"


def test_a_folder_that_is_not_there_is_asked_wrongly(tmp_path: Path) -> None:
    assert check.run(["--pack", str(tmp_path / "nowhere")]) == 2
    assert check.run(["--nonsense"]) == 2


def test_a_pack_outside_finds_the_libraries_of_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "pack.toml").write_text(
        'pack = "mine"\nlibrary = true\nuses = ["grid"]\nname = { zh = "我的", en = "Mine" }\n', "utf-8"
    )
    assert check.run(["--pack", str(folder), "--quiet"]) == 0


def test_columns_stand_straight_under_chinese_words() -> None:
    lines = check._table([("环节", "谁"), ("待到场 x", "网格员")])
    assert check._width(lines[2][: lines[2].index("网")]) == check._width(lines[0][: lines[0].index("谁")])
