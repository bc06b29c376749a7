"""What a witness keeps in its folder: for each log the last head it signed, the keys it trusts, and proofs of forks."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linli.doors.cli.witness_log import Fork, Log
from linli.kernel.ledger import keychain, notes
from linli.kernel.ledger.notes import BadNote, Signer, Verifier


@dataclass(frozen=True, slots=True)
class Memory:
    """The part of a witness's folder that is about one log."""

    state: Path
    origin: str

    @property
    def home(self) -> Path:
        return self.state / hashlib.sha256(self.origin.encode()).hexdigest()[:16]

    def last(self) -> str | None:
        """The head that was signed last, as a note."""
        return _read(self.home / "checkpoint")

    def keys(self, log: Log, vkey: str) -> list[Verifier]:
        """The log's keys: those trusted before, or given, or else those it shows the first time; and whatever these vouch for."""
        kept = (_read(self.home / "keys") or "").split()
        statements = log.statements()
        if not kept and not vkey:
            kept = [str(one.get("vkey", "")) for one in statements]
            print(
                "第一次看，先信它给的公钥，请另行核对。First look: trusting the key it shows. Compare it elsewhere:"
            )
            print("\n".join(f"  {one}" for one in kept))
        start = [notes.verifier_of(one) for one in dict.fromkeys([*kept, *filter(None, [vkey])])]
        return keychain.trusted(start, statements)

    def keep(self, note: str, url: str, keys: list[Verifier]) -> None:
        """Remember what is about to be signed, whole or not at all."""
        _write(self.home / "url", url + "\n")
        _write(self.home / "keys", "".join(f"{key.vkey}\n" for key in keys))
        _write(self.home / "checkpoint", note)

    def keep_fork(self, fork: Fork) -> Path:
        """Put the proof away; where it is."""
        name = f"fork-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{fork.old.size}-{fork.new.size}.txt"
        _write(self.home / name, fork.evidence())
        return self.home / name


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader saw: a signed head, and where from."""

    note: str
    keys: tuple[Verifier, ...]
    url: str
    folder: Path | None


def reading(where: str) -> Reading:
    """What a checkpoint file, a witness's folder or a log's address says now. Raises BadNote, Unavailable, OSError."""
    path = Path(where)
    if path.is_dir():
        homes = [one for one in sorted(path.iterdir()) if (one / "checkpoint").is_file()]
        if len(homes) != 1:
            raise BadNote(f"{where} has seen {len(homes)} logs: name the folder's checkpoint file")
        return _kept(homes[0], path)
    if path.is_file():
        if path.name == "checkpoint" and (path.parent / "keys").is_file():
            return _kept(path.parent, path.parent.parent)
        return Reading(path.read_text("utf-8"), (), "", None)
    log = Log(where)
    return Reading(log.checkpoint(), (), log.url, None)


def _kept(home: Path, state: Path) -> Reading:
    keys = tuple(notes.verifier_of(one) for one in (_read(home / "keys") or "").split())
    return Reading(_read(home / "checkpoint") or "", keys, (_read(home / "url") or "").strip(), state)


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """No other process looks into this folder meanwhile: what is judged is what is kept, also where two witnesses were started on it."""
    state.mkdir(parents=True, exist_ok=True)
    lock = os.open(state / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def key_in(path: Path, name: str = "") -> Signer:
    """The witness's private key; a new one when ``name`` says how it is called and there is none. Raises BadNote, OSError."""
    if name and not path.exists():
        signer = Signer(name, notes.WITNESS, secrets.token_bytes(32))
        _write(path, signer.skey + "\n")
    found = notes.signer_of(path.read_text("utf-8"))
    if found.kind != notes.WITNESS:
        raise BadNote(f"{path} is not a witness's key")
    return found


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
