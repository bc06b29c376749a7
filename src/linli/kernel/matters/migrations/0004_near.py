"""The index that finds neighbours holds where they stand as well: whoever is out of reach is passed over without reading their row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0003_marks"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="matter", name="matter_near"),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["cell", "opened_at", "lon", "lat"], name="matter_near"),
        ),
    ]
