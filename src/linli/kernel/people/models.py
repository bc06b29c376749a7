"""Who people are, what they hold where, and who stands in for them. Rows are written by ``acts`` only.

Nothing here is ever deleted: a role that ended keeps its ``until``, so that an old matter still shows the
holder of its day. Times are UTC and aware; a period runs from ``since`` (included) to ``until`` (not
included; null is open).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from linli.kernel import moment
from linli.kernel.ids import new_id
from linli.kernel.people.devices import Authenticator, RecoveryCode, RecoverySet

__all__ = [
    "AccessLog", "Assignment", "Authenticator", "Consent", "Generation", "Leave", "Person", "RecoveryCode", "RecoverySet", "Roster",
    "Session", "Turn", "Unit",
]  # fmt: skip


class People(BaseUserManager["Person"]):
    """Finds a person by login, whatever the case it was typed in."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(login=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody with an account. A resident needs none to report."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    login = models.CharField(max_length=64, unique=True)  # lower case
    name = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=8)  # staff | resident
    phone_sealed = models.BinaryField(null=True)
    phone_lookup = models.BinaryField(
        null=True, db_index=True
    )  # keyed hash: finds a number without opening it
    email_sealed = models.BinaryField(null=True)
    lang = models.CharField(max_length=2, default="zh")  # zh | en
    is_active = models.BooleanField(default=True)
    must_change = models.BooleanField(default=False)  # the password was set by somebody else
    created = models.DateTimeField(default=moment.now)
    erased = models.DateTimeField(null=True)
    seq = models.PositiveIntegerField(default=0)  # ledger entries about this person so far

    objects = People()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "people_person"

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is theirs. Unlike Django's, it never rewrites the stored hash on the way: that would be a change without an act."""
        return check_password(raw_password, self.password)

    @property
    def is_staff_member(self) -> bool:
        return self.kind == "staff"

    def __str__(self) -> str:
        return self.login


class Unit(models.Model):
    """An organisation that can be dispatched to or summoned: a department, a property company."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)  # heating, water, power, gas, property, police …
    place = models.ForeignKey(
        "places.Place", models.PROTECT, related_name="+"
    )  # what it serves, and all below
    phone = models.CharField(max_length=40, blank=True)  # a published office number
    closed = models.DateTimeField(null=True)
    seq = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "people_unit"

    def __str__(self) -> str:
        return self.code


class Assignment(models.Model):
    """A role held by a person at a place (for a unit, where the role is one), from–to."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    person = models.ForeignKey(Person, models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=40)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="assignments")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_assignment"
        indexes = [models.Index(fields=["role", "place"], name="people_assignment_role")]


class Roster(models.Model):
    """Who is on duty when, for one role at one place (and unit). A changed roster is a new row; the old one
    gets ``until``.

    ``stands_in``: whoever is on duty here answers for the posts below that have nobody awake.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id)
    role = models.CharField(max_length=40)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    stands_in = models.BooleanField(default=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_roster"


class Turn(models.Model):
    """One shift of a roster, on one date or on every such weekday. Minutes after local midnight of the day it
    begins; ``end`` greater than 1440, or not greater than ``start``, ends on the day after."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    roster = models.ForeignKey(Roster, models.PROTECT, related_name="turns")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField(null=True)  # 0 = Monday
    date = models.DateField(null=True)  # a turn by date goes before those by weekday on that day
    start = models.PositiveSmallIntegerField()
    end = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "people_turn"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekday__isnull=True, date__isnull=False)
                | models.Q(weekday__isnull=False, date__isnull=True),
                name="people_turn_one_day",
            )
        ]


class Leave(models.Model):
    """A person away, and who stands in. The deputy holds every role of the absent person meanwhile."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    person = models.ForeignKey(Person, models.PROTECT, related_name="leaves")
    deputy = models.ForeignKey(Person, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "people_leave"


class Consent(models.Model):
    """What a person agreed to: which purpose, which version of the notice, and when it was taken back."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    person = models.ForeignKey(Person, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    given = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_consent"


class AccessLog(models.Model):
    """Somebody looked at sealed words: who, at what, about which matter or person, and why. The ledger holds the ids and a salted
    commitment to the whole row; ``why`` and ``salt`` go when the time of the row is over."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    person_id = models.BigIntegerField(
        null=True, db_index=True
    )  # null: the program itself, to deliver a notice
    actor = models.CharField(max_length=8)  # kind of the actor
    roles = models.CharField(max_length=200, blank=True)
    what = models.CharField(max_length=60)
    matter_id = models.BigIntegerField(null=True, db_index=True)
    about_id = models.BigIntegerField(null=True, db_index=True)  # the person whose account was looked at
    about_key = models.BinaryField(null=True)  # the number asked for, as its keyed hash
    why = models.CharField(max_length=300)
    salt = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "people_access_log"
        indexes = [
            models.Index(
                fields=["about_key"], name="access_log_number", condition=models.Q(about_key__isnull=False)
            )
        ]


class Generation(models.Model):
    """One row whose ``mark`` changes with every change of who answers for what; duty snapshots are kept by
    it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.BigIntegerField(default=0)

    class Meta:
        db_table = "people_generation"


class Session(AbstractBaseSession):
    """A signed-in browser, with whose it is, so that a person can see and end their own."""

    person_id = models.BigIntegerField(null=True, db_index=True)
    device = models.CharField(max_length=120, blank=True)
    began = models.DateTimeField(default=moment.now)
    seen = models.DateTimeField(default=moment.now)

    class Meta:
        db_table = "people_session"

    @classmethod
    def get_session_store_class(cls):  # type: ignore[no-untyped-def]
        from linli.kernel.people.sessions import SessionStore

        return SessionStore
