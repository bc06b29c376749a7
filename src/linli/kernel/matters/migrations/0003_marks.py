"""Each call and each used key carries a keyed hash of itself, and the calls are counted."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from linli.kernel.ledger import tally
from linli.kernel.matters import marks


def _mark(apps: Any, schema_editor: Any) -> None:
    """Of rows written by an earlier program. Nothing is made, the key least of all, where there are none."""
    for name in ("Call", "Key"):
        model = apps.get_model("matters", name)
        for row in model.objects.order_by("pk").iterator(chunk_size=500):
            marks.marked(row).save(update_fields=["mark"])
            if name == "Call":
                tally.added(model, [row.pk])


class Migration(migrations.Migration):
    dependencies = [("matters", "0002_ended"), ("ledger", "0003_tally")]
    made_again = frozenset({"matters_call.mark", "matters_key.mark"})
    operations = [
        migrations.AddField("call", "mark", models.CharField(default="", max_length=64)),
        migrations.AddField("key", "mark", models.CharField(default="", max_length=64)),
        migrations.RunPython(_mark, migrations.RunPython.noop),
    ]
