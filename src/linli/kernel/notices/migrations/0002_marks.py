"""Each notice carries a keyed hash of itself, and all of them are counted."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from linli.kernel.ledger import tally
from linli.kernel.notices import marks

LOT = 500


def _mark(apps: Any, schema_editor: Any) -> None:
    """Of notices written by an earlier program. Nothing is made, the key least of all, where there are none."""
    notice, after = apps.get_model("notices", "Notice"), -1
    while rows := list(notice.objects.filter(pk__gt=after).order_by("pk")[:LOT]):
        notice.objects.bulk_update(marks.marked(rows), ["mark"], batch_size=100)
        tally.added(notice, [row.pk for row in rows])
        after = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial"), ("ledger", "0003_tally")]
    made_again = frozenset({"notices_notice.mark"})
    operations = [
        migrations.AddField("notice", "mark", models.CharField(default="", max_length=64)),
        migrations.RunPython(_mark, migrations.RunPython.noop),
    ]
