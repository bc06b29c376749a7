"""Publishing: signing how far the log reaches and which root it has, at a set interval, and keeping what was signed.

What was signed last stands also outside the database (``secrets/ledger.checkpoint``): a store that was put back to an
earlier day knows by it that it has already promised more, and signs nothing until somebody decides.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from linli.kernel import ids, moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import keys, notes, rows, sequence, tally, tree
from linli.kernel.ledger.models import Checkpoint, Cosignature
from linli.kernel.ledger.notes import BadNote
from linli.kernel.ledger.tiles import Tiles

MEMORY = "ledger.checkpoint"
_LOCK = 0x4C494E50  # "LINP": one process publishes at a time
AHEAD = 300  # seconds a witness's clock may be before ours


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint with every line under it."""

    size: int
    root: bytes
    note: str
    at: datetime
    witnesses: int


def tiles(size: int) -> Tiles:
    """The tree as it was when it had ``size`` leaves."""
    return Tiles(size, lambda level, index, width: rows.tile(level, index))


def root_at(size: int) -> bytes:
    """The root of the first ``size`` entries."""
    return tree.subtree_root(tiles(size).subtree, 0, size) if size else tree.EMPTY_ROOT


def latest() -> Published | None:
    """What was published last."""
    return _published(Checkpoint.objects.order_by("-size").first())


def at_size(size: int) -> Published | None:
    """The checkpoint of exactly that size."""
    return _published(Checkpoint.objects.filter(size=size).first())


def covering(idx: int) -> Published | None:
    """The best checkpoint that covers the entry at ``idx``: the newest that a witness signed too, else the newest."""
    covers = Checkpoint.objects.filter(size__gt=idx).order_by("-size")
    return _published(covers.filter(cosignatures__isnull=False).first() or covers.first())


def reach() -> int:
    """How many entries are published."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(size), 0) FROM ledger_checkpoint")
        return int(cursor.fetchone()[0])


def _published(row: Checkpoint | None) -> Published | None:
    if row is None:
        return None
    lines = [one.line for one in row.cosignatures.order_by("id")]
    return Published(row.size, bytes(row.root), row.note + "".join(lines), row.at, len(lines))


def publish() -> Published | None:
    """Sign the head, if the log has grown since the last time; None where there is nothing new.

    Raises Refusal ``ledger.key_*`` without the right key and ``ledger.behind`` or ``ledger.forked`` where this store is not the
    continuation of what was signed before.
    """
    signer = keys.signer()
    sequence.sequence_all()
    with store.acting():
        if not _alone():
            return None
        head, last = rows.head(), Checkpoint.objects.order_by("-size").first()
        if head.size == 0 or (last is not None and last.size >= head.size):
            return None
        _refuse_contradiction(signer.name, head.size)
        said = notes.Checkpoint(signer.name, head.size, head.root, (notes.ALGORITHM,)).text
        note = f"{said}\n{signer.line(said)}"
        keys.keep(MEMORY, note)  # first: what was shown is never forgotten
        row = Checkpoint(
            size=head.size, root=head.root, note=note, vkey=signer.verifier.vkey, at=moment.now()
        )
        row.save(force_insert=True)
        tally.added(Checkpoint, [tally.number_of_row(row)])
    return at_size(head.size)


def _refuse_contradiction(origin: str, size: int) -> None:
    """A log signs nothing that contradicts what it signed."""
    before = remembered()
    if before is None or before.origin != origin:
        return
    if before.size > size:
        raise Refusal("ledger.behind", kind="conflict", published=before.size, here=size)
    if root_at(before.size) != before.root:
        raise Refusal("ledger.forked", kind="conflict", published=before.size)


def remembered() -> notes.Checkpoint | None:
    """What this data folder remembers to have signed last, whatever the database says."""
    try:
        written = (keys.folder() / MEMORY).read_text("utf-8")
        return notes.checkpoint_of(notes.note_of(written).text)
    except FileNotFoundError:
        return None
    except (BadNote, UnicodeDecodeError) as error:
        raise Refusal("ledger.key_unreadable", kind="conflict", file=f"secrets/{MEMORY}") from error


def accept_behind() -> None:
    """Forget what was signed beyond this store: after a restore, by an operator who has told the readers of the log."""
    (keys.folder() / MEMORY).unlink(missing_ok=True)


def _alone() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])
        return bool(cursor.fetchone()[0])


_here = False


def publishes_here() -> bool:
    """Whether it is this process that publishes: only it must have the key."""
    return _here


def tick() -> int:
    """Publish if it is time; how many checkpoints came of it. The worker calls this again and again."""
    global _here
    _here = True
    size, last = rows.size(), Checkpoint.objects.order_by("-size").values_list("size", "at").first()
    if size == 0 or (last is not None and (last[0] >= size or moment.now() < due_after(last[1]))):
        return 0
    return 1 if publish() else 0


def due_after(last: datetime) -> datetime:
    """When the next checkpoint is due."""
    return last + timedelta(seconds=settings.CHECKPOINT_EVERY)


def next_due() -> datetime:
    """By when an entry that was committed now will be covered."""
    last = Checkpoint.objects.order_by("-size").values_list("at", flat=True).first()
    return max(moment.now(), due_after(last)) if last else moment.now()


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the first ``old`` entries are the beginning of the first ``new``. Raises ValueError beyond the log."""
    if new > rows.size():
        raise ValueError("the log does not reach that far")
    return tree.consistency_proof(tiles(new).subtree, old, new)


def witnesses() -> list[notes.Verifier]:
    """The witnesses whose lines this office takes."""
    return [key for key, _ in _witnesses()]


def witness_addresses() -> list[tuple[notes.Verifier, str]]:
    """Those to whom checkpoints are brought, and where."""
    return [(key, address) for key, address in _witnesses() if address]


def _witnesses() -> list[tuple[notes.Verifier, str]]:
    """``vkey`` or ``vkey=https://…``. A vkey has no equals sign: 33 bytes fill their base64."""
    found = [one.partition("=") for one in settings.WITNESSES]
    return [(notes.verifier_of(vkey), address) for vkey, _, address in found]


def take_cosignatures(written: str) -> int:
    """Keep what witnesses signed under one of our checkpoints; how many lines were new.

    ``written`` is the whole note with their lines. Raises Refusal ``ledger.not_ours`` for a note that is not exactly a checkpoint
    we published, ``ledger.no_witness`` where no known witness signed it, ``ledger.bad_note`` for anything else.
    """
    try:
        note = notes.note_of(written)
        said = notes.checkpoint_of(note.text)
        signers = note.signed_by(witnesses())
    except BadNote as error:
        raise Refusal("ledger.bad_note", why=str(error)) from error
    row = Checkpoint.objects.filter(size=said.size).first()
    if row is None or notes.note_of(row.note).text != note.text:
        raise Refusal("ledger.not_ours", kind="conflict", size=said.size)
    if not signers:
        raise Refusal("ledger.no_witness", kind="forbidden")
    return sum(_keep_line(row, note, key) for key in signers)


def _keep_line(row: Checkpoint, note: notes.Note, key: notes.Verifier) -> int:
    line = next(one for one in note.signatures if (one.name, one.key_id) == (key.name, key.key_id))
    if line.time > time.time() + AHEAD:
        raise Refusal("ledger.bad_note", why="the witness's clock is ahead")
    with store.acting():
        if Cosignature.objects.filter(checkpoint=row, vkey=key.vkey).exists():
            return 0
        kept = Cosignature(
            id=ids.new_id(), checkpoint=row, vkey=key.vkey, line=line.line, seen=line.time, at=moment.now()
        )
        kept.save(force_insert=True)
        tally.added(Cosignature, [tally.number_of_row(kept)])
    return 1
