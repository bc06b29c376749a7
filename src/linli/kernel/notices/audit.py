"""Is everything owed to anybody as it was written, and all of it there? Every difference, by table, row and field. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from linli.kernel import ids
from linli.kernel.ledger import tally
from linli.kernel.ledger.audit import Difference
from linli.kernel.notices.marks import mark_of
from linli.kernel.notices.models import Notice


def differences() -> Iterator[Difference]:
    """Everything that differs. Of a changed row it is said that it was changed, not what it says."""
    for row in Notice.objects.order_by("pk").iterator(chunk_size=2_000):
        if row.mark != (found := mark_of(row)):
            yield Difference(
                "notices_notice", ids.text(row.pk), "a column (keyed hash)", row.mark or "none", found
            )
    yield from tally.differences(Notice)
