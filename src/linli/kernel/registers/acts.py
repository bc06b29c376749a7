"""The only writers of registers. Each change is a new version with its ledger entry, or nothing at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from linli.kernel import ids, moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Register, RegisterField
from linli.kernel.people.actors import Actor
from linli.kernel.places.tree import tree
from linli.kernel.registers.models import Change, Item

Data = Mapping[str, Any]


def register_of(pack: str, key: str) -> Register:
    """The declaration of a register. Raises Refusal ``registers.unknown``."""
    declared = editions.current(pack).registers.get(key)
    if declared is None:
        raise Refusal("registers.unknown", kind="missing", register=key)
    return declared


def _require(actor: Actor, declared: Register, path: str) -> str:
    """As what somebody may change items here. Raises Refusal ``registers.not_yours``."""
    if actor.kind == "system":
        return "system"
    for held in actor.roles_at(path):
        if held.role in declared.by:
            return held.role
    raise Refusal(
        "registers.not_yours", kind="forbidden", register=declared.text.zh, register_en=declared.text.en
    )


def _fits(field: RegisterField, value: Any) -> bool:
    if field.type == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if field.type == "flag":
        return isinstance(value, bool)
    if field.type == "list":
        return isinstance(value, list)
    if field.type == "spot":
        return isinstance(value, list) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value)
    return isinstance(value, str)


def checked(declared: Register, data: Data) -> dict[str, Any]:
    """The data if every field fits its declaration. Raises Refusal ``registers.field`` naming the first that does not."""
    known = {field.key: field for field in declared.fields}
    for key in data:
        if key not in known:
            raise Refusal("registers.field", field=key, name=key)
    for field in declared.fields:
        value = data.get(field.key)
        if value is None and field.optional:
            continue
        if value is None or not _fits(field, value):
            raise Refusal("registers.field", field=field.key, name=field.text.zh, name_en=field.text.en)
    return {key: value for key, value in data.items() if value is not None}


def keep(actor: Actor, pack: str, register: str, place_id: int, data: Data) -> Item:
    """Put a new item in a register, at a place the actor's post reaches."""
    declared, node = register_of(pack, register), tree().place(place_id)
    role, fields = _require(actor, declared, node.path), checked(declared, data)
    now = moment.now()
    with store.acting():
        item = Item(
            pack=pack, register=register, place_id=place_id, path=node.path, data=fields, changed_at=now
        )
        item.save(force_insert=True)
        _version(item, actor, role, "made", now)
    return item


def change(actor: Actor, item_id: int, data: Data, why: str = "changed") -> Item:
    """Give an item new values for some fields; the others stay."""
    with store.acting():
        item = _locked(item_id)
        declared = register_of(item.pack, item.register)
        role = _require(actor, declared, item.path)
        item.data = checked(declared, {**item.data, **data})
        _version(item, actor, role, why, moment.now())
    return item


def close(actor: Actor, item_id: int) -> Item:
    """It is no longer there. Its history stays."""
    with store.acting():
        item = _locked(item_id)
        role = _require(actor, register_of(item.pack, item.register), item.path)
        item.closed_at = moment.now()
        _version(item, actor, role, "closed", item.closed_at)
    return item


def _locked(item_id: int) -> Item:
    rows = Item.objects.select_for_update() if connection.vendor == "postgresql" else Item.objects.all()
    item = rows.filter(pk=item_id, closed_at=None).first()
    if item is None:
        raise Refusal("registers.missing", kind="missing")
    return item


def _version(item: Item, actor: Actor, role: str, why: str, at: datetime) -> None:
    item.version += 1
    item.changed_at = at
    item.save()
    row = Change(
        item=item, version=item.version, why=why, data=item.data, by_id=actor.person_id, role=role, at=at
    )
    row.save(force_insert=True)
    digest = hashlib.sha256(json.dumps(item.data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    body = {
        "pack": item.pack, "register": item.register, "place": ids.text(item.place_id), "path": item.path, "why": why, "data": digest,
        "by": None if actor.person_id is None else ids.text(actor.person_id), "role": role, "at": int(at.timestamp()),
        "closed": item.closed_at is not None,
    }  # fmt: skip
    append.commit("register.change", f"item:{ids.text(item.id)}", item.version, body)
