"""Every edition of every pack that was ever in force, by its exact bytes. Rows are written by
``editions.install`` only and never deleted."""

from __future__ import annotations

from django.db import models


class Edition(models.Model):
    """One edition: what a matter is judged by for its whole life."""

    digest = models.CharField(max_length=64, primary_key=True)
    key = models.CharField(max_length=32)  # of the pack
    version = models.PositiveIntegerField()  # 1, 2, 3 … within the pack
    data = models.BinaryField()  # zip of the folder and of the libraries it uses
    first_seen = models.DateTimeField()
    current = models.BooleanField(default=False)  # new matters are judged by it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="edition_version"),
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(current=True), name="edition_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"
