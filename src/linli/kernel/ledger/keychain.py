"""How a log's signing key is handed on: each new key is vouched for by the one before it. Pure.

A statement is a dict ``{"vkey", "origin", "previous", "signature", "own"}``: the new key, the log it signs for, the key before (empty
for the first), the old key's signature and the new key's own over the same words. Whoever trusts one key of the chain can walk on
from it, without asking anybody.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from linli.kernel.ledger.notes import BadNote, Signer, Verifier, verifier_of

FIELDS = ("vkey", "origin", "previous", "signature", "own")


def words(origin: str, previous: str, vkey: str) -> bytes:
    """What both keys sign. Begins with a line no checkpoint begins with."""
    return f"linli ledger key v1\n{origin}\n{previous}\n{vkey}\n".encode()


def statement(origin: str, new: Signer, old: Signer | None) -> dict[str, Any]:
    """The new key's entry in the ledger. ``old`` is None for the first key, and for a key that replaces a lost one."""
    vkey, previous = new.verifier.vkey, old.verifier.vkey if old else ""
    said = words(origin, previous, vkey)
    return {
        "vkey": vkey,
        "origin": origin,
        "previous": previous,
        "signature": b64encode(old.sign(said)).decode() if old else "",
        "own": b64encode(new.sign(said)).decode(),
    }


def holds(said: Mapping[str, Any]) -> bool:
    """Whether the statement is signed by the new key and, where it names one, by the key before."""
    try:
        new = verifier_of(str(said["vkey"]))
        message = words(str(said["origin"]), str(said["previous"]), str(said["vkey"]))
        if not new.holds(b64decode(str(said["own"])), message):
            return False
        if not said["previous"]:
            return not said["signature"]
        return verifier_of(str(said["previous"])).holds(b64decode(str(said["signature"])), message)
    except (BadNote, KeyError, ValueError):
        return False


def trusted(start: Iterable[Verifier], statements: Iterable[Mapping[str, Any]]) -> list[Verifier]:
    """The keys to trust: those of ``start``, and every key the chain leads on to from one of them."""
    found = list(start)
    for said in statements:
        if said.get("previous") in {key.vkey for key in found} and holds(said):
            new = verifier_of(str(said["vkey"]))
            if new not in found:
                found.append(new)
    return found
