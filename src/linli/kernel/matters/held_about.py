"""What matters hold about one person: whoever has an account, or whoever holds a secret link and is known by nothing else.

A reader of one's own data, nothing more: whoever calls has made sure that the asker is the one concerned (``subject_of``), or acts for the
office with a reason (``notices.rights``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters.listing import title_of
from linli.kernel.matters.models import Call, Contact, Contribution, Evidence, Key, Matter, Step, Words
from linli.kernel.packspec import editions
from linli.kernel.people import sealed
from linli.kernel.people.actors import Actor

REPORTER = "reporter"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data it is about: an account with all it reported, or what one secret link opens."""

    person_id: int | None = None
    contact_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Something they wrote, and when."""

    step_id: int
    field: str
    text: str
    at: datetime
    erased: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A telephone call that became this matter."""

    id: int
    at: datetime
    phone: str


@dataclass(frozen=True, slots=True)
class OfMatter:
    """All that one matter holds about them. ``waits``: they asked for it to go as soon as the matter has ended."""

    contact_id: int
    matter_id: int
    number: str
    title: str
    part: str
    opened_at: datetime
    ended_at: datetime | None
    waits: datetime | None
    erased_at: datetime | None
    name: str
    phone: str
    room: str
    address: str
    said: tuple[Said, ...]
    photos: tuple[int, ...]
    calls: tuple[Called, ...]
    answers: int

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def pieces(self) -> int:
        """How many things there are that erasing would take away."""
        fields = sum(bool(each) for each in (self.name, self.phone, self.room))
        said = sum(not each.erased for each in self.said)
        return fields + said + len(self.photos) + len(self.calls) + (self.erased_at is None)


def subject_of(actor: Actor) -> Subject:
    """Whose data the actor may see as their own. A link that does not say whose it is opens nobody's: Refusal ``rights.link``."""
    if actor.kind == "person" and actor.person_id is not None:
        mine = Contact.objects.filter(person_id=actor.person_id, matter__found=False)
        return Subject(actor.person_id, tuple(mine.order_by("id").values_list("id", flat=True)))
    if actor.kind == "link" and actor.contact_id is not None:
        return Subject(None, with_copies(actor.contact_id))
    raise Refusal("rights.link", kind="forbidden")


def with_copies(contact_id: int) -> tuple[int, ...]:
    """A contact and its copies in the parts that were split off its matter. A copy bears the first bytes of the link it came from."""
    first = Contact.objects.filter(pk=contact_id).first()
    if first is None:
        raise Refusal("matter.missing", kind="missing")
    found, parents = [first.id], [first.matter_id]
    while parents and first.part == REPORTER:
        rows = Contact.objects.filter(matter__parent_id__in=parents, part=REPORTER)
        copies = [row for row in rows if bytes(row.token_key)[:24] == bytes(first.token_key)[:24]]
        found += [row.id for row in copies]
        parents = [row.matter_id for row in copies]
    return tuple(found)


def steps_of(contact: Contact) -> list[Step]:
    """The steps of its matter in which this person spoke. Of the reporter: the report itself, and what was said by link; of one who joined:
    what they said in joining; of both: what they did signed in."""
    steps = list(Step.objects.filter(matter_id=contact.matter_id).order_by("seq"))
    joined = set(Contribution.objects.filter(contact_id=contact.id).values_list("at", flat=True))
    return [step for step in steps if _theirs(step, contact, joined)]


def _theirs(step: Step, contact: Contact, joined: set[datetime]) -> bool:
    if step.act == "open":
        return contact.part == REPORTER
    if step.actor_kind == "person":
        return step.actor_id is not None and step.actor_id == contact.person_id and not step.role
    if step.actor_kind not in ("link", "public"):
        return False
    whose = step.facts.get("contact")
    if whose is not None:
        return bool(whose == ids.text(contact.id))
    if step.does == "me_too":
        return step.at in joined
    return contact.part == REPORTER


def _said(steps: Sequence[Step]) -> tuple[Said, ...]:
    at = {step.id: step.at for step in steps}
    rows = Words.objects.filter(step_id__in=at).order_by("id")
    return tuple(Said(row.step_id, row.field, row.text, at[row.step_id], bool(row.erased_at)) for row in rows)


def calls_of(contact: Contact) -> list[Call]:
    """The calls that became this matter, as far as they are this person's."""
    rows = Call.objects.filter(matter_id=contact.matter_id).filter(
        Q(phone__isnull=False) | Q(draft__isnull=False)
    )
    if contact.part != REPORTER:
        rows = rows.filter(phone_key__isnull=False, phone_key=contact.phone_key)
    return list(rows.order_by("id"))


def keys_of(steps: Iterable[Step]) -> list[Key]:
    """Answers kept for requests sent twice, of these steps."""
    return list(Key.objects.filter(step_id__in=[step.id for step in steps], answer__isnull=False))


def _open(sealed_text: bytes | memoryview | None) -> str:
    return sealed.unseal(sealed_text) if sealed_text else ""


def of_contact(contact: Contact, lang: str) -> OfMatter:
    """What one matter holds about one person."""
    matter: Matter = contact.matter
    steps = steps_of(contact)
    photos = Evidence.objects.filter(step_id__in=[step.id for step in steps], erased_at=None).order_by("id")
    title = title_of(editions.edition(matter.edition), matter.kind, matter.condition, lang)
    return OfMatter(
        contact.id, matter.id, matter.number, title, contact.part, matter.opened_at, matter.ended_at, contact.keep_until, contact.erased_at,
        _open(contact.name), _open(contact.phone), _open(contact.room), matter.address if contact.part == REPORTER else "", _said(steps),
        tuple(photos.values_list("id", flat=True)),
        tuple(Called(call.id, call.started_at, _open(call.phone)) for call in calls_of(contact)), len(keys_of(steps)),
    )  # fmt: skip


def held(subject: Subject, lang: str) -> tuple[OfMatter, ...]:
    """What every matter holds about this person, the newest first."""
    rows = Contact.objects.filter(pk__in=subject.contact_ids).select_related("matter").order_by("-at", "-id")
    return tuple(of_contact(row, lang) for row in rows)


def matters_reported(subject: Subject) -> tuple[int, ...]:
    """The matters whose reporter this person is: a look at a reporter is a look at them."""
    rows = Contact.objects.filter(pk__in=subject.contact_ids, part=REPORTER)
    return tuple(rows.values_list("matter_id", flat=True))


def numbers(subject: Subject) -> tuple[bytes, ...]:
    """Their numbers as keyed hashes: a search for the number is a look at them."""
    rows = Contact.objects.filter(pk__in=subject.contact_ids, phone_key__isnull=False)
    return tuple({bytes(key) for key in rows.values_list("phone_key", flat=True) if key})
