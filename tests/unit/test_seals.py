"""What a row's keyed hash is made of: the canonical JSON of its columns, whoever writes it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.ledger import canon, seals
from linli.kernel.notices.models import Notice

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(
    kind=TEXT,
    address=TEXT,
    words=st.binary(max_size=60),
    number=st.integers(-(2**63), 2**63 - 1),
    urgent=st.booleans(),
)
def test_the_bytes_of_a_row_are_the_canonical_json_of_its_columns(
    kind: str, address: str, words: bytes, number: int, urgent: bool
) -> None:
    at = datetime(2026, 3, 4, 9, 30, 1, 5, tzinfo=UTC)
    row = Notice(
        id=number,
        dedupe=b"\x00\xff",
        kind=kind,
        address=address,
        words=words,
        urgent=urgent,
        at=at,
        mark="left out",
    )
    told = {field.attname: getattr(row, field.attname) for field in Notice._meta.concrete_fields}
    del told["mark"]
    for name, value in told.items():
        if isinstance(value, bytes):
            told[name] = hashlib.sha256(value).hexdigest()
        elif isinstance(value, datetime):
            told[name] = canon.stamp(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            told[name] = str(value)
    written = seals.bytes_of(row, "mark")
    assert written == canon.bytes_of(told)
    assert json.loads(written)["id"] == str(number)
