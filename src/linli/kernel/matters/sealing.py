"""What people wrote, kept apart from what must outlive it. Each piece has a salt; only the salted commitment goes further."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import timedelta

from django.utils.crypto import salted_hmac

from linli.kernel import ids, moment
from linli.kernel.ledger.canon import commitment
from linli.kernel.matters.asks import Reporter
from linli.kernel.matters.models import Contact, Words
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import sealed
from linli.kernel.sql import fresh

CODE_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # no 0 1 i l o u: read aloud and written by hand
Commitments = list[list[str]]


def words_rows(matter_id: int, step_id: int, texts: dict[str, str]) -> tuple[list[Words], Commitments]:
    """Rows for the texts that are not empty, and ``[[field, commitment], …]`` for the ledger."""
    rows: list[Words] = []
    committed: Commitments = []
    for field, text in texts.items():
        if not text:
            continue
        salt = secrets.token_bytes(16)
        rows.append(
            fresh(
                Words,
                id=ids.new_id(),
                matter_id=matter_id,
                step_id=step_id,
                field=field,
                text=text,
                salt=salt,
            )
        )
        committed.append([field, commitment(salt, text)])
    return rows, committed


def token_key(token: str) -> bytes:
    """How a secret link is known in the store: its hash, never itself."""
    return hashlib.sha256(token.encode()).digest()


def code_key(number: str, code: str) -> bytes:
    """How a short code is known in the store: a keyed hash together with its number, so a stolen table tells no code."""
    return salted_hmac("linli.follow", f"{number}:{code.strip().lower()}", algorithm="sha256").digest()


def new_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(6))


def same(a: bytes, b: bytes) -> bool:
    return hmac.compare_digest(bytes(a), bytes(b))


def contact_row(
    pack: Pack, matter_id: int, reporter: Reporter, number: str, part: str
) -> tuple[Contact, str, str]:
    """A sealed contact with a fresh link and code: ``(row, token, code)``."""
    token, code = secrets.token_urlsafe(18), new_code()
    row = fresh(
        Contact, id=ids.new_id(), matter_id=matter_id, part=part, person_id=reporter.person_id,
        name=sealed.seal(reporter.name) if reporter.name else None, phone=sealed.seal(reporter.phone) if reporter.phone else None,
        room=sealed.seal(reporter.room) if reporter.room else None, phone_key=sealed.lookup(reporter.phone) if reporter.phone else None,
        link=sealed.seal(token), token_key=token_key(token), code_key=code_key(number, code),
        wants_call=reporter.wants_call and not reporter.anonymous, lang=reporter.lang, at=moment.now(),
    )  # fmt: skip
    return row, token, code


def mark_of(row: Contact) -> str:
    """The keyed hash of a contact for the step it comes with: the office can tell whether it was changed, an outsider can tell nothing."""
    told = [bytes(each).hex() if each is not None else None for each in (
        row.name, row.phone, row.room, row.phone_key, row.link, row.token_key, row.code_key
    )]  # fmt: skip
    return sealed.mark(
        json.dumps([row.id, row.part, row.person_id, row.wants_call, row.lang, *told]).encode()
    )


def keep_for(pack: Pack) -> timedelta:
    """How long after the end a contact of this pack is kept: the longest its personal fields declare."""
    days = [field.keep_days for field in pack.form if field.personal and field.keep_days]
    return timedelta(days=max(days, default=180))
