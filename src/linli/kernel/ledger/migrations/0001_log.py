"""The log's tables, and the store's own refusal to change or remove what stands in them."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from linli.kernel.ledger import guards


def _guard(apps: Any, schema_editor: Any) -> None:
    guards.install(schema_editor.connection)


def _unguard(apps: Any, schema_editor: Any) -> None:
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=80)),
                ("seq", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("body", models.TextField()),
                ("leaf", models.BinaryField()),
                ("idx", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("idx__isnull", True)), fields=["id"], name="ledger_entry_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "seq"), name="ledger_entry_order"),
                    models.UniqueConstraint(
                        condition=models.Q(("idx__isnull", False)), fields=("idx",), name="ledger_entry_idx"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(default=0)),
                ("frontier", models.BinaryField(default=b"")),
                ("root", models.BinaryField()),
                ("at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_head_single")
                ]
            },
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("follower", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("next_idx", models.BigIntegerField(default=0)),
                ("mark", models.BinaryField(default=b"")),
                ("failed_at", models.DateTimeField(null=True)),
                ("error", models.TextField(default="")),
                ("tries", models.IntegerField(default=0)),
                ("updated", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(_guard, _unguard),
    ]
