from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_duty")]

    operations = [
        migrations.AddField("accesslog", "about_id", models.BigIntegerField(db_index=True, null=True)),
        migrations.AddField("accesslog", "about_key", models.BinaryField(null=True)),
        migrations.AddField("accesslog", "salt", models.BinaryField(null=True)),
        migrations.AddIndex(
            "accesslog",
            models.Index(
                fields=["about_key"],
                name="access_log_number",
                condition=models.Q(("about_key__isnull", False)),
            ),
        ),
    ]
