"""Whether the entries of each subject stand in the log in their own order, without a hole. Part of ``audit``.

An entry's predecessor may stand anywhere before it, so looking each of them up costs more than all the hashing. Instead every
entry is remembered as it goes by (12 bytes: a keyed hash of its subject, and its seq), and put in order by subject in the end. Two
subjects of one hash would be one subject here; the key is drawn anew each time, so nobody can arrange that, and by chance it
happens to two in 2**64.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from linli.kernel.ledger.audit_rows import Row, Unusual
from linli.kernel.ledger.audit_source import Source
from linli.kernel.ledger.difference import Difference

LONGEST = 80  # letters of a subject
PART = 1 << 23  # entries put in order at a time
Key: TypeAlias = "NDArray[np.uint64]"

_ORDER = """
SELECT a.subject, a.seq, a.idx, b.idx FROM ledger_entry a
JOIN ledger_entry b ON b.subject = a.subject AND b.seq = a.seq + 1
WHERE b.idx < a.idx OR (a.idx IS NULL AND b.idx IS NOT NULL) ORDER BY b.idx LIMIT 1
"""
_HOLE = """
SELECT e.subject, e.seq, e.idx FROM ledger_entry e WHERE e.seq > 1 AND e.idx IS NOT NULL AND NOT EXISTS
(SELECT 1 FROM ledger_entry p WHERE p.subject = e.subject AND p.seq = e.seq - 1) ORDER BY e.idx LIMIT 1
"""


class Marks(NamedTuple):
    """What is remembered of some rows, one after the other: the hash of each one's subject, and its seq."""

    subjects: NDArray[np.uint64]
    seqs: NDArray[np.int32]


def new_key() -> Key:
    """For as long as one verification takes."""
    drawn = np.frombuffer(secrets.token_bytes(8 * 2 * (LONGEST // 4)), np.uint64)
    return drawn.reshape(LONGEST // 4, 2)


def marks_of(page: Sequence[Row], key: Key) -> Marks:
    """What to remember of these rows. Raises Unusual for a subject or seq that no entry has.

    The hash is two of 32 bits, each the upper half of a sum of products with random numbers: strongly universal.
    """
    subjects, seqs = [row[3] for row in page], [row[4] for row in page]
    try:
        letters = np.array(subjects, "S")
        width = -(-letters.itemsize // 4)
        if width * 4 > LONGEST:
            raise Unusual
        fours = letters.astype(f"S{4 * width}").view(np.uint32).reshape(len(page), width)
        sums = fours.astype(np.uint64) @ key[:width]
        high = np.uint64(32)
        return Marks(sums[:, 0] >> high << high | sums[:, 1] >> high, np.array(seqs, np.int32))
    except (TypeError, ValueError, OverflowError) as error:
        raise Unusual from error


class Order:
    """The entries that went by, by index."""

    def __init__(self, size: int) -> None:
        self._subjects = np.zeros(size, np.uint64)
        self._seqs = np.zeros(size, np.int32)
        self._doubted = False

    def take(self, start: int, marks: Marks) -> None:
        """Remember the rows from this index on."""
        end = start + len(marks.seqs)
        self._subjects[start:end], self._seqs[start:end] = marks

    def take_rows(self, start: int, page: Sequence[Row], key: Key) -> None:
        """The same, of the rows themselves; whatever they say."""
        try:
            self.take(start, marks_of(page, key))
        except Unusual:
            self._doubted = True

    def holds(self) -> bool:
        """Whether in each subject 1, 2, 3 … follow on each other, and so do their indexes."""
        if self._doubted:
            return False
        parts = -(-len(self._seqs) // PART)
        if parts <= 1:
            return _holds(self._subjects, self._seqs)
        which = self._subjects % np.uint64(parts)
        return all(_holds(self._subjects[which == part], self._seqs[which == part]) for part in range(parts))


def _holds(subjects: NDArray[np.uint64], seqs: NDArray[np.int32]) -> bool:
    by_subject = np.argsort(subjects, kind="stable")  # and by index within it
    subjects, seqs = subjects[by_subject], seqs[by_subject]
    begins = np.ones(len(seqs), bool)
    begins[1:] = subjects[1:] != subjects[:-1]
    follows = np.zeros(len(seqs), bool)
    follows[1:] = seqs[1:] == seqs[:-1] + 1
    return bool(np.all(np.where(begins, seqs == 1, follows)))


def named(source: Source) -> Difference | None:
    """The first entry out of order, or missing, by asking the store about each: slow, for when there is one."""
    for subject, seq, earlier, later in source.fetch(_ORDER):
        where = f"subject {subject} seq {seq + 1}"
        return Difference("ledger_entry", where, "idx", f"more than {earlier}", str(later))
    for subject, seq, _ in source.fetch(_HOLE):
        return Difference("ledger_entry", f"subject {subject} seq {seq - 1}", "row", "present", "missing")
    return None
