"""Authenticators and recovery codes in tables of our own, where they are sealed."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import linli.kernel.people.devices


def _noted() -> list[tuple[str, models.Field]]:  # type: ignore[type-arg]
    """What django-otp keeps of every device."""
    return [
        ("id", models.AutoField(primary_key=True, serialize=False)),
        ("name", models.CharField(help_text="The human-readable name of this device.", max_length=64)),
        ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
        (
            "throttling_failure_timestamp",
            models.DateTimeField(
                blank=True,
                default=None,
                help_text="A timestamp of the last failed verification attempt. Null if last attempt succeeded.",
                null=True,
            ),
        ),
        (
            "throttling_failure_count",
            models.PositiveIntegerField(default=0, help_text="Number of successive failed attempts."),
        ),
        (
            "created_at",
            models.DateTimeField(
                auto_now_add=True,
                help_text="The date and time when this device was initially created in the system.",
                null=True,
            ),
        ),
        (
            "last_used_at",
            models.DateTimeField(
                blank=True, help_text="The most recent date and time this device was used.", null=True
            ),
        ),
        (
            "user",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("people", "0003_access_log")]
    made_again = frozenset(
        {"people_authenticator", "people_recovery_set", "people_recovery_code"}
    )  # by 0005, from django-otp's
    operations = [
        migrations.CreateModel(
            "Authenticator",
            [
                *_noted(),
                ("sealed", models.BinaryField(default=linli.kernel.people.devices.fresh)),
                ("step", models.PositiveSmallIntegerField(default=30)),
                ("t0", models.BigIntegerField(default=0)),
                ("digits", models.PositiveSmallIntegerField(default=6)),
                ("tolerance", models.PositiveSmallIntegerField(default=1)),
                ("drift", models.SmallIntegerField(default=0)),
                ("last_t", models.BigIntegerField(default=-1)),
            ],
            {"db_table": "people_authenticator"},
        ),
        migrations.CreateModel("RecoverySet", _noted(), {"db_table": "people_recovery_set"}),
        migrations.CreateModel(
            "RecoveryCode",
            [
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="people.recoveryset",
                    ),
                ),
            ],
            {"db_table": "people_recovery_code"},
        ),
    ]
