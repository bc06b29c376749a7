"""Who stands where: the posts of a piece of ground as whoever keeps them sees them. Reads memory, but for accounts without a post."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.people import duty, posts, reads, rights, snapshot
from linli.kernel.people.actors import Actor
from linli.kernel.people.duty import Holding
from linli.kernel.people.models import Person
from linli.kernel.people.snapshot import Away, Post, Snapshot
from linli.kernel.places.tree import Node, tree

WIDE = ("district", "street")  # levels whose places below are looked at one by one


@dataclass(frozen=True, slots=True)
class PostLine:
    """One post. ``rostered``: its hours are those of a roster at its place, and ``on_duty`` says whether now is one of theirs.
    ``away`` is the leave that runs now and ``deputy`` the name of whoever is really there; ``then`` is who takes over at ``until``."""

    assignment_id: int
    person_id: int
    name: str
    role: str
    place_id: int
    unit_id: int | None
    since: datetime
    until: datetime | None
    coming: bool
    rostered: bool
    on_duty: bool
    away: Away | None
    deputy: str
    then: str


@dataclass(frozen=True, slots=True)
class Spot:
    """One place. ``role`` is the post that answers for such a place, where there is one; ``vacant``: nobody holds it here;
    ``answers`` is who answers for it at this moment, from wherever."""

    node: Node
    role: str
    vacant: bool
    answers: Holding | None
    posts: tuple[PostLine, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be named: who, and what they hold first; no role where they hold nothing yet."""

    person_id: int
    login: str
    name: str
    role: str = ""
    place_id: int | None = None


def roles_kept(by: Actor, path: str) -> tuple[str, ...]:
    """The staff roles that the actor may give there, those kept from nearby first."""
    near = dict.fromkeys(role for held in by.roles_at(path) for role in posts.keeps(held.role))
    declared = [key for key, role in posts.declared().items() if role.staff]
    every = [key for key in (*near, *declared) if key in posts.declared()]
    return tuple(role for role in dict.fromkeys(every) if rights.may_keep_post(by, role, path))


def grounds(by: Actor) -> tuple[Node, ...]:
    """The places where the actor keeps people: each where they hold a role that keeps others, or keep everything; none inside another."""
    keeping = [held.path for held in by.roles if held.role == posts.ADMIN or posts.keeps(held.role)]
    kept: list[str] = []
    for path in sorted(set(keeping)):
        if not any(path.startswith(above) for above in kept):
            kept.append(path)
    nodes = (tree().get(int(path.strip("/").split("/")[-1])) for path in kept)
    return tuple(node for node in nodes if node is not None)


def place_kept(by: Actor, place_id: int) -> Node:
    """The place, if the actor keeps people there. Refusal ``places.unknown`` otherwise: what is not theirs looks like nothing."""
    node = tree().get(place_id)
    if node is None or not any(node.path.startswith(ground.path) for ground in grounds(by)):
        raise Refusal("places.unknown", kind="missing")
    return node


def answering_role(level: str) -> str:
    """The role that answers for a place of that level: of those a role of a higher level keeps, the first named. Empty for none."""
    for keeper in posts.declared().values():
        for key in keeper.keeps:
            known = posts.role(key)
            if known is not None and known.level == level != keeper.level:
                return key
    return ""


def below(node: Node) -> Iterator[Node]:
    """The place and, from a community down, everything below it but buildings, each compound followed by its grids."""
    yield node
    if node.level in WIDE:
        return
    for child in sorted(tree().children(node.id), key=lambda each: each.code):
        if child.level != "building":
            yield from below(child)


def spot(node: Node, roles: tuple[str, ...], at: datetime | None = None) -> Spot:
    """The posts of these roles held at the place itself, now or from a day to come."""
    at = at or moment.now()
    snap = snapshot.current()
    role = answering_role(node.level)
    order = sorted(roles, key=lambda each: each != role)  # whoever answers for the place comes first
    lines = [line for each in order for line in _lines(snap, each, node, at)]
    held = any(post.held_at(at) for post in snap.posts.get((role, node.id), ()))
    answers = duty.holder(role, node.path, at) if role else None
    return Spot(node, role, bool(role) and not held, answers, tuple(lines))


def _lines(snap: Snapshot, role: str, node: Node, at: datetime) -> Iterator[PostLine]:
    here = snap.posts.get((role, node.id), ())
    for post in here:
        if not _lasting(post, at):
            continue
        yield line_of(snap, post, at, _then(snap, post, here))


def _lasting(post: Post, at: datetime) -> bool:
    """Held now or to come; one that was taken back before it began is neither."""
    return post.until is None or (post.until > at and post.until > post.since)


def _then(snap: Snapshot, post: Post, here: list[Post] | tuple[Post, ...]) -> str:
    """The name of whoever begins at the moment this one ends."""
    following = [p for p in here if p.since == post.until and p.person_id != post.person_id]
    names = [snap.people[p.person_id].name for p in following if p.until is None or p.until > p.since]
    return names[0] if names else ""


def line_of(snap: Snapshot, post: Post, at: datetime, then: str = "") -> PostLine:
    known = snap.people.get(post.person_id)
    away = next((a for a in snap.away.get(post.person_id, ()) if a.since <= at < a.until), None)
    there = duty.stand_in(snap, post.person_id, at) if away else None
    kept = [w for w in snap.watches.get(post.place_id, ()) if w.role == post.role and w.valid_at(at)]
    watches = [w for w in kept if w.unit_id == post.unit_id]
    return PostLine(
        post.id,
        post.person_id,
        known.name if known else "",
        post.role,
        post.place_id,
        post.unit_id,
        post.since,
        post.until,
        post.since > at,
        bool(watches),
        any(post.person_id in duty.on_shift(watch, at) for watch in watches),
        away,
        duty.name_of(there),
        then,
    )


def posts_of(person_id: int, at: datetime | None = None) -> tuple[PostLine, ...]:
    """Everything that person holds themself, now or from a day to come."""
    at = at or moment.now()
    snap, found = snapshot.current(), []
    for post in snap.posts_of.get(person_id, ()):
        if _lasting(post, at):
            here = snap.posts.get((post.role, post.place_id), [])
            found.append(line_of(snap, post, at, _then(snap, post, here)))
    return tuple(found)


def person_kept(by: Actor, person_id: int) -> Person:
    """The member of staff, if the actor keeps a post of theirs (administrators: any). Refusal ``people.unknown`` otherwise."""
    person = Person.objects.filter(id=person_id, kind="staff", erased=None).first()
    if person is None or not (by.holds(posts.ADMIN) or any(kept(by, line) for line in posts_of(person_id))):
        raise Refusal("people.unknown", kind="missing")
    return person


def kept(by: Actor, line: PostLine) -> bool:
    """Whether the actor may hand this post over or end it."""
    node = tree().get(line.place_id)
    return node is not None and rights.may_keep_post(by, line.role, node.path)


def around(place_ids: tuple[int, ...], but: int | None = None) -> tuple[Candidate, ...]:
    """Those who hold something for the grid itself in the communities these places lie in (or just above, outside any), each once, those
    of the lowest places first. ``but`` is left out."""
    ground, found = tree(), dict[int, Candidate]()
    for place_id in place_ids:
        node = ground.get(place_id)
        if node is None:
            continue
        wide = ground.up_to(place_id, "community") or ground.get(node.parent_id) or node
        for one in reads.everybody(wide.path):
            declared = posts.role(one.role)
            if one.person_id != but and one.unit_id is None and declared is not None and declared.staff:
                found.setdefault(
                    one.person_id, Candidate(one.person_id, one.login, one.name, one.role, one.place_id)
                )
    return tuple(found.values())


def without_post(limit: int = 100) -> tuple[Candidate, ...]:
    """Staff accounts in use that hold nothing, the newest first: those who are just beginning."""
    snap, now = snapshot.current(), moment.now()
    holding = {who for who, held in snap.posts_of.items() if any(_lasting(post, now) for post in held)}
    rows = Person.objects.filter(kind="staff", is_active=True, erased=None).order_by("-created")
    found = (Candidate(row.id, row.login, row.name) for row in rows.iterator() if row.id not in holding)
    return tuple(one for one, _ in zip(found, range(limit), strict=False))


def eligible(
    role: str, node: Node, at: datetime | None = None, *, unit_id: int | None = None
) -> tuple[Candidate, ...]:
    """Who may stand on a roster of that role at that place: its holders there and above, those of one organisation or those of none."""
    at = at or moment.now()
    snap, found = snapshot.current(), dict[int, Candidate]()
    for each in tree().chain(node.id):
        for post in snap.posts.get((role, each.id), ()):
            known = snap.people.get(post.person_id)
            if known is not None and post.unit_id == unit_id and post.held_at(at):
                found.setdefault(
                    post.person_id, Candidate(post.person_id, known.login, known.name, role, each.id)
                )
    return tuple(found.values())


def units_at(by: Actor, node: Node) -> tuple[snapshot.Unit, ...]:
    """The organisations that serve the place, for whoever may give posts of organisations there."""
    for role in roles_kept(by, node.path):
        declared = posts.role(role)
        if declared is not None and declared.unit:
            return tuple(duty.units(node.path))
    return ()


def roster_at(
    role: str, node: Node, at: datetime | None = None, *, unit_id: int | None = None
) -> snapshot.Watch | None:
    """The roster of that role kept at the place itself, for one organisation or for the grid."""
    at = at or moment.now()
    for watch in snapshot.current().watches.get(node.id, ()):
        if watch.role == role and watch.unit_id == unit_id and watch.valid_at(at):
            return watch
    return None


def rostered_for(role: str, node: Node, at: datetime | None = None) -> tuple[int | None, ...]:
    """For whom a roster of that role may be kept at that place: the grid itself (None); where it is a role of organisations, those for which
    somebody holds it there or a roster is kept."""
    declared = posts.role(role)
    if declared is None or not declared.unit:
        return (None,)
    at, snap = at or moment.now(), snapshot.current()
    held = {post.unit_id for post in snap.posts.get((role, node.id), ()) if post.held_at(at)}
    kept = {w.unit_id for w in snap.watches.get(node.id, ()) if w.role == role and w.valid_at(at)}
    units = [snap.units[unit_id] for unit_id in held | kept if unit_id is not None]
    return tuple(unit.id for unit in sorted(units, key=lambda unit: unit.code))
