"""What an office sets, read strictly. A setting that does not fit ends the program as it starts, with a sentence in both languages that says
which one and what would fit: one found out later stops a follower in the night."""

from __future__ import annotations

import ipaddress
import os
from datetime import time
from pathlib import Path
from typing import NoReturn
from urllib.parse import ParseResult, urlparse

DATABASES = ("postgres", "postgresql")
MAIL = ("smtp", "smtps")


def one_of(name: str, *choices: str) -> str:
    """The setting if it is one of these; the first where it is not set."""
    given = os.environ.get(name) or choices[0]
    return given if given in choices else _unfit(name, given, " | ".join(choices), " | ".join(choices))


def number(name: str, otherwise: int, least: int = 1) -> int:
    """A whole number, ``least`` or more."""
    given = os.environ.get(name) or str(otherwise)
    if given.strip().isascii() and given.strip().isdecimal() and int(given) >= least:
        return int(given)
    return _unfit(name, given, f"不小于 {least} 的整数", f"a whole number, {least} or more")


def several_of(name: str, otherwise: str, *choices: str) -> tuple[str, ...]:
    """Some of these, with commas between; those of ``otherwise`` where nothing is set."""
    given = tuple(filter(None, (word.strip() for word in os.environ.get(name, otherwise).split(","))))
    for word in given:
        if word not in choices:
            _unfit(name, word, " , ".join(choices), " , ".join(choices))
    return given


def hours(name: str, otherwise: str) -> str:
    """``22:00-07:00``, or empty."""
    given = os.environ.get(name, otherwise).strip()
    begin, _, end = given.partition("-")
    try:
        for written in (begin, end) if given else ():
            time.fromisoformat(written.strip())
    except ValueError:
        _unfit(name, given, f"像 {otherwise} 这样，或者留空", f"like {otherwise}, or empty")
    return given


def networks(name: str) -> list[str]:
    """Addresses and networks, with commas between."""
    given = os.environ.get(name, "").split(",")
    for written in filter(None, (each.strip() for each in given)):
        try:
            ipaddress.ip_network(written, strict=False)
        except ValueError:
            _unfit(name, written, "IP 地址或网段", "an address or a network")
    return given


def database(name: str) -> ParseResult | None:
    """Where PostgreSQL is; None where SQLite is meant."""
    given = os.environ.get(name, "")
    url = urlparse(given)
    if given and (url.scheme not in DATABASES or not url.path.strip("/")):
        shape = "postgres://user:password@host:5432/name"
        _unfit(
            name,
            f"{url.scheme}://…",
            f"像 {shape} 这样，或者留空用 SQLite",
            f"like {shape}, or empty for SQLite",
        )
    return url if given else None


def mail_server(name: str) -> str:
    """Where letters go out; empty for nowhere."""
    given = os.environ.get(name, "")
    url = urlparse(given)
    if given and (url.scheme not in MAIL or not url.hostname):
        shape = "smtp://user:password@host:587/?from=office@host&tls=1"
        _unfit(name, f"{url.scheme}://…", f"像 {shape} 这样，或者留空", f"like {shape}, or empty")
    return given


def folder(name: str, otherwise: str) -> Path:
    """A folder; it need not be there yet. One that may not be written to is no fault of the setting: reading goes on."""
    given = Path(os.environ.get(name) or otherwise).resolve()
    there = next(each for each in (given, *given.parents) if each.exists())
    if not there.is_dir():
        _unfit(name, str(given), "文件夹", "a folder")
    return given


def _unfit(name: str, given: str, zh: str, en: str) -> NoReturn:
    raise SystemExit(f"{name}={given}：要写{zh}。\n{name} must be {en}, not {given}.")
