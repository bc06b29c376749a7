"""Bringing checkpoints to witnesses that wait for them: C2SP tlog-witness, ``POST <address>/add-checkpoint``.

Only to witnesses whose address stands in ``LINLI_WITNESSES``. What each answered last stands in a file of the data folder, because the worker asks
and the server tells.
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import asking, notes, publish
from linli.kernel.ledger.models import Cosignature
from linli.kernel.ledger.notes import BadNote, Verifier

FILE = "witnesses.json"
PATIENCE = 20
LONGEST = notes.LONGEST
TOO_EARLY = 60.0  # seconds before a witness that said no is asked again about the same checkpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness said: an HTTP status (0: nobody answered), its body, and whether the body is a size."""

    status: int
    body: str
    is_size: bool = False


def push() -> int:
    """Bring the newest checkpoint to every witness that has an address and has not signed it. Answers how many lines came of it."""
    last = publish.latest()
    waiting = publish.witness_addresses()
    if last is None or not waiting:
        return 0
    told, taken = standing(), 0
    for key, address in waiting:
        done = Cosignature.objects.filter(vkey=key.vkey).order_by("-checkpoint__size")
        size = done.values_list("checkpoint__size", flat=True).first() or 0
        before = told.get(key.name, {})
        if size >= last.size or _too_early(before, last.size):
            continue
        said, lines = _bring(key, address, size, last)
        taken += lines
        told[key.name] = {"size": last.size, "said": said, "at": moment.now().isoformat()}
        _keep(told)
    return taken


def _too_early(before: dict[str, Any], size: int) -> bool:
    if before.get("size") != size or not before.get("said"):
        return False
    from datetime import datetime

    return (moment.now() - datetime.fromisoformat(before["at"])).total_seconds() < TOO_EARLY


def _bring(key: Verifier, address: str, old: int, last: publish.Published) -> tuple[str, int]:
    """One witness: what to note of its answer (nothing where it signed), and how many lines were new."""
    ours = _ours(last.note)
    answer = _ask(address, asking.request_of(old, _proof(old, last.size), ours))
    if answer.status == 409 and answer.is_size and notes.plain(answer.body.strip()):
        old = int(answer.body.strip())
        if old > last.size:
            return f"it has seen {old} entries, more than there are", 0
        answer = _ask(address, asking.request_of(old, _proof(old, last.size), ours))
    if answer.status != 200:
        return f"{answer.status} {answer.body.strip()[:120]}" if answer.status else answer.body, 0
    try:
        signed = ours + "".join(f"{line}\n" for line in answer.body.split("\n") if line.strip())
        if not any(one.vkey == key.vkey for one in notes.note_of(signed).signed_by([key])):
            return "200, and not its line", 0
        return "", publish.take_cosignatures(signed)
    except (BadNote, Refusal) as error:
        return f"200, and a line that does not hold: {error}"[:200], 0


def _proof(old: int, new: int) -> list[bytes]:
    return publish.consistency(old, new) if 0 < old < new else []


def _ours(note: str) -> str:
    """The checkpoint with our own signature alone."""
    parts = notes.note_of(note)
    own = notes.checkpoint_of(parts.text).origin
    return parts.text + "\n" + "".join(one.line for one in parts.signatures if one.name == own)


def _ask(address: str, body: bytes) -> Answer:
    asked = urllib.request.Request(
        f"{address.rstrip('/')}/add-checkpoint",
        data=body,
        headers={"Content-Type": "text/plain; charset=utf-8"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return Answer(answer.status, answer.read(LONGEST).decode("utf-8", "replace"))
    except urllib.error.HTTPError as refused:
        with refused:
            kind = refused.headers.get("Content-Type", "").partition(";")[0].strip()
            return Answer(refused.code, refused.read(LONGEST).decode("utf-8", "replace"), kind == asking.SIZE)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        return Answer(0, f"away: {error}"[:160])


def standing() -> dict[str, dict[str, Any]]:
    """What each witness answered last: about which size, and what it said if it did not sign."""
    try:
        told = json.loads((settings.DATA / FILE).read_text("utf-8"))
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError):
        return {}


def troubles() -> dict[str, str]:
    """Witnesses that are asked and did not sign the last time, with what they said."""
    asked = {key.name for key, _ in publish.witness_addresses()}
    return {name: str(one["said"]) for name, one in standing().items() if name in asked and one.get("said")}


def _keep(told: dict[str, dict[str, Any]]) -> None:
    fresh = settings.DATA / f".{FILE}.{os.getpid()}"
    fresh.write_text(json.dumps(told), "utf-8")
    os.replace(fresh, settings.DATA / FILE)
