"""Is everything that was published still there, as it was written down, and does every follower stand where it stood? Part of the audits.

The signatures themselves are proved by ``audit``.
"""

from __future__ import annotations

from collections.abc import Iterator

from linli.kernel.ledger import tally
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Checkpoint, Cosignature, Cursor


def differences() -> Iterator[Difference]:
    """Signatures are proved by ``audit``; this finds a checkpoint or a witness's line that is gone, columns that nobody signed,
    and a follower that came or went: one without its cursor would read everything again."""
    yield from tally.differences(Checkpoint, tally.number_of_row)
    yield from tally.differences(Cosignature, tally.number_of_row)
    yield from tally.differences(Cursor, tally.number_of_name)
