"""The roles that the packs in force declare. People knows no role by name but ``admin``, who keeps people and
places."""

from __future__ import annotations

from collections.abc import Mapping

from linli.kernel.packspec.schema import Pack, Role, Text

ADMIN = "admin"
_ADMIN = Role(ADMIN, Text("管理员", "Administrator"), "district", doors=("admin",))


def declared() -> Mapping[str, Role]:
    """Every role by its key. The administrator is always among them: without one nobody could appoint
    anybody."""
    return _in_force()[0]


def role(key: str) -> Role | None:
    return declared().get(key)


def called(key: str) -> dict[str, str]:
    """The role as facts of a refusal, in both languages."""
    known = role(key)
    return {"role": known.text.zh if known else key, "role_en": known.text.en if known else key}


def keeps(key: str) -> tuple[str, ...]:
    """The roles whose posts the holder of that role keeps, at their place and below."""
    known = role(key)
    return known.keeps if known else ()


def needs_second_factor(key: str) -> bool:
    """Whether its holder must prove who they are twice. A role that no pack declares any more is treated as
    if it did."""
    known = role(key)
    return known is None or known.second_factor


def last_rungs() -> frozenset[str]:
    """The roles on which a ladder of some pack ends: where they are held by nobody, a broken promise reaches nobody."""
    return _in_force()[1]


def leading() -> frozenset[str]:
    """The roles that stand on any ladder: those who answer for others."""
    return _in_force()[2]


_Merged = tuple[Mapping[str, Role], frozenset[str], frozenset[str]]
_merged: tuple[Mapping[str, Pack], tuple[str, ...], _Merged] = (
    {},
    (),
    ({ADMIN: _ADMIN}, frozenset(), frozenset()),
)


def _in_force() -> _Merged:
    """Roles, last rungs and all rungs of the packs in force, put together once for each set of editions."""
    global _merged
    from linli.kernel.packspec import editions

    current, kept = editions.all_current(), _merged
    if kept[0] is current:
        return kept[2]
    packs = [pack for _, pack in sorted(current.items())]
    digests, merged = tuple(pack.digest for pack in packs), kept[2]
    if kept[1] != digests:
        roles = {ADMIN: _ADMIN}
        for pack in packs:
            roles.update(pack.roles)
        ladders = [ladder for pack in packs for ladder in pack.ladders.values() if ladder.rungs]
        last = frozenset(ladder.rungs[-1].role for ladder in ladders)
        rungs = frozenset(rung.role for ladder in ladders for rung in ladder.rungs)
        merged = roles, last, rungs
    _merged = current, digests, merged
    return merged
