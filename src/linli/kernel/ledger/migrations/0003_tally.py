"""Rows are counted where no entry speaks of them one by one; what was published so far is counted here."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from linli.kernel.ledger import tally


def _count(apps: Any, schema_editor: Any) -> None:
    for name in ("Checkpoint", "Cosignature"):
        model = apps.get_model("ledger", name)
        rows = model.objects.order_by("pk").iterator()
        tally.added(model, (tally.number_of_row(row) for row in rows))
    cursor = apps.get_model("ledger", "Cursor")
    tally.added(cursor, (tally.number_of_name(row) for row in cursor.objects.all()))


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_checkpoints")]
    made_again = frozenset({"ledger_tally"})
    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField()),
                ("together", models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(_count, migrations.RunPython.noop),
    ]
