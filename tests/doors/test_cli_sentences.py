"""Commands given what cannot be used answer with a sentence, never with a traceback. The real program, each time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def told(data: Path, *words: str, **settings: str) -> tuple[int, str]:
    """How the command ended, and what it said."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
    env |= {"LINLI_DATA": str(data), "PYTHONPATH": str(ROOT / "src")} | settings
    command = [sys.executable, "-m", "linli.doors.cli.main", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, cwd=data.parent)
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backup", "kept", "--key-file", "missing.key"), "There is no missing.key"),
        (("export", "matters", "--out", "nowhere/out.csv"), "There is no nowhere/"),
        (("serve", "--port", "99999"), "Choose another with --host or --port"),
        (("witness", "http://127.0.0.1:1/ledger/", "--once"), "linli witness key NAME"),
        (("import", "places", "photo.jpg"), "GB18030"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_used_is_named(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    code, sentence = told(tmp_path / "data", *words)
    assert code in (1, 2)
    assert said in sentence


def test_a_setting_that_does_not_fit_ends_the_program_before_it_begins(tmp_path: Path) -> None:
    code, sentence = told(tmp_path / "data", "ledger", "head", LINLI_QUIET_HOURS="at night")
    assert code == 1
    assert "LINLI_QUIET_HOURS must be like 22:00-07:00, or empty, not at night." in sentence
