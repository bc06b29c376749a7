from __future__ import annotations

from django.db import migrations, models

import linli.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("dedupe", models.BinaryField(unique=True)),
                ("person_id", models.BigIntegerField(null=True)),
                ("address", models.CharField(blank=True, max_length=40)),
                ("matter_id", models.BigIntegerField(db_index=True, null=True)),
                ("kind", models.CharField(max_length=60)),
                ("words", models.BinaryField(null=True)),
                ("lang", models.CharField(default="zh", max_length=2)),
                ("channel", models.CharField(max_length=12)),
                ("urgent", models.BooleanField(default=False)),
                ("state", models.CharField(max_length=8)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("next_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "db_table": "notices_notice",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="notices_due"
                    ),
                    models.Index(
                        condition=models.Q(("channel", "inbox")),
                        fields=["person_id", "-at"],
                        name="notices_inbox",
                    ),
                    models.Index(
                        condition=models.Q(("state", "given_up")), fields=["at"], name="notices_given_up"
                    ),
                ],
            },
        ),
    ]
