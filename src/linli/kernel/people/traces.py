"""What signing in leaves behind: attempts with their addresses, sessions, codes. Kept to stop guessing, and no longer than that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from axes.models import AccessAttempt, AccessFailureLog  # type: ignore[import-untyped]
from axes.models import AccessLog as SignInLog
from django.db.models import Q

from linli.kernel.people import sealed
from linli.kernel.people.models import AccessLog, Assignment, Consent, Person, Session
from linli.kernel.store import acting

_TABLES = (AccessAttempt, AccessFailureLog, SignInLog)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is held, opened for its owner."""

    login: str
    name: str
    kind: str
    phone: str
    email: str
    lang: str
    created: datetime
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """One attempt to sign in: when, from which address, with which browser, and whether it was let in."""

    at: datetime
    address: str
    device: str
    let_in: bool


@dataclass(frozen=True, slots=True)
class OfAccount:
    """All that belongs to an account and to nothing else."""

    account: Account
    posts: tuple[tuple[str, int, datetime, datetime | None], ...]
    consents: tuple[tuple[str, str, datetime, datetime | None], ...]
    sessions: tuple[tuple[str, datetime, datetime], ...]
    attempts: tuple[SignIn, ...]


def of_account(person_id: int) -> OfAccount | None:
    """What is held about an account; None once it is erased."""
    person = Person.objects.filter(id=person_id, erased=None).first()
    if person is None:
        return None
    phone, email = (
        sealed.unseal(each) if each else "" for each in (person.phone_sealed, person.email_sealed)
    )
    account = Account(
        person.login, person.name, person.kind, phone, email, person.lang, person.created, person.last_login
    )
    posts = (
        Assignment.objects.filter(person_id=person_id)
        .order_by("since")
        .values_list("role", "place_id", "since", "until")
    )
    consents = (
        Consent.objects.filter(person_id=person_id)
        .order_by("given")
        .values_list("purpose", "version", "given", "withdrawn")
    )
    sessions = (
        Session.objects.filter(person_id=person_id).order_by("began").values_list("device", "began", "seen")
    )
    return OfAccount(account, tuple(posts), tuple(consents), tuple(sessions), attempts_of(person.login))


def attempts_of(login: str) -> tuple[SignIn, ...]:
    """Attempts on this user name that are still remembered, those let in and those refused."""
    rows = [row for table in _TABLES for row in table.objects.filter(username=login)]
    return tuple(
        SignIn(row.attempt_time, row.ip_address or "", row.user_agent, isinstance(row, SignInLog))
        for row in sorted(rows, key=lambda r: r.attempt_time)
    )


def forget_attempts(login: str) -> int:
    """Inside an act: attempts on this user name go."""
    return sum(table.objects.filter(username=login).delete()[0] for table in _TABLES)


def old_attempts(before: datetime) -> list[str]:
    """Forget attempts older than that. Answers what went, as ``table:id``."""
    gone: list[str] = []
    with acting():
        for table in _TABLES:
            found = list(table.objects.filter(attempt_time__lt=before).values_list("id", flat=True))
            for first in range(0, len(found), 500):
                table.objects.filter(id__in=found[first : first + 500]).delete()
            gone += [f"{table.__name__}:{number}" for number in found]
    return gone


def old_sessions(now: datetime) -> list[str]:
    """Sessions whose time is over go. Answers their keys, for the digest of what went."""
    with acting():
        over = Session.objects.filter(expire_date__lt=now)
        keys = list(over.values_list("session_key", flat=True))
        over.delete()
    return keys


def old_looks(before: datetime) -> list[int]:
    """Looks older than that lose their reason, and the salt with it; who looked at what stays. Answers their ids."""
    with acting():
        old = AccessLog.objects.filter(Q(salt__isnull=False) | ~Q(why=""), at__lt=before)
        found = list(old.values_list("id", flat=True)[:5000])
        for first in range(0, len(found), 500):
            AccessLog.objects.filter(id__in=found[first : first + 500]).update(
                why="", salt=None, about_key=None
            )
    return found
