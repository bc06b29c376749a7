"""The same request twice is one act. A key belongs to whoever sent it; what it answered is kept sealed for a while."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.matters import marks
from linli.kernel.matters.asks import Inputs, Promise, Receipt, Report, Taken
from linli.kernel.matters.models import Key
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor
from linli.kernel.sql import first, fresh, insert

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mark:
    """A key as it stands in the store, and the digest of the request it came with."""

    key: str
    request: str


def mark_of(actor: Actor, key: str, request: str) -> Mark:
    """Raises Refusal ``key.unfit`` for a key too short to be unique or too long to be one."""
    if not 8 <= len(key) <= 200:
        raise Refusal("key.unfit", field="key")
    owner = f"{actor.kind}:{actor.person_id or actor.matter_id or ''}"
    return Mark(hashlib.sha256(f"{owner}\0{key}".encode()).hexdigest(), request)


def facts_of(mark: Mark | None) -> dict[str, str]:
    """What the step says of the key it came with: so that an audit notices when the key is gone before its time."""
    return {} if mark is None else {"key": marks.of_key(mark.key)}


def _digest(parts: object) -> str:
    return hashlib.sha256(
        json.dumps(parts, ensure_ascii=False, default=str, sort_keys=True).encode()
    ).hexdigest()


def _photo(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest_of_report(report: Report) -> str:
    return _digest([
        report.pack, report.kind, report.condition, report.lon, report.lat, report.place_id, report.address, report.words,
        [_photo(p.data) for p in report.photos], report.reporter.name, report.reporter.phone, report.source, dict(report.answers),
    ])  # fmt: skip


def digest_of_act(matter_id: int, act: str, inputs: Inputs) -> str:
    return _digest([
        matter_id, act, inputs.words, inputs.reason, inputs.until, [_photo(p.data) for p in inputs.photos], inputs.grade, inputs.kind,
        inputs.contacted, inputs.solved, inputs.satisfied, inputs.units, inputs.role, inputs.person_id, inputs.matter_id, inputs.limit,
    ])  # fmt: skip


def _known(mark: Mark) -> bytes | None:
    """What was answered under this key, sealed."""
    row = first("SELECT content, answer FROM matters_key WHERE key = %s", mark.key)
    if row is not None and row[0] != mark.request:
        raise Refusal("key.used_otherwise", kind="conflict", field="key")
    return row[1] if row is not None else None


def receipt(mark: Mark) -> Receipt | None:
    """The receipt already given for this key, link and code included."""
    known = _known(mark)
    if known is None:
        return None
    kept = json.loads(sealed.unseal(known))
    promises = tuple(
        Promise(key, zh, en, limit, datetime.fromisoformat(due))
        for key, zh, en, limit, due in kept.pop("promises")
    )
    opened = datetime.fromisoformat(kept.pop("opened_at"))
    return Receipt(**kept, opened_at=opened, promises=promises, again=True)


def kept_receipt(mark: Mark, given: Receipt, step_id: int) -> Key:
    """The row that remembers it, to be written in the act it answers."""
    kept = {
        "matter_id": given.matter_id, "number": given.number, "code": given.code, "token": given.token,
        "opened_at": given.opened_at.isoformat(), "holder_name": given.holder_name, "holder_role": given.holder_role,
        "promises": [[p.key, p.name_zh, p.name_en, p.limit, p.due_at.isoformat()] for p in given.promises], "entry_id": given.entry_id,
        "entry_hash": given.entry_hash,
    }  # fmt: skip
    return _kept(mark, given.matter_id, step_id, json.dumps(kept))


def taken(mark: Mark) -> Taken | None:
    known = _known(mark)
    if known is None:
        return None
    kept = json.loads(sealed.unseal(known))
    return Taken(**kept | {"children": tuple(kept["children"])}, again=True)


def keep_taken(mark: Mark, given: Taken) -> None:
    kept = {
        "matter_id": given.matter_id, "step_id": given.step_id, "seq": given.seq, "stage": given.stage, "ended": given.ended,
        "token": given.token, "code": given.code, "children": list(given.children),
    }  # fmt: skip
    insert([_kept(mark, given.matter_id, given.step_id, json.dumps(kept))])


def _kept(mark: Mark, matter_id: int, step_id: int, answer: str) -> Key:
    row = fresh(
        Key,
        key=mark.key,
        content=mark.request,
        matter_id=matter_id,
        step_id=step_id,
        at=moment.now(),
        answer=sealed.seal(answer),
    )
    return marks.marked(row)


def forget(limit: int = 5000) -> list[str]:
    """Remove keys whose time is over; run by the worker. Answers the keys, which tell nothing."""
    with store.acting():
        old = Key.objects.filter(at__lt=moment.now() - KEPT_FOR).order_by("at")
        found = list(old.values_list("key", flat=True)[:limit])
        for first in range(0, len(found), 500):
            Key.objects.filter(pk__in=found[first : first + 500]).delete()
    return found
