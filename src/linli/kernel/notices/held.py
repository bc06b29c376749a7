"""Words kept in notices: those sent to somebody, those that quote them, and the lines that wait in the outbox folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters.held_about import Subject
from linli.kernel.notices import marks
from linli.kernel.notices.addresses import contact_ref
from linli.kernel.notices.models import Notice
from linli.kernel.notices.reads import words_of
from linli.kernel.store import acting

_SHORTEST = 2  # a single letter is quoted by everybody


@dataclass(frozen=True, slots=True)
class Told:
    """One notice to somebody."""

    at: datetime
    channel: str
    state: str
    words: str
    matter_id: int | None


def _to(subject: Subject) -> Q:
    mine = Q(address__in=[contact_ref(each) for each in subject.contact_ids])
    return mine | Q(person_id=subject.person_id) if subject.person_id is not None else mine


def told(subject: Subject, lang: str, most: int = 500) -> tuple[Told, ...]:
    """Every notice to them whose words are still there, the newest first."""
    rows = Notice.objects.filter(_to(subject), words__isnull=False).order_by("-at", "-id")[:most]
    return tuple(Told(row.at, row.channel, row.state, words_of(row, lang), row.matter_id) for row in rows)


def erase(subject: Subject, matter_ids: Iterable[int], texts: Iterable[str]) -> list[int]:
    """Inside an act: the words of every notice to them, and of every notice about these matters that repeats one of the texts. What
    was not sent yet is not sent any more. Answers the ids."""
    found = list(Notice.objects.filter(_to(subject), words__isnull=False).values_list("id", flat=True))
    wanted = {text.strip() for text in texts if len(text.strip()) >= _SHORTEST}
    if wanted:
        about = Notice.objects.filter(matter_id__in=list(matter_ids), words__isnull=False).exclude(
            id__in=found
        )
        found += [row.id for row in about if _quotes(row, wanted)]
    return erase_these(found)


def _quotes(row: Notice, wanted: set[str]) -> bool:
    try:
        said = words_of(row, "zh") + "\n" + words_of(row, "en")
    except Refusal:  # sealed with a key that is gone: nobody reads it any more
        return False
    return any(text in said or " ".join(text.split()) in said for text in wanted)


def erase_these(found: list[int]) -> list[int]:
    """Inside an act: these lose their words."""
    for first in range(0, len(found), 500):
        marks.without_words(Notice.objects.filter(id__in=found[first : first + 500]))
    return found


def old_words(before: datetime, limit: int = 5000) -> list[int]:
    """Words of notices older than that go. Answers the ids."""
    with acting():
        old = Notice.objects.filter(words__isnull=False, at__lt=before).order_by("id")
        return erase_these(list(old.values_list("id", flat=True)[:limit]))


def _outbox() -> Path:
    return Path(settings.DATA) / "outbox"


def blank_outbox() -> int:
    """In the files that stand for text messages, blank number and words of every line whose notice has lost its words. In place and to
    the same length, so that lines being appended by another process are not disturbed. Answers how many lines."""
    blanked = 0
    for path in sorted(_outbox().glob("*.txt")):
        data = path.read_bytes()
        lines: dict[int, tuple[int, int]] = {}
        offset = 0
        for line in data.splitlines(keepends=True):
            number, tab, rest = line.partition(b"\t")
            body = rest.rstrip(b"\n")
            if tab and body.strip(b"-\t"):
                with suppress(Refusal, UnicodeDecodeError):
                    lines[ids.parse(number.decode())] = (offset + len(number) + 1, len(body))
            offset += len(line)
        gone = _without_words(list(lines))
        if gone:
            with open(path, "r+b") as file:
                for each in gone:
                    start, length = lines[each]
                    file.seek(start)
                    file.write(b"-" * length)
                file.flush()
                os.fsync(file.fileno())
            blanked += len(gone)
    return blanked


def _without_words(numbers: list[int]) -> list[int]:
    kept: set[int] = set()
    for first in range(0, len(numbers), 500):
        part = numbers[first : first + 500]
        kept |= set(Notice.objects.filter(id__in=part, words__isnull=False).values_list("id", flat=True))
    return [number for number in numbers if number not in kept]


def old_outbox(keep: timedelta) -> list[str]:
    """Outbox files of days longer ago are overwritten and removed. Answers their names."""
    first_kept = f"{moment.local(moment.now() - keep):%Y-%m-%d}.txt"
    gone = []
    for path in sorted(_outbox().glob("????-??-??.txt")):
        if path.name < first_kept:
            path.write_bytes(bytes(path.stat().st_size))
            path.unlink()
            gone.append(path.name)
    return gone
