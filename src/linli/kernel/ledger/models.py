"""The tables of the log. Entries and nodes only grow (the store itself refuses anything else: see ``guards``)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One thing decided. Written once by ``append``; only ``idx`` is filled in later, once, by ``sequence``."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    seq = models.IntegerField()
    at = models.DateTimeField()
    body = models.TextField()  # canonical JSON text; follow.EntryRow reads it as a dict
    leaf = models.BinaryField()
    idx = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="ledger_entry_order"),
            models.UniqueConstraint(fields=["idx"], condition=Q(idx__isnull=False), name="ledger_entry_idx"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(idx__isnull=True), name="ledger_entry_waiting")]

    def __str__(self) -> str:
        return f"{self.subject}#{self.seq} {self.kind}"


class Head(models.Model):
    """The single row (id 1) that says how far the log reaches. ``at`` is the moment of its last entry."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")
    root = models.BinaryField()
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_head_single")]


class Node(models.Model):
    """The root of 256**level leaves starting at index * 256**level. Tiles and proofs are read from these and the leaves."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()


class Cursor(models.Model):
    """How far a follower has read: everything below ``next_idx`` is digested, nothing from it on.

    ``mark`` is the leaf of the entry before ``next_idx``, so that a cursor that was moved by hand, or belongs to
    another log, is seen. ``failed_at`` and ``error`` are set while the follower stands before an entry it cannot digest.
    """

    follower = models.CharField(max_length=60, primary_key=True)
    next_idx = models.BigIntegerField(default=0)
    mark = models.BinaryField(default=b"")
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    tries = models.IntegerField(default=0)
    updated = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.follower} before {self.next_idx}"


class Checkpoint(models.Model):
    """A head of the log that was signed and shown. ``note`` is the signed note; the key is named by its vkey."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    vkey = models.CharField(max_length=200)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Cosignature(models.Model):
    """A witness's line under a checkpoint: that it saw it then, and that all it saw before was its beginning."""

    id = models.BigIntegerField(primary_key=True)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    vkey = models.CharField(max_length=200)
    line = models.TextField()
    seen = models.BigIntegerField()  # seconds since 1970, as the witness signed it
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkpoint", "vkey"], name="ledger_cosignature_once")]

    def __str__(self) -> str:
        return f"{self.vkey.split('+')[0]} on {self.checkpoint_id}"


class Tally(models.Model):
    """How many rows a table has, and the ids of all of them put together by exclusive or: so that one row less, or more, is noticed, and
    named, where no entry speaks of single rows. Written by ``tally`` only."""

    name = models.CharField(max_length=40, primary_key=True)  # the table
    amount = models.BigIntegerField()
    together = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.amount} rows of {self.name}"
