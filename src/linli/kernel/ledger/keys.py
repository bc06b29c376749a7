"""The key that signs checkpoints. It stands outside the database (``secrets/ledger.key`` of the data folder); the ledger
holds only who came after whom.

A key is never made silently where there was one before: a store whose key is gone publishes nothing and says so, until
somebody decides (``linli ledger key --replace-lost``).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings

from linli.kernel import ids, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append, keychain, notes
from linli.kernel.ledger.models import Entry
from linli.kernel.ledger.notes import Signer, Verifier

KIND, SUBJECT = "ledger.key", "ledger:key"


def folder() -> Path:
    """Where what must not stand in the database is kept."""
    return Path(settings.DATA) / "secrets"


def keep(name: str, text: str, *, only_first: bool = False) -> None:
    """Write a file of the secrets folder so that it is there whole or not at all, even after a power cut; for its owner only.

    ``only_first`` leaves a file alone that is there already.
    """
    home = folder()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = home / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if only_first:
            with contextlib.suppress(FileExistsError):
                os.link(fresh, home / name)
        else:
            os.replace(fresh, home / name)
    finally:
        fresh.unlink(missing_ok=True)
    place = os.open(home, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def statements() -> list[dict[str, Any]]:
    """Every key the log has had, oldest first, as the ledger tells it."""
    bodies = Entry.objects.filter(subject=SUBJECT).order_by("seq").values_list("body", flat=True)
    return [json.loads(body) for body in bodies]


def history() -> list[Verifier]:
    """The same as keys that can verify."""
    return [notes.verifier_of(said["vkey"]) for said in statements()]


def origin() -> str:
    """The log's name in its checkpoints; empty before it first signed."""
    known = statements()
    return str(known[0]["origin"]) if known else ""


def signer() -> Signer:
    """The private key in force; made and entered in the ledger when this log signs for the first time.

    Raises Refusal ``ledger.key_lost`` or ``ledger.key_other`` where the file does not belong to this log.
    """
    known = statements()
    if not known:
        return _first()
    wanted = notes.verifier_of(str(known[-1]["vkey"]))
    found = _read("ledger.key")
    if found is not None and found.verifier.public == wanted.public:
        return Signer(wanted.name, notes.NOTE, found.seed)
    waiting = _read("ledger.key.next")  # a change of keys that was cut off after its entry was committed
    if waiting is not None and waiting.verifier.public == wanted.public:
        os.replace(folder() / "ledger.key.next", folder() / "ledger.key")
        return waiting
    code = "ledger.key_lost" if found is None else "ledger.key_other"
    raise Refusal(code, kind="conflict", key=wanted.vkey)


def change(*, lost: bool = False) -> Verifier:
    """Sign with a new key from now on. The old one vouches for it, unless it is ``lost``: then readers must be told the new one.

    The old key's file is overwritten: it can sign nothing more. Raises Refusal as ``signer``.
    """
    old = None if lost else signer()
    known = statements()
    if not known:
        return _first().verifier
    name = str(known[0]["origin"])
    fresh = Signer(name, notes.NOTE, secrets.token_bytes(32))
    keep("ledger.key.next", fresh.skey + "\n")
    with store.acting():
        append.commit(KIND, SUBJECT, append.next_seq(SUBJECT), keychain.statement(name, fresh, old))
    os.replace(folder() / "ledger.key.next", folder() / "ledger.key")
    return fresh.verifier


def _first() -> Signer:
    """Enter the first key. The log's name is the office's, else drawn at random."""
    name = settings.LEDGER_ORIGIN or f"linli/{ids.text(secrets.randbits(63))}"
    if not notes.fit_name(name):
        raise Refusal("ledger.bad_origin", name=name)
    if (
        _read("ledger.key") is None
    ):  # one that is there was made by another process just now, or for a store given up
        keep("ledger.key", Signer(name, notes.NOTE, secrets.token_bytes(32)).skey + "\n", only_first=True)
    kept = _read("ledger.key")
    assert kept is not None
    fresh = Signer(name, notes.NOTE, kept.seed)
    with store.acting():
        if append.next_seq(SUBJECT) == 1:
            append.commit(KIND, SUBJECT, 1, keychain.statement(name, fresh, None))
    return signer()


def _read(name: str) -> Signer | None:
    path = folder() / name
    try:
        return notes.signer_of(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (notes.BadNote, UnicodeDecodeError) as error:
        raise Refusal("ledger.key_unreadable", kind="conflict", file=f"secrets/{name}") from error
