"""Buildings, addresses and map features each hold a hash of themselves."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from linli.kernel.places import sealing

LOT = 1_000
NAMES = ("Building", "Address", "Feature")


def _seal(apps: Any, schema_editor: Any) -> None:
    for name in NAMES:
        model, after = apps.get_model("places", name), -1
        while rows := list(model.objects.filter(pk__gt=after).order_by("pk")[:LOT]):
            model.objects.bulk_update(sealing.sealed(rows), ["seal"], batch_size=200)
            after = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]
    made_again = frozenset(f"places_{name.lower()}.seal" for name in NAMES)
    operations = [
        *(
            migrations.AddField(name.lower(), "seal", models.CharField(default="", max_length=64))
            for name in NAMES
        ),
        migrations.RunPython(_seal, migrations.RunPython.noop),
    ]
