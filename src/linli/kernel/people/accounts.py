"""Acts on accounts: making, changing, closing and erasing them. Each is one transaction with its ledger entry."""

from __future__ import annotations

import re
import string

from django.contrib.auth.hashers import make_password
from django.db.models import F

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.people import erasures, passwords, posts, record, sealed, second_factor, traces
from linli.kernel.people.actors import PUBLIC, Actor
from linli.kernel.people.models import AccessLog, Assignment, Consent, Leave, Person, Session
from linli.kernel.people.rights import require_admin, require_self_or_admin
from linli.kernel.people.snapshot import changing
from linli.kernel.store import acting

_LOGIN = re.compile(rf"[{string.ascii_lowercase}0-9][{string.ascii_lowercase}0-9._-]{{2,63}}")


def _fresh_login(login: str) -> str:
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise Refusal("people.login_form", field="login")
    if Person.objects.filter(login=login).exists():
        raise Refusal("people.login_taken", kind="conflict", field="login", login=login)
    return login


def _phone(phone: str) -> dict[str, bytes | None]:
    if not phone.strip():
        return {"phone_sealed": None, "phone_lookup": None}
    if not 7 <= len(sealed.digits(phone)) <= 15:
        raise Refusal("people.phone_form", field="phone")
    return {"phone_sealed": sealed.seal(sealed.digits(phone)), "phone_lookup": sealed.lookup(phone)}


def _email(email: str) -> bytes | None:
    return sealed.seal(email.strip()) if email.strip() else None


def account(person_id: int) -> Person:
    """The account, open or closed. Refusal ``people.unknown``, and ``people.erased`` once its words are gone."""
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise Refusal("people.unknown", kind="missing")
    if person.erased:
        raise Refusal("people.erased", kind="conflict")
    return person


def add_person(
    by: Actor,
    login: str,
    name: str,
    *,
    password: str | None = None,
    phone: str = "",
    email: str = "",
    lang: str = "zh",
) -> int:
    """A staff account, holding nothing yet. A password given here is somebody else's idea and must be changed at the first
    sign-in; without one nobody can sign in until it is set. Returns the person's id."""
    require_admin(by)
    return _make(by, login, name, "staff", password, phone, email, lang, must_change=password is not None)


def register_resident(login: str, password: str, name: str = "", *, phone: str = "", lang: str = "zh") -> int:
    """A resident makes an account for themself. Returns the person's id."""
    return _make(PUBLIC, login, name, "resident", password, phone, "", lang, must_change=False)


def _make(
    by: Actor,
    login: str,
    name: str,
    kind: str,
    password: str | None,
    phone: str,
    email: str,
    lang: str,
    *,
    must_change: bool,
) -> int:
    if kind == "staff" and not name.strip():
        raise Refusal("people.name_needed", field="name")
    if password is not None:
        passwords.require(password, login.strip().lower(), kind)
    person_id = ids.new_id()
    hashed = make_password(password)  # slow on purpose: before the transaction begins
    with changing():
        Person.objects.create(
            id=person_id,
            login=_fresh_login(login),
            name=name.strip()[:80],
            kind=kind,
            password=hashed,
            must_change=must_change,
            lang="en" if lang.startswith("en") else "zh",
            email_sealed=_email(email),
            **_phone(phone),
        )
        record.about_person("account", person_id, by, did="made", kind=kind)
    return person_id


def change_password(person_id: int, old: str, new: str, *, keep_session: str | None = None) -> None:
    """Somebody changes their own password; every session but ``keep_session`` ends."""
    person = account(person_id)
    if not person.check_password(old):
        raise Refusal("people.password_wrong", field="old")
    passwords.require(new, person.login, person.kind)
    _write_password(Actor(person_id, "person"), person_id, new, must_change=False, keep_session=keep_session)


def reset_password(by: Actor, person_id: int, new: str) -> None:
    """An administrator sets a password that its owner must change at once. All their sessions end."""
    require_admin(by)
    person = account(person_id)
    passwords.require(new, person.login, person.kind)
    _write_password(by, person_id, new, must_change=True, keep_session=None)


def _write_password(
    by: Actor, person_id: int, new: str, *, must_change: bool, keep_session: str | None
) -> None:
    hashed = make_password(new)
    with acting():
        Person.objects.filter(id=person_id).update(password=hashed, must_change=must_change)
        Session.objects.filter(person_id=person_id).exclude(session_key=keep_session).delete()
        record.about_person("account", person_id, by, did="password")


def change_details(
    by: Actor,
    person_id: int,
    *,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    lang: str | None = None,
) -> None:
    """Change what is given and leave the rest. One's own account, or an administrator's doing."""
    require_self_or_admin(by, person_id)
    person = account(person_id)
    changes: dict[str, object] = {}
    if name is not None:
        if person.kind == "staff" and not name.strip():
            raise Refusal("people.name_needed", field="name")
        changes["name"] = name.strip()[:80]
    if phone is not None:
        changes.update(_phone(phone))
    if email is not None:
        changes["email_sealed"] = _email(email)
    if lang is not None:
        changes["lang"] = "en" if lang.startswith("en") else "zh"
    with changing():
        Person.objects.filter(id=person_id).update(**changes)
        record.about_person("account", person_id, by, did="details")


def _require_free(person_id: int) -> None:
    """An account closes only when nothing hangs on it any more."""
    now = moment.now()
    ours = Assignment.objects.filter(person_id=person_id).exclude(until__lte=now)
    held = ours.exclude(until__lte=F("since")).first()
    if held is not None:
        raise Refusal("people.still_holds", kind="conflict", **posts.called(held.role))
    if Leave.objects.filter(deputy_id=person_id, until__gt=now).exists():
        raise Refusal("people.still_deputy", kind="conflict")


def close_account(by: Actor, person_id: int) -> None:
    """Nobody signs in by it any more. Refused while the person holds a role (hand it over first) or stands in for somebody."""
    require_admin(by)
    account(person_id)
    with changing():
        _require_free(person_id)
        Person.objects.filter(id=person_id).update(is_active=False)
        Session.objects.filter(person_id=person_id).delete()
        record.about_person("account", person_id, by, did="closed")


def reopen_account(by: Actor, person_id: int, new: str) -> None:
    """A closed account is in use again, with a password that its owner must change at once. It holds nothing: posts are given anew. Refusal
    ``people.not_closed``; an erased one stays erased."""
    require_admin(by)
    person = account(person_id)
    passwords.require(new, person.login, person.kind)
    hashed = make_password(new)
    with changing():
        if not Person.objects.filter(id=person_id, is_active=False, erased=None).update(
            is_active=True, password=hashed, must_change=True
        ):
            raise Refusal("people.not_closed", kind="conflict")
        record.about_person("account", person_id, by, did="reopened")


def erase_person(by: Actor, person_id: int) -> None:
    """Remove everything personal and keep the id, so that what they did still adds up. Cannot be undone. The ledger never held
    the words, and still verifies. One's own account, or an administrator's doing; refused while they hold a role."""
    require_self_or_admin(by, person_id)
    login = account(person_id).login
    with erasures.asked(), changing():
        _require_free(person_id)
        erasures.note(persons=[person_id])
        second_factor.remove(person_id)
        traces.forget_attempts(login)
        Person.objects.filter(id=person_id).update(
            login=f"erased-{ids.text(person_id)}",
            name="",
            password=make_password(None),
            phone_sealed=None,
            phone_lookup=None,
            email_sealed=None,
            is_active=False,
            last_login=None,
            erased=moment.now(),
        )
        Session.objects.filter(person_id=person_id).delete()
        AccessLog.objects.filter(person_id=person_id).update(why="", salt=None)
        record.about_person("account", person_id, by, did="erased")


def give_consent(person_id: int, purpose: str, version: str) -> int:
    """Somebody agrees to one purpose as one version of the notice words it. Returns the consent's id; agreeing again to the
    same version changes nothing."""
    account(person_id)
    with acting():
        given = Consent.objects.filter(
            person_id=person_id, purpose=purpose, version=version, withdrawn=None
        ).first()
        if given is not None:
            return given.id
        fresh = Consent.objects.create(
            person_id=person_id, purpose=purpose, version=version, given=moment.now()
        )
        record.entry(
            "consent",
            "consent",
            fresh.id,
            1,
            Actor(person_id, "person"),
            did="given",
            purpose=purpose,
            version=version,
        )
        return fresh.id


def withdraw_consent(person_id: int, purpose: str) -> None:
    """Take it back, every version of it. Refusal ``people.consent_missing`` where none was given."""
    with acting():
        given = list(
            Consent.objects.filter(person_id=person_id, purpose=purpose, withdrawn=None).select_for_update()
        )
        if not given:
            raise Refusal("people.consent_missing", kind="missing")
        Consent.objects.filter(id__in=[one.id for one in given]).update(withdrawn=moment.now())
        for one in given:
            record.entry("consent", "consent", one.id, 2, Actor(person_id, "person"), did="withdrawn")


def end_session(person_id: int, session_key: str) -> None:
    """Sign one's own other browser out. Unknown keys and other people's are passed over in silence."""
    with acting():
        Session.objects.filter(person_id=person_id, session_key=session_key).delete()


def forget_sessions() -> None:
    """Remove the sessions whose time is over. Nothing is told to the ledger: they were worth nothing any more."""
    with acting():
        Session.objects.filter(expire_date__lt=moment.now()).delete()
