"""What was published: checkpoints and the witnesses' lines under them. Both only grow."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from linli.kernel.ledger import guards


def _guard(apps: Any, schema_editor: Any) -> None:
    guards.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_log")]
    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("vkey", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("vkey", models.CharField(max_length=200)),
                ("line", models.TextField()),
                ("seen", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="ledger.checkpoint",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("checkpoint", "vkey"), name="ledger_cosignature_once")
                ]
            },
        ),
        migrations.RunPython(_guard, migrations.RunPython.noop),
    ]
