"""Bringing a backup back: into a folder of its own, never over anything, and proved equal before it is called done."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linli.config import schema
from linli.config.backups.vault import Vault
from linli.kernel.errors import Refusal
from linli.kernel.ledger import notes
from linli.kernel.people import erasures

MEMORY = "ledger.checkpoint"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and whether more had been promised than it holds."""

    name: str
    made_at: str
    folder: Path
    size: int
    root: str
    files: int
    published: int
    later: tuple[str, ...]
    audit: dict[str, Any]
    erased: dict[str, Any]

    @property
    def behind(self) -> bool:
        """Whether a checkpoint was published beyond this store: entries that outsiders may hold receipts for are not in it."""
        return self.published > self.size


def restore(
    vault: Vault,
    target: Path,
    *,
    name: str = "",
    database: str = "",
    since: list[Path] | None = None,
    journals: list[Path] | None = None,
) -> Restored:
    """Bring a backup (the newest, or ``name``) into an empty folder, and a PostgreSQL store into an empty ``database``.

    What was erased since it was made is erased again, as the journals tell that newer backups, this machine and the caller have
    (``people.erasures``); the log and every table are verified once more after that.

    Refusals: ``backup.none``, ``backup.not_empty``, ``backup.needs_db``, ``backup.newer``, ``backup.piece``, ``backup.not_equal``,
    ``backup.unsound``, ``erasures.unreadable``. What was written before one of them stays where it is, for somebody to look at; nothing
    else is ever touched.
    """
    names = vault.manifests()
    chosen = name or (names[-1] if names else "")
    manifest = vault.manifest(chosen)
    if manifest["store"] == "postgresql" and not database:
        raise Refusal("backup.needs_db")
    newer = schema.unknown(manifest["migrations"])
    if newer:
        raise Refusal(
            "backup.newer", kind="conflict", name=chosen, change=newer[-1], version=manifest["linli"]
        )
    target = target.resolve()
    if target.exists() and any(target.iterdir()):
        raise Refusal("backup.not_empty", kind="conflict", folder=str(target))
    later = tuple(each for each in names if each > chosen)
    told = [_journal_in(vault, each) for each in later] + _journals(journals or [], target)
    erasures.read(erasures.merged(told))  # first: what cannot be read is said before anything is written
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for line in manifest["files"]:
        _write(vault, target, line)
    if manifest["store"] == "postgresql":
        _into_postgres(target / "store", database)
        (target / "store").unlink()
    else:
        os.replace(target / "store", target / "db.sqlite3")
        size, root = _sqlite_head(target / "db.sqlite3")
        if (size, root) != (manifest["size"], manifest["root"]):
            raise Refusal("backup.not_equal", kind="conflict", size=size, expected=manifest["size"])
    published, note = _published(
        [manifest["checkpoint"], *_notes(vault, later), *_files(since or [], target)]
    )
    audit = _proved(target, database, manifest)
    if published > manifest["size"]:
        _remember(target, note)
    erased = _erased_again(target, database, told)
    return Restored(
        chosen, manifest["made_at"], target, manifest["size"], manifest["root"], len(manifest["files"]), published, later, audit,
        erased,
    )  # fmt: skip


def _write(vault: Vault, target: Path, line: dict[str, Any]) -> None:
    path = (target / line["path"]).resolve()
    if not path.is_relative_to(
        target
    ):  # a manifest cannot be forged without the key; a slip could still write elsewhere
        raise Refusal("backup.piece", kind="conflict", piece=line["path"])
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = line["path"].startswith("secrets/") or line["path"] in ("store", erasures.NAME)
    mode = 0o600 if private else 0o644
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        for data in vault.read_file(line):
            file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sqlite_head(path: Path) -> tuple[int, str]:
    with sqlite3.connect(path) as store:
        row = store.execute("SELECT size, root FROM ledger_head WHERE id = 1").fetchone()
    store.close()
    return (int(row[0]), bytes(row[1]).hex()) if row else (0, "")


def _into_postgres(dump: Path, database: str) -> None:
    if shutil.which("pg_restore") is None:
        raise Refusal("backup.no_pg_dump", kind="conflict")
    command = [
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        f"--dbname={database}",
        str(dump),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Refusal("backup.pg_dump", kind="conflict", said=(done.stderr.strip().splitlines() or [""])[-1])


def _proved(target: Path, database: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Verify the whole log and everything derived from it, in a process that knows nothing but the restored store."""
    said = _asked_of(target, database, "proving", str(manifest["size"]), manifest["root"])
    if not said["equal"]:
        raise Refusal("backup.not_equal", kind="conflict", size=said["size"], expected=manifest["size"])
    if said["differences"]:
        raise Refusal("backup.unsound", kind="conflict", said=said["differences"][0])
    return said


def _asked_of(target: Path, database: str, module: str, *words: str) -> dict[str, Any]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    env |= {"LINLI_DATA": str(target), "LINLI_MODE": "serve", "LINLI_DB": database}
    command = [sys.executable, "-m", f"linli.config.backups.{module}", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    try:
        said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise Refusal(
            "backup.unsound", kind="conflict", said=(done.stderr.strip().splitlines() or [""])[-1]
        ) from error
    return said


def _erased_again(target: Path, database: str, told: list[str]) -> dict[str, Any]:
    """Every erasure anybody here knows of, made again. ``newer``: whether one of them could know more than the backup itself."""
    own = target / erasures.NAME
    text = erasures.merged([own.read_text("utf-8") if own.exists() else "", *told])
    newer = bool(told)
    if not text:
        return {
            "named": 0,
            "until": "",
            "made": 0,
            "counts": {},
            "left": [],
            "differences": [],
            "newer": newer,
        }
    with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    said = _asked_of(target, database, "again")
    if said["differences"]:
        raise Refusal("backup.unsound", kind="conflict", said=said["differences"][0])
    return {**said, "newer": newer}


def _journal_in(vault: Vault, name: str) -> str:
    line = next((one for one in vault.manifest(name)["files"] if one["path"] == erasures.NAME), None)
    return b"".join(vault.read_file(line)).decode() if line else ""


def _journals(given: list[Path], target: Path) -> list[str]:
    """Those somebody names, and the one of this machine's own data folder."""
    found = [path.read_text("utf-8") for path in given]
    data = Path(os.environ.get("LINLI_DATA", "data")).resolve()
    here = Path(os.environ.get("LINLI_ERASURES") or data / erasures.NAME).resolve()
    if here.is_file() and not here.is_relative_to(target):
        found.append(here.read_text("utf-8"))
    return found


def _notes(vault: Vault, names: tuple[str, ...]) -> list[str]:
    return [vault.manifest(each)["checkpoint"] for each in names]


def _files(since: list[Path], target: Path) -> list[str]:
    """Checkpoints somebody names, and the one that this machine's own data folder remembers."""
    found = [path.read_text("utf-8") for path in since]
    here = Path(os.environ.get("LINLI_DATA", "data")).resolve() / "secrets" / MEMORY
    if here.is_file() and not here.is_relative_to(target):
        found.append(here.read_text("utf-8"))
    return found


def _published(written: list[str]) -> tuple[int, str]:
    """The largest checkpoint among them, and its note. A file that is none counts for nothing but is said to be unreadable."""
    largest, note = 0, ""
    for text in written:
        if not text:
            continue
        try:
            size = notes.checkpoint_of(notes.note_of(text).text).size
        except notes.BadNote as error:
            raise Refusal("backup.checkpoint") from error
        if size > largest:
            largest, note = size, text
    return largest, note


def _remember(target: Path, note: str) -> None:
    """The restored store is told what was promised beyond it: it publishes nothing until somebody decides."""
    path = target / "secrets" / MEMORY
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(note, "utf-8")
