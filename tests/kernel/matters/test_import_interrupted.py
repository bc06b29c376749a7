"""An import that somebody interrupts says how far it came, and the same command goes on from there."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from linli.doors.cli.matters import BATCH

ROWS = 12 * BATCH
MAP = """
source = "old"
id = "no"
pack = "archive"
timezone = "Asia/Shanghai"
[opened]
column = "opened"
formats = ["%Y-%m-%d %H:%M"]
needed = true
[closed]
column = "opened"
formats = ["%Y-%m-%d %H:%M"]
[where]
lon = "lon"
lat = "lat"
[place]
columns = ["street"]
[made]
root = { code = "990009", name = "Old Town" }
levels = [{ column = "street", level = "street" }]
[reason]
default = "as recorded"
[kind]
default = "other"
"""


@pytest.mark.slow
def test_the_same_command_goes_on_where_an_import_was_interrupted(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    _write(
        tmp_path / "old.csv",
        [
            [n, f"2026-02-{n % 20 + 1:02} 10:00", 108.9 + n % 7 / 1000, 36.6 + n % 9 / 1000, f"S{n % 3}"]
            for n in range(ROWS)
        ],
    )
    asked = ["--map", str(tmp_path / "map.toml"), "--make-places", "--holder", "old-hand"]
    command = ["import", "matters", str(tmp_path / "old.csv"), *asked]
    first = _linli(tmp_path, *command)
    assert first.stderr is not None
    said = ""
    while f"{BATCH}/" not in said:
        line = first.stderr.readline()
        assert line, said
        said += line
    first.send_signal(signal.SIGINT)
    _, rest = first.communicate(timeout=60)
    assert first.returncode == 130, rest
    assert f"of {ROWS} rows are done" in rest and "再运行同一条命令" in rest and "Traceback" not in rest
    half = _matters(tmp_path)
    assert BATCH <= half < ROWS and half % BATCH == 0, "a lot is in whole or not at all"

    again = _linli(tmp_path, *command)
    told, rest = again.communicate(timeout=120)
    assert again.returncode == 0, rest
    assert f"{ROWS - half} taken in" in told and f"{half} known before, 0 refused" in told
    assert _matters(tmp_path) == ROWS


@pytest.mark.slow
def test_a_file_that_begins_earlier_than_the_places_made_of_the_first_is_told_row_by_row(
    tmp_path: Path,
) -> None:
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    asked = ["--map", str(tmp_path / "map.toml"), "--make-places", "--holder", "old-hand"]
    _write(
        tmp_path / "old.csv",
        [[n, "2026-02-03 10:00", 108.9 + n / 1000, 36.6 + n % 3 / 1000, "S1"] for n in range(9)],
    )
    _write(
        tmp_path / "older.csv",
        [["a", "2025-02-03 10:00", 108.901, 36.601, "S1"], ["b", "2026-02-04 10:00", 108.901, 36.601, "S1"]],
    )
    for name, code, said in (("old.csv", 0, "9 taken in"), ("older.csv", 1, "1 taken in")):
        done = _linli(
            tmp_path,
            "import",
            "matters",
            str(tmp_path / name),
            *asked,
            "--report",
            str(tmp_path / "refused.csv"),
        )
        told, rest = done.communicate(timeout=120)
        assert done.returncode == code and said in told, rest
    assert "import.no_place" in (tmp_path / "refused.csv").read_text("utf-8-sig")


def _write(path: Path, rows: list[list[object]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["no", "opened", "lon", "lat", "street"], *rows])


def _linli(data: Path, *arguments: str) -> subprocess.Popen[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    command = [sys.executable, "-m", "linli.doors.cli.main", *arguments]
    return subprocess.Popen(
        command,
        env=env | {"LINLI_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _matters(data: Path) -> int:
    with closing(sqlite3.connect(data / "db.sqlite3")) as store:
        return int(
            store.execute("SELECT COUNT(*) FROM matters_matter WHERE ended_at IS NOT NULL").fetchone()[0]
        )


@pytest.mark.slow
def test_whoever_is_named_answers_for_the_one_place_where_rows_without_a_point_stand(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    (tmp_path / "places.csv").write_text("code,name\n990701,Old District\n", "utf-8")
    _write(tmp_path / "old.csv", [[n, "2026-02-03 10:00", "", "", ""] for n in range(3)])
    made = _linli(tmp_path, "import", "places", str(tmp_path / "places.csv"), "--from", "2026-01-01")
    told, rest = made.communicate(timeout=120)
    assert made.returncode == 0, told + rest
    asked = [
        "import",
        "matters",
        str(tmp_path / "old.csv"),
        "--map",
        str(tmp_path / "map.toml"),
        "--holder",
        "old-hand",
    ]
    for more, code, said in (([], 1, "[import.holder_where]"), (["--place", "990701"], 0, "3 taken in")):
        done = _linli(tmp_path, *asked, *more)
        told, rest = done.communicate(timeout=120)
        assert done.returncode == code and said in told + rest, told + rest
