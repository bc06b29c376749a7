"""Words owed to somebody, one row for each way they go out. Written by ``acts`` and ``deliver`` only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from linli.kernel.ids import new_id


class Notice(models.Model):
    """``state``: ``queued`` (to be sent at ``next_at``), ``held`` (waits for the end of quiet hours), ``failed`` (to be tried again at
    ``next_at``), ``sent``, ``given_up``. ``words`` are sealed JSON ``{"zh": …, "en": …}`` and null once erased."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    dedupe = models.BinaryField(unique=True)  # SHA-256 of the owner's key, the addressee and the channel
    person_id = models.BigIntegerField(null=True)
    address = models.CharField(
        max_length=40, blank=True
    )  # "contact:<id>" where it is not a person with an account
    matter_id = models.BigIntegerField(null=True, db_index=True)
    kind = models.CharField(max_length=60)
    words = models.BinaryField(null=True)
    lang = models.CharField(max_length=2, default="zh")
    channel = models.CharField(max_length=12)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=8)
    tries = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()  # when it was owed
    next_at = models.DateTimeField(null=True)  # null: nothing is left to do
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    mark = models.CharField(max_length=64, default="")  # keyed hash of all this: see ``marks``

    class Meta:
        db_table = "notices_notice"
        indexes = [
            models.Index(fields=["next_at"], name="notices_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["person_id", "-at"], name="notices_inbox", condition=Q(channel="inbox")),
            models.Index(fields=["at"], name="notices_given_up", condition=Q(state="given_up")),
        ]
