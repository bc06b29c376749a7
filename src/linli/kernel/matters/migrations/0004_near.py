"""Indexes for the hot path: fewer to write, and fuller ones to read.

The one that finds neighbours holds where they stand as well: whoever is out of reach is passed over without reading their row. Words are found by matter
and field. Steps need no index of their matter alone, for the one of matter and seq serves. (Django would write both tables anew to let an index of a
foreign key go, so that is said in SQL.)
"""

import django.db.models.deletion
from django.db import migrations, models


def _without(table: str, index: str, model: str, related: str) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f'DROP INDEX IF EXISTS "{index}"', f'CREATE INDEX "{index}" ON "{table}" ("matter_id")'
            )
        ],
        state_operations=[
            migrations.AlterField(
                model,
                "matter",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name=related,
                    to="matters.matter",
                ),
            )
        ],
    )


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
        _without("matters_step", "matters_step_matter_id_aeab20b2", "step", "history"),
        _without("matters_words", "matters_words_matter_id_238e3c3c", "words", "words"),
        migrations.AddIndex(
            model_name="words", index=models.Index(fields=["matter", "field"], name="words_of")
        ),
    ]
