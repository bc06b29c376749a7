"""What was signed cannot be changed, removed or forged without verifying naming it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from linli.kernel import store
from linli.kernel.ledger import append, audit, guards, keys, notes, publish
from linli.kernel.ledger.models import Checkpoint, Cosignature, Entry, Head, Node
from linli.kernel.ledger.notes import Signer
from linli.kernel.ledger.tree import Growth

pytestmark = pytest.mark.django_db
WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)


@pytest.fixture(autouse=True)
def _signed(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A log of some hundred entries, three checkpoints under two keys, one of them witnessed."""
    settings.DATA, settings.WITNESSES = tmp_path, (WITNESS.verifier.vkey,)
    for n, count in enumerate((40, 300, 7)):
        with store.acting():
            append.commit_many(("test.step", f"test:{n}", m + 1, {"m": m}) for m in range(count))
        made = publish.publish()
        assert made is not None
        if n == 1:
            text = notes.note_of(made.note).text
            publish.take_cosignatures(f"{text}\n{WITNESS.line(text, 1_700_000_000)}")
            keys.change()
    report = audit.verify()
    assert report.clean, report.difference
    yield


def found() -> audit.Difference:
    report = audit.verify()
    assert report.difference is not None, "nobody noticed"
    return report.difference


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ({"root": b"r" * 32}, "ledger_checkpoint"),
        ({"vkey": "linli/other+00000000+AAAA"}, "ledger_checkpoint"),
        ({"note": "nothing"}, "ledger_checkpoint"),
        ({"size": 42}, "ledger_checkpoint"),
        ({"size": 5000}, "ledger_entry"),
    ],
)
def test_a_changed_checkpoint_is_named(change: dict[str, Any], table: str) -> None:
    size = Checkpoint.objects.order_by("-size").values_list("size", flat=True)[0]
    with guards.lifted(connection):
        Checkpoint.objects.filter(size=size).update(**change)
    assert found().table == table


def test_a_checkpoint_signed_by_another_key_is_named() -> None:
    last = Checkpoint.objects.order_by("-size")[0]
    text = notes.note_of(last.note).text
    other = Signer(keys.origin(), notes.NOTE, b"o" * 32)
    with guards.lifted(connection):
        Checkpoint.objects.filter(size=last.size).update(
            note=f"{text}\n{other.line(text)}", vkey=other.verifier.vkey
        )
    assert (found().table, found().field) == ("ledger_checkpoint", "note")


@pytest.mark.parametrize("change", [{"line": "— a b\n"}, {"seen": 1}, {"vkey": "x"}])
def test_a_changed_line_of_a_witness_is_named(change: dict[str, Any]) -> None:
    with guards.lifted(connection):
        Cosignature.objects.update(**change)
    assert found().table == "ledger_cosignature"


def test_a_log_rewritten_with_all_its_hashes_contradicts_what_was_signed() -> None:
    """Whoever can rewrite every table still cannot sign: the checkpoint gives it away."""
    with guards.lifted(connection):
        Entry.objects.filter(idx=17).update(leaf=b"x" * 32)
        rebuild()
        Entry.objects.filter(idx=17).update(body='{"m":99}')
        from linli.kernel.ledger import rows
        from linli.kernel.ledger.tree import leaf_hash

        Entry.objects.filter(idx=17).update(leaf=leaf_hash(rows.read(17, 1)[0].data))
        rebuild()
    assert (found().table, found().field) == ("ledger_checkpoint", "root")


def test_entries_cut_off_below_a_checkpoint_are_missed() -> None:
    with guards.lifted(connection):
        Entry.objects.filter(idx__gte=345).delete()
        rebuild()
    assert (found().table, found().row) == ("ledger_entry", "idx 348")


def test_a_forged_key_is_named() -> None:
    with guards.lifted(connection):
        entry = Entry.objects.get(subject=keys.SUBJECT, seq=2)
        forged = Signer(keys.origin(), notes.NOTE, b"f" * 32)
        body = entry.body.replace(keys.history()[1].vkey, forged.verifier.vkey)
        Entry.objects.filter(pk=entry.pk).update(body=body)
    difference = found()
    assert difference.table == "ledger_entry" and "idx 341" in difference.row


def rebuild() -> None:
    """Make nodes and head fit the leaves, as a thorough forger would."""
    growth = Growth()
    growth.extend(
        bytes(leaf)
        for leaf in Entry.objects.filter(idx__isnull=False).order_by("idx").values_list("leaf", flat=True)
    )
    Node.objects.all().delete()
    Node.objects.bulk_create(
        [Node(level=level, index=index, hash=digest) for level, index, digest in growth.nodes]
    )
    Head.objects.update(size=growth.size, frontier=b"".join(growth.frontier), root=growth.root())
