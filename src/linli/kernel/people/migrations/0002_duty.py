"""Roles, rosters, leave, consent, looks and sessions."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import linli.kernel.ids
import linli.kernel.moment


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_person"),
        ("places", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessLog",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.BigIntegerField(db_index=True, null=True)),
                ("actor", models.CharField(max_length=8)),
                ("roles", models.CharField(blank=True, max_length=200)),
                ("what", models.CharField(max_length=60)),
                ("matter_id", models.BigIntegerField(db_index=True, null=True)),
                ("why", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "people_access_log",
            },
        ),
        migrations.CreateModel(
            name="Generation",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("mark", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "people_generation",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("person_id", models.BigIntegerField(db_index=True, null=True)),
                ("device", models.CharField(blank=True, max_length=120)),
                ("began", models.DateTimeField(default=linli.kernel.moment.now)),
                ("seen", models.DateTimeField(default=linli.kernel.moment.now)),
            ],
            options={
                "db_table": "people_session",
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40)),
                ("version", models.CharField(max_length=20)),
                ("given", models.DateTimeField()),
                ("withdrawn", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "people_consent",
            },
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaves",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "people_leave",
            },
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name_zh", models.CharField(max_length=80)),
                ("name_en", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=40)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("closed", models.DateTimeField(null=True)),
                ("seq", models.PositiveIntegerField(default=0)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"
                    ),
                ),
            ],
            options={
                "db_table": "people_unit",
            },
        ),
        migrations.CreateModel(
            name="Roster",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=40)),
                ("stands_in", models.BooleanField(default=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.unit",
                    ),
                ),
            ],
            options={
                "db_table": "people_roster",
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField(null=True)),
                ("date", models.DateField(null=True)),
                ("start", models.PositiveSmallIntegerField()),
                ("end", models.PositiveSmallIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "roster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="turns", to="people.roster"
                    ),
                ),
            ],
            options={
                "db_table": "people_turn",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("date__isnull", False), ("weekday__isnull", True)),
                            models.Q(("date__isnull", True), ("weekday__isnull", False)),
                            _connector="OR",
                        ),
                        name="people_turn_one_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        default=linli.kernel.ids.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="people.unit",
                    ),
                ),
            ],
            options={
                "db_table": "people_assignment",
                "indexes": [models.Index(fields=["role", "place"], name="people_assignment_role")],
            },
        ),
    ]
