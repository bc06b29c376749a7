"""Are authenticators and recovery codes those that were enrolled? Every difference, by table, row and field. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

from linli.kernel import ids
from linli.kernel.ledger.audit import Difference
from linli.kernel.ledger.models import Entry
from linli.kernel.people import second_factor
from linli.kernel.people.devices import Authenticator, RecoveryCode, RecoverySet
from linli.kernel.people.models import Person

AUTHENTICATORS, CODES = Authenticator._meta.db_table, RecoveryCode._meta.db_table


def differences() -> Iterator[Difference]:
    """Everything that differs. An authenticator still being set up counts for nothing, and is not looked at."""
    told = _told()
    people = set(told) | set(
        chain(
            Authenticator.objects.filter(confirmed=True).values_list("user_id", flat=True),
            RecoverySet.objects.values_list("user_id", flat=True),
        )
    )
    erased = set(Person.objects.filter(erased__isnull=False).values_list("id", flat=True))
    for person in sorted(people):
        said = None if person in erased else told.get(person)
        yield from _nothing(person) if said is None else _as_enrolled(person, *said)


def _told() -> dict[int, tuple[dict[str, str], int]]:
    """Who has enrolled last and not had it taken away: what the entry says, and how many codes were used since."""
    found: dict[int, tuple[dict[str, str], int]] = {}
    entries = Entry.objects.filter(kind="people.second_factor").order_by("subject", "seq")
    for subject, text in entries.values_list("subject", "body"):
        person, body = ids.parse(subject.partition(":")[2]), json.loads(text)
        if body["did"] == "enrolled":
            found[person] = body, 0
        elif body["did"] == "used_code" and person in found:
            said, used = found[person]
            found[person] = said, used + 1
        elif body["did"] == "reset":
            found.pop(person, None)
    return found


def _nothing(person: int) -> Iterator[Difference]:
    for device in Authenticator.objects.filter(user_id=person, confirmed=True):
        yield Difference(AUTHENTICATORS, str(device.pk), "row", "no enrolment", "present")
    for device in RecoverySet.objects.filter(user_id=person):
        yield Difference(RecoverySet._meta.db_table, str(device.pk), "row", "no enrolment", "present")


def _as_enrolled(person: int, said: dict[str, str], used: int) -> Iterator[Difference]:
    name, found = ids.text(person), second_factor.marks_of(person)
    if "authenticator" not in said:  # enrolled by an earlier program, which put less on record
        if not second_factor.enrolled(person):
            yield Difference(AUTHENTICATORS, f"of person {name}", "row", "present", "missing")
        return
    if found["authenticator"] != said["authenticator"]:
        yield Difference(
            AUTHENTICATORS,
            f"of person {name}",
            "rows (keyed hash)",
            said["authenticator"],
            found["authenticator"],
        )
    given, left = said["codes"].split(), found["codes"].split()
    for code in left:
        if code not in given:
            yield Difference(CODES, f"of person {name}", "row (keyed hash)", "a code that was given", code)
    if len(left) != len(given) - used:
        yield Difference(CODES, f"of person {name}", "rows", str(len(given) - used), str(len(left)))
    if RecoverySet.objects.filter(user_id=person).count() != 1:
        yield Difference(RecoverySet._meta.db_table, f"of person {name}", "rows", "1", "another number")
