"""Making a backup while the program runs: pictures first, then the store at one moment, then the pictures that came in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

import linli
from linli.config.backups import snapshot
from linli.config.backups.vault import Vault
from linli.kernel import ids, moment, store
from linli.kernel.ledger import append
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import photos
from linli.kernel.people import erasures


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds and what it cost."""

    name: str
    size: int
    root: str
    files: int
    written: int
    reused: int
    missing: tuple[str, ...]


def make(vault: Vault, *, secrets: bool = True) -> Made:
    """One backup: the store, every picture it speaks of, and the keys without which sealed words cannot be read."""
    known = _pictures(vault, _stored_pictures())
    with snapshot.taken() as taken:
        wanted = {
            _relative(photos.path_of(number, thumb)) for number in taken.pictures for thumb in (False, True)
        }
        known |= _pictures(vault, wanted - set(known))
        files = [known[name] for name in sorted(wanted & set(known))]
        missing = tuple(sorted(wanted - set(known)))
        with open(taken.file, "rb") as file:
            files.append({"path": "store", **vault.put_file(file)})
    files += _journal(vault)
    if secrets:
        files += _secrets(vault)
    now, number = moment.now(), ids.text(ids.new_id())
    name = f"{now:%Y%m%dT%H%M%SZ}-{number}"
    manifest = {
        "form": 1, "name": name, "made_at": now.isoformat(), "linli": linli.__version__, "store": taken.vendor, "size": taken.size,
        "root": taken.root, "checkpoint": taken.checkpoint, "migrations": list(taken.migrations), "missing": list(missing),
        "secrets": secrets, "files": files,
    }  # fmt: skip
    vault.put_manifest(name, manifest)
    with store.acting():
        append.commit(
            "backup.made", f"backup:{number}", 1,
            {"name": name, "size": taken.size, "root": taken.root, "files": len(files), "secrets": secrets},
        )  # fmt: skip
    return Made(name, taken.size, taken.root, len(files), vault.written, vault.reused, missing)


def _relative(path: Path) -> str:
    return path.relative_to(settings.DATA).as_posix()


def _stored_pictures() -> set[str]:
    return {_relative(path) for path in Path(settings.MEDIA_ROOT).glob("??/*.jpg")}


def _pictures(vault: Vault, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Pictures never change: those the vault holds already cost a reading and no writing. One that was erased meanwhile is left out."""
    kept: dict[str, dict[str, Any]] = {}
    for name in sorted(wanted):
        try:
            with open(settings.DATA / name, "rb") as file:
                kept[name] = {"path": name, **vault.put_file(file)}
        except FileNotFoundError:
            continue
    return kept


def _secrets(vault: Vault) -> list[dict[str, Any]]:
    lines = []
    for path in sorted((settings.DATA / "secrets").glob("*")):
        if path.is_file() and not path.name.startswith("."):
            with open(path, "rb") as file:
                lines.append({"path": f"secrets/{path.name}", **vault.put_file(file)})
    return lines


def _journal(vault: Vault) -> list[dict[str, Any]]:
    """The erasures so far: whoever restores an older backup of this folder learns from the newest what must go again. Read last, so that
    one made while the store was being copied is in it."""
    try:
        with open(erasures.path(), "rb") as file:
            return [{"path": erasures.NAME, **vault.put_file(file)}]
    except FileNotFoundError:
        return []


def made_at(name: str) -> datetime:
    """When a backup was made, by its name."""
    return datetime.strptime(name.partition("-")[0] + "+0000", "%Y%m%dT%H%M%SZ%z")


def older(vault: Vault, keep: timedelta) -> list[str]:
    """The backups here that are older than that; the newest is never among them."""
    names = vault.manifests()
    return [name for name in names[:-1] if made_at(name) < moment.now() - keep]


def remove(vault: Vault, names: list[str]) -> tuple[int, int]:
    """Take backups away, and put on record that they are gone."""
    gone = vault.remove(names)
    for name in names:
        subject = f"backup:{name.partition('-')[2]}"
        if Entry.objects.filter(subject=subject, seq=1).exists():
            with store.acting():
                append.commit("backup.removed", subject, append.next_seq(subject), {"name": name})
    return gone


def on_record() -> list[tuple[str, datetime]]:
    """Backups that were made and, as far as is on record, not taken away: name and moment, oldest first."""
    import json

    removed = set(Entry.objects.filter(kind="backup.removed").values_list("subject", flat=True))
    rows = Entry.objects.filter(kind="backup.made").order_by("id").values_list("subject", "body", "at")
    return [(json.loads(body)["name"], at) for subject, body, at in rows if subject not in removed]
