"""What a matter is made of. Only ``acts`` and ``due`` write these rows; everything else reads.

Row layout for the hot path: one report is one row of each of Matter, Step, Contact, Words (only if words were given) and one
multi-row insert of clocks, all with ids made in the process. Personal data stands in Words, Contact and Evidence alone, so that erasing
touches nothing that the ledger commits to.
"""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from linli.kernel.ids import new_id


def number_of(day: date, serial: int) -> str:
    """What people read to each other: month and day, then a serial."""
    return f"{day.month:02d}{day.day:02d}-{serial:04d}"


class Matter(models.Model):
    """One reported thing running its loop, as it stands now. Everything here can be re-derived from its steps."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    day = models.DateField()  # local day of opening; with serial it is the number people read out
    serial = models.IntegerField()
    pack = models.CharField(max_length=32)
    edition = models.CharField(max_length=64)  # digest of the pack it is judged by for its whole life
    kind = models.CharField(max_length=40)
    condition = models.CharField(max_length=40)
    grade = models.CharField(max_length=24)
    stage = models.CharField(max_length=32)
    ball = models.SmallIntegerField(default=0)
    source = models.CharField(max_length=16)  # portal hotline field desk api patrol import clock
    found = models.BooleanField(default=False)  # staff found it themselves: ends by a check, not a call-back
    anonymous = models.BooleanField(default=False)
    area_only = models.BooleanField(default=False)  # never drawn as a point

    place_id = models.BigIntegerField()  # the micro-grid it stands on
    place_version_id = models.BigIntegerField()  # as that micro-grid was on its day
    path = models.CharField(max_length=220)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    cell = models.BigIntegerField(null=True)  # coarse square of the map, for finding neighbours cheaply
    address = models.CharField(max_length=200, blank=True)  # building and entrance; room numbers are sealed

    opened_at = models.DateTimeField()
    stage_since = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)  # when it last left the handling stages
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=24, blank=True
    )  # solved unsolved unreached checked withdrawn out_of_scope merged no_contact
    holder_role = models.CharField(max_length=40)
    holder_id = models.BigIntegerField(null=True)  # the one person responsible now
    holder_place_id = models.BigIntegerField(null=True)
    holder_unit_id = models.BigIntegerField(null=True)
    held_since = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of the running clock that runs out first
    due_clock = models.CharField(max_length=32, blank=True)
    broken = models.BooleanField(default=False)  # a running clock is past its limit
    round = models.SmallIntegerField(default=0)  # how often it was reopened
    attempts = models.SmallIntegerField(default=0)  # unanswered call-backs of this round
    steps = models.IntegerField(default=0)
    me_too = models.IntegerField(default=0)
    parent_id = models.BigIntegerField(null=True)  # split from
    into_id = models.BigIntegerField(null=True)  # merged into

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "serial"], name="matter_number")]
        indexes = [
            models.Index(fields=["path", "due_at"], name="matter_open", condition=Q(ended_at=None)),
            models.Index(fields=["holder_id", "due_at"], name="matter_holder", condition=Q(ended_at=None)),
            models.Index(fields=["holder_role", "due_at"], name="matter_role", condition=Q(ended_at=None)),
            models.Index(fields=["cell", "opened_at", "lon", "lat"], name="matter_near"),
            models.Index(
                fields=["paused_until"], name="matter_paused", condition=Q(paused_until__isnull=False)
            ),
            models.Index(fields=["opened_at"], name="matter_opened"),
            models.Index(fields=["ended_at"], name="matter_ended", condition=Q(ended_at__isnull=False)),
        ]

    @property
    def number(self) -> str:
        return number_of(self.day, self.serial)

    @property
    def open(self) -> bool:
        return self.ended_at is None

    def __str__(self) -> str:
        return self.number


class Step(models.Model):
    """One act on a matter. ``facts`` hold answers and effects without anything personal; ``effects`` inside are enough to derive the state."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(
        Matter, on_delete=models.PROTECT, related_name="history", db_index=False
    )  # step_seq has it
    seq = models.IntegerField()
    act = models.CharField(max_length=40)
    does = models.CharField(max_length=24)
    actor_id = models.BigIntegerField(null=True)
    actor_kind = models.CharField(max_length=12)  # person link clock system public
    role = models.CharField(max_length=40, blank=True)
    unit_id = models.BigIntegerField(null=True)
    deputy_for = models.BigIntegerField(null=True)
    at = models.DateTimeField()  # when it happened
    recorded_at = models.DateTimeField()  # when we learnt of it (later, if the phone was offline)
    stage_from = models.CharField(max_length=32, blank=True)
    stage_to = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "seq"], name="step_seq")]
        indexes = [models.Index(fields=["actor_id", "at"], name="step_actor")]


class Clock(models.Model):
    """A promise as it runs. The columns mirror ``clocks.Running``; ``next_at`` is when it next has something to say."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="clocks")
    key = models.CharField(max_length=32)
    unit_id = models.BigIntegerField(null=True)  # the summoned unit, for clocks kept per unit
    state = models.CharField(max_length=8)  # running paused kept broken stopped
    limit = models.CharField(max_length=12)
    calendar = models.CharField(max_length=24)
    started_at = models.DateTimeField()
    used = models.BigIntegerField(default=0)
    running_since = models.DateTimeField(null=True)
    extra = models.BigIntegerField(default=0)
    rung = models.SmallIntegerField(default=0)
    warned = models.BooleanField(default=False)
    broken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    detail = models.JSONField(default=dict)  # the rest of Running: rule, warn, ladder

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="clock_next", condition=Q(next_at__isnull=False))]


class Words(models.Model):
    """What somebody wrote, apart from everything that must outlive it. The ledger holds only the salted commitment."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(
        Matter, on_delete=models.PROTECT, related_name="words", db_index=False
    )  # words_of
    step_id = models.BigIntegerField()
    field = models.CharField(max_length=24)
    text = models.TextField(blank=True)
    salt = models.BinaryField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["matter", "field"], name="words_of")]


class Evidence(models.Model):
    """A photograph. The file stands at ``files/<first two>/<id>.jpg``, without its EXIF; the ledger holds its commitment."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="evidence")
    step_id = models.BigIntegerField()
    kind = models.CharField(max_length=8)  # report before after other
    digest = models.CharField(max_length=64)
    salt = models.BinaryField(null=True)
    width = models.IntegerField()
    height = models.IntegerField()
    size = models.IntegerField()
    erased_at = models.DateTimeField(null=True)


class Contact(models.Model):
    """Somebody who reported a matter, or said "me too": how to reach them, sealed, and the secret link they follow it by."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="contacts")
    part = models.CharField(max_length=8)  # reporter me_too
    person_id = models.BigIntegerField(null=True, db_index=True)
    name = models.BinaryField(null=True)  # sealed
    phone = models.BinaryField(null=True)  # sealed
    room = models.BinaryField(null=True)  # sealed: flat number
    phone_key = models.BinaryField(null=True)  # keyed hash, to find a caller's earlier matters
    link = models.BinaryField(null=True)  # sealed: the token itself, for the words owed to its holder
    token_key = models.BinaryField(unique=True)  # SHA-256 of the secret link's token
    code_key = models.BinaryField()  # keyed hash of the short code
    wants_call = models.BooleanField(default=True)
    lang = models.CharField(max_length=5, default="zh")
    at = models.DateTimeField()
    keep_until = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_key"], name="contact_phone", condition=Q(phone_key__isnull=False))
        ]


class Summons(models.Model):
    """A unit called to a matter (吹哨), until it says it is here (报到)."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="summonses")
    unit_id = models.BigIntegerField()
    role = models.CharField(max_length=40)
    person_id = models.BigIntegerField(null=True)
    called_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["unit_id"], name="summons_unit", condition=Q(acknowledged_at=None))]


class Link(models.Model):
    """Two matters that belong together. Undoing leaves the row."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=8)  # merge split link
    a = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="links_out")
    b = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="links_in")
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)  # what unmerge restores
    undone_at = models.DateTimeField(null=True)


class Asked(models.Model):
    """Something that needs somebody else's yes: a longer limit, an out-of-scope end."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="asks")
    what = models.CharField(max_length=16)  # extend out_of_scope
    clock = models.CharField(max_length=32, blank=True)
    limit = models.CharField(max_length=12, blank=True)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    granted = models.BooleanField(null=True)


class Contribution(models.Model):
    """What many people add to one matter: for now "me too" and the answers of the call-back."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="contributions")
    kind = models.CharField(max_length=12)  # me_too answer
    contact_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    value = models.JSONField(default=dict)


class Key(models.Model):
    """An idempotency key already used: the same key with the same request gives the same answer, with another request a refusal."""

    key = models.CharField(max_length=64, primary_key=True)  # digest of who and key
    content = models.CharField(max_length=64)  # digest of what was asked with it
    matter_id = models.BigIntegerField()
    step_id = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)
    answer = models.BinaryField(
        null=True
    )  # sealed: what a first-time answer held that cannot be read again (link, code)
    mark = models.CharField(max_length=64, default="")  # keyed hash of all this: see ``marks``


class Call(models.Model):
    """A telephone call taken by an operator, and what was typed while listening."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    operator_id = models.BigIntegerField()
    phone = models.BinaryField(null=True)  # sealed
    phone_key = models.BinaryField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    matter_id = models.BigIntegerField(null=True)
    draft = models.BinaryField(null=True)  # sealed JSON of the half-written report
    mark = models.CharField(max_length=64, default="")  # keyed hash of all this: see ``marks``

    class Meta:
        indexes = [
            models.Index(fields=["operator_id", "-started_at"], name="call_operator"),
            models.Index(F("started_at").desc(), name="call_recent"),
        ]
