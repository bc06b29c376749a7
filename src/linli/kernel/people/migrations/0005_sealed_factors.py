"""What django-otp kept in the open is sealed and moved, with its ids, so that the log's keyed hashes still answer for it; and back."""

from __future__ import annotations

from typing import Any

from django.core.management.color import no_style
from django.db import migrations

from linli.kernel.people import sealed

NOTED = (
    "id", "user_id", "name", "confirmed", "throttling_failure_timestamp", "throttling_failure_count", "created_at", "last_used_at",
)  # fmt: skip
OF_TIME = ("step", "t0", "digits", "tolerance", "drift", "last_t")


def _copied(source: Any, target: Any, columns: tuple[str, ...], **worked_out: Any) -> None:
    """Every row of one table in the other, under its own id; then it is gone from the first. Nothing is made, a key least of all, where there are
    none."""
    for row in source.objects.order_by("pk").iterator(chunk_size=500):
        made = {name: getattr(row, name) for name in columns}
        made |= {name: of(row) for name, of in worked_out.items()}
        target.objects.create(**made)
        if "created_at" in made:  # which the program sets by itself
            target.objects.filter(pk=row.pk).update(created_at=row.created_at)


def _seal(apps: Any, schema_editor: Any) -> None:
    totp, static, token = _theirs(apps)
    one, several, code = _ours(apps)
    _copied(totp, one, NOTED + OF_TIME, sealed=lambda row: sealed.seal(row.key))
    _copied(static, several, NOTED)
    _copied(token, code, ("id", "device_id"), sealed=lambda row: sealed.seal(row.token))
    _emptied(schema_editor, (token, static, totp), (one, several, code))


def _open(apps: Any, schema_editor: Any) -> None:
    totp, static, token = _theirs(apps)
    one, several, code = _ours(apps)
    _copied(one, totp, NOTED + OF_TIME, key=lambda row: sealed.unseal(row.sealed))
    _copied(several, static, NOTED)
    _copied(code, token, ("id", "device_id"), token=lambda row: sealed.unseal(row.sealed))
    _emptied(schema_editor, (code, several, one), (totp, static, token))


def _theirs(apps: Any) -> tuple[Any, Any, Any]:
    return (
        apps.get_model("otp_totp", "TOTPDevice"),
        apps.get_model("otp_static", "StaticDevice"),
        apps.get_model("otp_static", "StaticToken"),
    )


def _ours(apps: Any) -> tuple[Any, ...]:
    return tuple(apps.get_model("people", name) for name in ("Authenticator", "RecoverySet", "RecoveryCode"))


def _emptied(schema_editor: Any, left: tuple[Any, ...], moved_to: tuple[Any, ...]) -> None:
    """The rows that were moved go, and counting goes on after the highest id."""
    for model in left:
        model.objects.all().delete()
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), moved_to):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_authenticators"),
        ("otp_totp", "0003_add_timestamps"),
        ("otp_static", "0003_add_timestamps"),
    ]
    operations = [migrations.RunPython(_seal, _open)]
