"""Things that are kept, not processed: each an item of a register that a pack declares, versioned, every change recorded."""

from __future__ import annotations

from django.db import models

from linli.kernel.ids import new_id


class Item(models.Model):
    """A kept thing as it is now. ``data`` are the fields its register declares."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    pack = models.CharField(max_length=32)
    register = models.CharField(max_length=32)
    place_id = models.BigIntegerField()
    path = models.CharField(max_length=220)
    version = models.IntegerField(default=0)
    data = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["register", "path"], name="item_register_path")]

    def __str__(self) -> str:
        return str(self.data.get("name") or self.register)


class Change(models.Model):
    """One version of an item. Never changed, never removed."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="changes")
    version = models.IntegerField()
    why = models.CharField(
        max_length=24
    )  # made, changed, closed, or what the pack calls it: started, visited, walked
    data = models.JSONField(default=dict)
    by_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="change_version")]
