"""Checking what was signed against what is there: keys, checkpoints, witnesses' lines. Part of ``audit``."""

from __future__ import annotations

from collections.abc import Iterator

from linli.kernel.ledger import keychain, keys, notes
from linli.kernel.ledger.difference import Difference
from linli.kernel.ledger.models import Checkpoint, Cosignature
from linli.kernel.ledger.notes import BadNote, Verifier
from linli.kernel.ledger.tree import Growth


class Roots:
    """The roots that were signed, taken one after the other as the tree grows past them."""

    def __init__(self) -> None:
        self._signed = Checkpoint.objects.order_by("size").values_list("size", "root").iterator()
        self._next = next(self._signed, None)

    def due(self, end: int) -> bool:
        """Whether a root was signed at or below ``end`` that was not taken yet."""
        return self._next is not None and self._next[0] <= end

    def take(self, growth: Growth, leaves: list[bytes]) -> Difference | None:
        """Compare every checkpoint up to the end of ``leaves``, which follow on ``growth`` (not yet appended)."""
        end = growth.size + len(leaves)
        if not self.due(end):
            return None
        at = Growth(growth.size, list(growth.frontier))
        while self._next is not None and self._next[0] <= end:
            size, root = self._next[0], bytes(self._next[1])
            at.extend(leaves[at.size - growth.size : size - growth.size])
            if at.size != size or at.root() != root:
                return Difference("ledger_checkpoint", f"size {size}", "root", at.root().hex(), root.hex())
            self._next = next(self._signed, None)
        return None

    def beyond(self) -> Difference | None:
        """A checkpoint of more entries than there are: some were signed and are gone."""
        if self._next is None:
            return None
        return Difference(
            "ledger_entry", f"idx {self._next[0] - 1}", "row", "present (a checkpoint covers it)", "missing"
        )


def differences() -> Iterator[Difference]:
    """What does not hold among keys, signatures and witnesses' lines, whatever the tree."""
    known = keys.statements()
    yield from _keys(known)
    verifiers = {str(said["vkey"]): said for said in known if keychain.holds(said)}
    trusted = [notes.verifier_of(vkey) for vkey in verifiers]
    for size, root, note, vkey in _checkpoints():
        wrong = _note(size, root, note, vkey, trusted)
        if wrong is not None:
            yield wrong
    yield from _cosignatures()


def _keys(known: list[dict[str, str]]) -> Iterator[Difference]:
    before = ""
    for n, said in enumerate(known, 1):
        row = f"subject {keys.SUBJECT} seq {n}"
        if not keychain.holds(said):
            yield Difference("ledger_entry", row, "body (signatures of the key)", "valid", "invalid")
        if said.get("previous") not in ("", before) or said.get("origin") != known[0].get("origin"):
            yield Difference(
                "ledger_entry", row, "body.previous or body.origin", before, str(said.get("previous"))
            )
        before = str(said.get("vkey"))


def _checkpoints() -> Iterator[tuple[int, bytes, str, str]]:
    rows = Checkpoint.objects.order_by("size").values_list("size", "root", "note", "vkey")
    for size, root, note, vkey in rows.iterator():
        yield size, bytes(root), note, vkey


def _note(size: int, root: bytes, written: str, vkey: str, trusted: list[Verifier]) -> Difference | None:
    row = f"size {size}"
    try:
        said, _, signers = notes.opened(written, trusted)
    except BadNote as error:
        return Difference("ledger_checkpoint", row, "note", "signed by a key of this log", str(error))
    if (said.size, said.root) != (size, root):
        return Difference(
            "ledger_checkpoint", row, "note", f"{size} {root.hex()}", f"{said.size} {said.root.hex()}"
        )
    if vkey not in {key.vkey for key in signers}:
        return Difference("ledger_checkpoint", row, "vkey", signers[0].vkey, vkey)
    return None


def _cosignatures() -> Iterator[Difference]:
    rows = Cosignature.objects.order_by("id").values_list("id", "checkpoint__note", "vkey", "line", "seen")
    for number, note, vkey, line, seen in rows.iterator():
        try:
            signed = notes.note_of(note + line)
            held = bool(signed.signed_by([notes.verifier_of(vkey)])) and signed.signatures[-1].time == seen
        except BadNote:
            held = False
        if not held:
            yield Difference(
                "ledger_cosignature", f"id {number}", "line, vkey or seen", "a signature that holds", "none"
            )
