"""What an office sets: read as meant, and refused with a sentence that names the setting and what would fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linli.config import given

CASES: list[tuple[str, Callable[[], Any], str, str]] = [
    ("inside", lambda: given.one_of("LINLI_X", "beside", "inside"), "insid", "beside | inside"),
    ("8", lambda: given.number("LINLI_X", 4), "four", "a whole number, 1 or more"),
    ("0", lambda: given.number("LINLI_X", 4, least=0), "-1", "a whole number, 0 or more"),
    (
        "inbox, email",
        lambda: given.several_of("LINLI_X", "inbox", "inbox", "email"),
        "inbox,pigeon",
        "inbox , email",
    ),
    ("23:00-06:30", lambda: given.hours("LINLI_X", "22:00-07:00"), "at night", "like 22:00-07:00"),
    ("", lambda: given.hours("LINLI_X", "22:00-07:00"), "22:00", "or empty"),
    ("10.0.0.0/8,::1", lambda: given.networks("LINLI_X"), "my-proxy", "an address or a network"),
    ("postgres://u:p@h/n", lambda: given.database("LINLI_X"), "mysql://u:p@h/n", "postgres://user"),
    ("postgresql:///n", lambda: given.database("LINLI_X"), "postgres://h", "postgres://user"),
    ("smtp://h:587/?tls=1", lambda: given.mail_server("LINLI_X"), "mail.example", "smtp://user"),
]


@pytest.mark.parametrize(("good", "read", "bad", "said"), CASES)
def test_a_setting_that_does_not_fit_is_named_with_what_would(
    monkeypatch: pytest.MonkeyPatch, good: str, read: Callable[[], Any], bad: str, said: str
) -> None:
    monkeypatch.setenv("LINLI_X", good)
    read()
    monkeypatch.setenv("LINLI_X", bad)
    with pytest.raises(SystemExit) as ended:
        read()
    assert "LINLI_X=" in str(ended.value) and said in str(ended.value)


def test_a_password_in_an_address_that_does_not_fit_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_X", "mysql://user:secret@host/name")
    with pytest.raises(SystemExit) as ended:
        given.database("LINLI_X")
    assert "secret" not in str(ended.value)


def test_a_file_is_no_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("LINLI_X", str(file / "data"))
    with pytest.raises(SystemExit, match="must be a folder"):
        given.folder("LINLI_X", "data")
    monkeypatch.setenv("LINLI_X", str(tmp_path / "not" / "yet"))
    assert given.folder("LINLI_X", "data") == (tmp_path / "not" / "yet").resolve()
