"""Receipts: one entry, its place, the hashes that lead to a signed root, and whoever signed it, as one small file.

The file is a C2SP tlog-proof. Its ``extra`` is canonical JSON: ``entry`` (the exact words whose hash is the leaf), ``keys`` (how the
signing key came to be, oldest first) and, only in a reporter's own copy, ``opened``: their words with the salt, so that
they can be held against the commitment in the entry. Nothing in ``extra`` is to be believed without the proof below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger import canon, keys, notes, publish, rows, tree
from linli.kernel.ledger.models import Entry
from linli.kernel.ledger.publish import Published
from linli.kernel.ledger.rows import EntryRow

SUFFIX = ".tlog-proof"


@dataclass(frozen=True, slots=True)
class Opening:
    """Words and the salt they were committed with."""

    field: str
    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an entry is: ``ready`` once a published checkpoint covers it; until then ``due`` says when one will."""

    entry: str
    leaf: bytes
    ready: bool
    due: datetime | None
    idx: int | None
    witnesses: int = 0


def standing(entry_id: int) -> Standing:
    """Where an entry stands. Raises Refusal ``ledger.no_entry``."""
    row = Entry.objects.filter(pk=entry_id).values_list("leaf", "idx").first()
    if row is None:
        raise Refusal("ledger.no_entry", kind="missing")
    covered = publish.covering(row[1]) if row[1] is not None else None
    due = None if covered else publish.next_due()
    count = covered.witnesses if covered else 0
    return Standing(ids.text(entry_id), bytes(row[0]), covered is not None, due, row[1], count)


def receipt_for(entry_id: int, openings: Sequence[Opening] = (), *, words: bool = True) -> bytes:
    """The receipt of an entry. ``words`` False leaves the entry's own text out: then only its hash is proved.

    Raises Refusal ``ledger.no_entry``, and ``ledger.pending`` (busy) while no checkpoint covers it.
    """
    entry, covered = _covered(entry_id)
    proof = tree.inclusion_proof(publish.tiles(covered.size).subtree, entry.idx, covered.size)
    extra = _extra(entry, openings) if words else b""
    return notes.proof_text(entry.idx, proof, covered.note, extra).encode()


def _covered(entry_id: int) -> tuple[EntryRow, Published]:
    found = rows.by_id(entry_id)
    covered = publish.covering(found[0].idx) if found else None
    if covered is None:
        if not Entry.objects.filter(pk=entry_id).exists():
            raise Refusal("ledger.no_entry", kind="missing")
        raise Refusal("ledger.pending", kind="busy", seconds=settings.CHECKPOINT_EVERY)
    return found[0], covered


def _extra(entry: EntryRow, openings: Sequence[Opening]) -> bytes:
    said: canon.Body = {"v": 1, "entry": entry.data.decode(), "keys": keys.statements()}
    if openings:
        said["opened"] = [[one.field, one.salt.hex(), one.text] for one in openings]
    return canon.bytes_of(said)
