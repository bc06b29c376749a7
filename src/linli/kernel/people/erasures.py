"""The erasure journal: who asked for what to be erased, as ids alone, in a file outside the store.

A backup that is older than an erasure still holds the words. The journal outlives the store that is put back, and a restore makes by it every
erasure again. A line stands on the disk before the erasure is durable, so that a crash in between loses none: what was asked for and not undone
counts as asked for.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.trouble import refusal_of

NAME = "erasures.journal"
_asked: ContextVar[int] = ContextVar("erasure", default=0)
_silent: ContextVar[bool] = ContextVar("silent", default=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One erasure: contacts to erase, contacts whose owner wants it at the end of the matter, accounts."""

    number: int
    at: datetime
    contacts: tuple[int, ...]
    wishes: tuple[int, ...]
    persons: tuple[int, ...]


@contextmanager
def asked() -> Iterator[None]:
    """What is noted in this block counts as undone if it is left by an exception: put it around the act. Nested use joins the outer one."""
    if _asked.get():
        yield
        return
    number = ids.new_id()
    before, token = _length(), _asked.set(number)
    try:
        yield
    except BaseException:
        if _length() != before:
            _append({"undone": ids.text(number)})
        raise
    finally:
        _asked.reset(token)


@contextmanager
def silent() -> Iterator[None]:
    """Nothing is noted in this block: what is erased in it stands in the journal already."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def note(*, contacts: Iterable[int] = (), wishes: Iterable[int] = (), persons: Iterable[int] = ()) -> None:
    """Put on the disk, before the act that erases is durable, whom it is about. Refusal ``erasures.unwritable`` where that cannot be
    done: nothing is erased then."""
    named = {"contacts": [*contacts], "wishes": [*wishes], "persons": [*persons]}
    if _silent.get() or not any(named.values()):
        return
    line: dict[str, object] = {
        "erasure": ids.text(_asked.get() or ids.new_id()),
        "at": moment.now().isoformat(),
    }
    _append(line | {name: [ids.text(each) for each in found] for name, found in named.items() if found})


def path() -> Path:
    """Where the journal of this store stands."""
    return Path(settings.ERASURES)


def _length() -> int:
    try:
        return path().stat().st_size
    except OSError:
        return 0


def _append(line: dict[str, object]) -> None:
    try:
        descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, json.dumps(line).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise refusal_of(error) or Refusal("erasures.unwritable", kind="away") from error


def merged(journals: Iterable[str]) -> str:
    """Several journals as one: every line once, in the order in which they were asked for."""
    lines = dict.fromkeys(line for text in journals for line in _lines(text))
    return "".join(f"{line}\n" for line in sorted(lines, key=_number))


def read(text: str) -> tuple[Asked, ...]:
    """What a journal asks for, without what was undone. Refusal ``erasures.unreadable``."""
    found = [_parsed(line) for line in _lines(text)]
    undone = {told["undone"] for told in found if "undone" in told}
    return tuple(_read(told) for told in found if told.get("erasure", "") not in undone and "erasure" in told)


def _lines(text: str) -> Sequence[str]:
    """A last line without its end was being written when the machine stopped."""
    return [line for line in text[: text.rfind("\n") + 1].split("\n") if line.strip()]


def _number(line: str) -> str:
    told = _parsed(line)
    return str(told.get("erasure") or told.get("undone"))


def _parsed(line: str) -> dict[str, object]:
    try:
        told = json.loads(line)
        if not isinstance(told, dict) or not ("erasure" in told or "undone" in told):
            raise ValueError("neither an erasure nor one undone")
    except ValueError as error:
        raise Refusal("erasures.unreadable", kind="conflict") from error
    return told


def _read(told: dict[str, object]) -> Asked:
    try:
        contacts, wishes, persons = (
            tuple(ids.parse(str(each)) for each in told.get(name, []))  # type: ignore[attr-defined]
            for name in ("contacts", "wishes", "persons")
        )
        number, at = ids.parse(str(told["erasure"])), datetime.fromisoformat(str(told["at"]))
    except (Refusal, KeyError, ValueError, TypeError) as error:
        raise Refusal("erasures.unreadable", kind="conflict") from error
    return Asked(number, at, contacts, wishes, persons)
