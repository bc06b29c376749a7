"""Are calls and used keys as they were written, and all there? Every difference, by table, row and field. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from linli.kernel import ids
from linli.kernel.ledger import tally
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Entry
from linli.kernel.matters.marks import mark_of, of_key
from linli.kernel.matters.models import Call, Key, Step

COLUMN = "a column (keyed hash)"


def differences() -> Iterator[Difference]:
    """Everything that differs. Of a changed row it is said that it was changed, not what it says."""
    for call in Call.objects.order_by("pk").iterator(chunk_size=2_000):
        if call.mark != (found := mark_of(call)):
            yield Difference("matters_call", ids.text(call.pk), COLUMN, call.mark or "none", found)
    yield from tally.differences(Call)
    yield from _keys()


def _keys() -> Iterator[Difference]:
    """Each key by its mark; and each step done under a key still has it, unless its time was over when keys were last removed."""
    there: dict[int, set[str]] = {}
    for key in Key.objects.order_by("pk").iterator(chunk_size=2_000):
        there.setdefault(key.step_id, set()).add(of_key(key.key))
        if key.mark != (found := mark_of(key)):
            yield Difference("matters_key", key.key[:13], COLUMN, key.mark or "none", found)
    told = Step.objects.filter(facts__key__isnull=False, recorded_at__gte=_removed_before())
    for number, facts in told.order_by("id").values_list("id", "facts").iterator():
        if facts["key"] not in there.get(number, ()):
            yield Difference("matters_key", f"of step {ids.text(number)}", "row", "present", "missing")


def _removed_before() -> datetime:
    """Keys used before this may be gone: the log says when some were removed, and how old they had to be."""
    entries = Entry.objects.filter(subject="retention:keys", kind="privacy.retention")
    cutoffs = [json.loads(body)["before"] for body in entries.values_list("body", flat=True)]
    return datetime.fromtimestamp(max((each for each in cutoffs if each), default=-1) + 1, UTC)
