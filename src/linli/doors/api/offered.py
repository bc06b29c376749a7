"""A service as it is offered to programs: its form, kinds and promises."""

from __future__ import annotations

from typing import Any

from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import FieldSpec, Kind, Pack


def packs_for(*roles: str) -> list[Pack]:
    """The services that somebody with one of these roles may open; those for residents are for everybody."""
    known = [pack for _, pack in sorted(editions.all_current().items()) if not pack.library]
    return [pack for pack in known if "resident" in pack.opened_by or set(roles) & set(pack.opened_by)]


def service_of(pack: Pack) -> dict[str, Any]:
    """One pack in the shape of ``shapes.Service``."""
    return {
        "key": pack.key, "edition": pack.digest, "name": pack.name, "summary": pack.summary, "icon": pack.icon,
        "opened_by": pack.opened_by, "form": [_field(each) for each in pack.form], "groups": pack.groups,
        "kinds": [_kind(each) for each in pack.kinds.values()], "grades": pack.grades,
        "promises": [
            {"key": clock.key, "text": clock.text, "limits": {key: str(limit) for key, limit in clock.limits.items()}}
            for clock in pack.clocks.values()
        ],
    }  # fmt: skip


def _kind(kind: Kind) -> dict[str, Any]:
    return {
        "key": kind.key, "text": kind.text, "group": kind.group, "icon": kind.icon, "area_only": kind.area_only,
        "conditions": kind.conditions,
    }  # fmt: skip


def _field(field: FieldSpec) -> dict[str, Any]:
    return {name: getattr(field, name) for name in (
        "key", "type", "text", "hint", "optional", "max", "choices", "when", "purpose", "keep_days", "personal",
    )}  # fmt: skip
