"""Are the editions the bytes their digests name, in force as the log says? Every difference, by table, row and field."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator

from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Entry
from linli.kernel.packspec import files
from linli.kernel.packspec.models import Edition

TABLE = "packspec_edition"
_KINDS = ("pack.edition", "pack.current", "pack.withdrawn")


def differences() -> Iterator[Difference]:
    """Everything that differs."""
    versions: dict[tuple[str, str], int] = {}
    current: dict[str, str | None] = {}
    entries = (
        Entry.objects.filter(kind__in=_KINDS)
        .order_by("subject", "seq")
        .values_list("kind", "subject", "body", "at")
    )
    seen = {}
    for kind, subject, text, at in entries:
        key, body = subject.partition(":")[2], json.loads(text)
        current[key] = None if kind == "pack.withdrawn" else body["digest"]
        if kind == "pack.edition":
            versions[key, body["digest"]] = body["version"]
            seen[key, body["digest"]] = at
    rows = {(row.key, row.digest): row for row in Edition.objects.all()}
    for key, digest in sorted(versions.keys() - rows.keys()):
        yield Difference(TABLE, f"{key} {digest[:12]}", "row", "present", "missing")
    for (key, digest), row in sorted(rows.items()):
        name = f"{key} {digest[:12]}"
        if (key, digest) not in versions:
            yield Difference(TABLE, name, "row", "an entry", "none")
            continue
        if row.version != versions[key, digest]:
            yield Difference(TABLE, name, "version", str(versions[key, digest]), str(row.version))
        if row.current != (current.get(key) == digest):
            yield Difference(TABLE, name, "current", str(current.get(key) == digest), str(row.current))
        if abs((row.first_seen - seen[key, digest]).total_seconds()) > 60:
            yield Difference(TABLE, name, "first_seen", str(seen[key, digest]), str(row.first_seen))
        found = _digest(bytes(row.data))
        if found != digest:
            yield Difference(TABLE, name, "data (its digest)", digest, found)


def _digest(data: bytes) -> str:
    try:
        unpacked = files.unpacked(data)
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError):
        return "no archive"
    return files.digest(unpacked) if files.packed(unpacked) == data else "another archive of the same files"
