"""Which edition of each pack is in force, and any edition that ever was.

An edition never changes, so a pack that was read once is kept for the life of the process. Which editions
are in force is asked of the store at most once a second: another process may have installed newer ones.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from django.db import IntegrityError
from django.db.models import Max

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append
from linli.kernel.packspec import files
from linli.kernel.packspec.faults import Fault
from linli.kernel.packspec.load import HOME, Loaded, load_all, load_files
from linli.kernel.packspec.models import Edition
from linli.kernel.packspec.schema import Pack
from linli.kernel.store import acting

FRESH_SECONDS = 1.0

_lock = threading.Lock()
_by_digest: dict[str, Pack] = {}
_in_force: dict[str, Pack] = {}
_asked_at = float("-inf")
_refused: dict[str, list[Fault]] = {}


def install(root: Path = HOME) -> Loaded:
    """Read and prove the packs under ``root`` and put the good ones in force. Old editions stay, for the
    matters judged by them. A faulty pack is refused: what was in force of it before stays in force, and no
    other pack notices. A pack whose folder is gone takes no new matters."""
    global _refused
    loaded = load_all(root)
    services = {key: pack for key, pack in loaded.packs.items() if not pack.library}
    bytes_of = {key: files.packed(files.gather(root / key, root)) for key in services}
    for attempt in (1, 2):
        try:
            with acting():
                for key, pack in services.items():
                    _put_in_force(pack, bytes_of[key])
                _withdraw(set(services) | set(loaded.refused))
            break
        except IntegrityError:  # another process starts at the same moment and was first
            if attempt == 2:
                raise
    _refused = dict(loaded.refused)
    forget()
    return loaded


def current(key: str) -> Pack:
    """The edition by which a new matter of this pack is judged. Raises Refusal ``packspec.unknown_pack``."""
    packs = all_current()
    if key not in packs:
        raise Refusal("packspec.unknown_pack", kind="missing", pack=key)
    return packs[key]


def all_current() -> Mapping[str, Pack]:
    """Every service in force, by key. Libraries are inside the services that use them. Not to be changed by
    the caller."""
    global _in_force, _asked_at
    if time.monotonic() - _asked_at < FRESH_SECONDS:
        return _in_force
    with _lock:
        if time.monotonic() - _asked_at >= FRESH_SECONDS:
            rows = Edition.objects.filter(current=True).order_by("key").values_list("key", "digest")
            _in_force = {key: edition(digest) for key, digest in rows}
            _asked_at = time.monotonic()
    return _in_force


def edition(digest: str) -> Pack:
    """The pack as it was in that edition, read from the stored bytes. Raises Refusal
    ``packspec.unknown_edition``."""
    known = _by_digest.get(digest)
    if known is not None:
        return known
    row = Edition.objects.filter(digest=digest).first()
    if row is None:
        raise Refusal("packspec.unknown_edition", kind="missing", digest=digest)
    stored = files.unpacked(bytes(row.data))
    if files.digest(stored) != digest:
        raise Refusal("packspec.altered_edition", kind="conflict", digest=digest)
    return _by_digest.setdefault(digest, load_files(stored, row.key))


def refused() -> Mapping[str, list[Fault]]:
    """Packs that this process found faulty when it installed, with every reason: for the page that shows
    what is wrong."""
    return _refused


def forget() -> None:
    """Ask the store again at the next call. For ``install``, and for tests that undo what was installed."""
    global _asked_at, _in_force
    with _lock:
        _asked_at, _in_force = float("-inf"), {}


def _put_in_force(pack: Pack, data: bytes) -> None:
    row = Edition.objects.filter(digest=pack.digest).first()
    if row is not None and row.current:
        return
    Edition.objects.filter(key=pack.key, current=True).update(current=False)
    if row is not None:
        Edition.objects.filter(digest=pack.digest).update(current=True)
        _enter("pack.current", pack.key, {"digest": pack.digest, "version": row.version})
        return
    last = Edition.objects.filter(key=pack.key).aggregate(last=Max("version"))["last"] or 0
    made = Edition(
        digest=pack.digest,
        key=pack.key,
        version=last + 1,
        data=data,
        first_seen=moment.now(),
        current=True,
    )
    made.save(force_insert=True)
    _enter("pack.edition", pack.key, {"digest": pack.digest, "version": made.version})


def _withdraw(kept: set[str]) -> None:
    for row in Edition.objects.filter(current=True).exclude(key__in=kept):
        Edition.objects.filter(digest=row.digest).update(current=False)
        _enter("pack.withdrawn", row.key, {"digest": row.digest, "version": row.version})


def _enter(kind: str, key: str, body: dict[str, object]) -> None:
    subject = f"pack:{key}"
    append.commit(kind, subject, append.next_seq(subject), body)
