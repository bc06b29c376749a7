"""What is asked of a witness and what it may answer, in the form of C2SP tlog-witness. Pure: a witness has no store."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from linli.kernel.ledger import notes, tree
from linli.kernel.ledger.notes import BadNote

SIZE = "text/x.tlog.size"


def request_of(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of ``add-checkpoint``."""
    lines = "".join(b64encode(one).decode() + "\n" for one in proof)
    return f"old {old}\n{lines}\n{note}".encode()


def request_from(body: bytes) -> tuple[int, list[bytes], str]:
    """Take such a body apart. Raises BadNote."""
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise BadNote("not UTF-8") from error
    first, *hashes = head.split("\n")
    word, space, size = first.partition(" ")
    if not gap or word != "old" or not space or not notes.plain(size) or len(hashes) > 63:
        raise BadNote("a request says the old size, the proof, and the checkpoint")
    return int(size), [notes.hash_of(one) for one in hashes], note


def accepts(old: int, proof: Sequence[bytes], seen: notes.Checkpoint | None, new: notes.Checkpoint) -> int:
    """A witness's judgement, as an HTTP status: 200, or 400, 409, 422 as tlog-witness has them."""
    size = seen.size if seen is not None else 0
    if old > new.size:
        return 400
    if old != size:
        return 409
    if new.size == 0 and new.root != tree.EMPTY_ROOT:
        return 422
    if seen is not None and old == new.size:
        return 200 if new.root == seen.root and not proof else (422 if proof else 409)
    if old == 0:
        return 422 if proof else 200
    assert seen is not None
    return 200 if tree.verify_consistency(old, new.size, proof, seen.root, new.root) else 422
