"""A small invented district to try people in: two communities with their grids, and a place whose id begins like another's."""

from __future__ import annotations

from datetime import datetime

from linli.kernel import moment
from linli.kernel.people import accounts, acts
from linli.kernel.people.actors import SYSTEM, Actor, actor_of
from linli.kernel.places import epochs
from linli.kernel.places.models import Place, PlaceVersion, Survey

BEGAN = datetime(2026, 1, 1, tzinfo=moment.SHANGHAI)
TREE = {
    # id: (parent, level, name)
    1: (None, "district", "柳川区"),
    2: (1, "street", "槐树街道"),
    5: (2, "community", "清和社区"),
    52: (2, "community", "东里社区"),
    50: (5, "compound", "清和园"),
    51: (5, "compound", "杏花苑"),
    501: (50, "micro_grid", "清和 01"),
    502: (50, "micro_grid", "清和 02"),
    521: (52, "micro_grid", "东里 01"),
}


def build() -> None:
    """Put the places in the store, since the beginning of 2026."""
    survey = Survey.objects.create(made_at=BEGAN, valid_from=BEGAN, digest="0" * 64)
    for place_id, (parent, level, name) in TREE.items():
        Place.objects.create(id=place_id, code=f"99{place_id:06d}", level=level)
        PlaceVersion.objects.create(
            place_id=place_id,
            survey=survey,
            name=name,
            parent_id=parent,
            path=path(place_id),
            digest=f"{place_id:064d}",
            valid_from=BEGAN,
        )
    epochs.forget()


def path(place_id: int) -> str:
    """``/1/2/5/`` of the community with id 5."""
    parent = TREE[place_id][0]
    return (path(parent) if parent else "/") + f"{place_id}/"


def local(text: str) -> datetime:
    """``"2026-03-04 03:00"`` in the town's own time."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=moment.SHANGHAI)


def person(
    login: str, role: str | None = None, place_id: int = 1, *, unit_id: int | None = None, **more: object
) -> int:
    """Somebody of staff, by default since the beginning of 2026."""
    with moment.at(BEGAN):
        person_id = accounts.add_person(SYSTEM, login, f"{login} 的名字", **more)  # type: ignore[arg-type]
        if role is not None:
            acts.appoint(SYSTEM, person_id, role, place_id, unit_id=unit_id)
    return person_id


def actor(person_id: int) -> Actor:
    return actor_of(person_id)
