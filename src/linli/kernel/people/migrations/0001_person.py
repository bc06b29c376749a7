"""The account. Stands first and alone: other apps' tables point at it."""

from __future__ import annotations

from django.db import migrations, models

import linli.kernel.ids
import linli.kernel.moment


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("login", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(blank=True, max_length=80)),
                ("kind", models.CharField(max_length=8)),
                ("phone_sealed", models.BinaryField(null=True)),
                ("phone_lookup", models.BinaryField(db_index=True, null=True)),
                ("email_sealed", models.BinaryField(null=True)),
                ("lang", models.CharField(default="zh", max_length=2)),
                ("is_active", models.BooleanField(default=True)),
                ("must_change", models.BooleanField(default=False)),
                ("created", models.DateTimeField(default=linli.kernel.moment.now)),
                ("erased", models.DateTimeField(null=True)),
                ("seq", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "people_person",
            },
        ),
    ]
