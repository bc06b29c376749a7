"""Putting the program together once per process: schema, packs, followers, what streams say."""

from __future__ import annotations

import os

import django


def setup() -> None:
    """Make Django ready. Reads the environment; touches no store."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    django.setup()


def prepare(*, quiet: bool = True) -> None:
    """Bring the store to this program's schema, what was kept aside back, and its packs in force. Safe to run in several processes at once.

    Refusal ``store.newer``, with nothing changed, for a store that a newer program has brought further than this one knows.
    """
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from linli.config import progress, schema, schema_kept
    from linli.kernel.errors import Refusal
    from linli.kernel.packspec import editions

    settings.DATA.mkdir(parents=True, exist_ok=True)
    made = MigrationRecorder(connection).applied_migrations()
    newer = schema.unknown(f"{app}.{name}" for app, name in made)
    if newer:
        raise Refusal("store.newer", kind="conflict", change=newer[-1])
    call_command("migrate", verbosity=0 if quiet else 1, interactive=False)
    back = schema_kept.bring_back()
    if back != schema_kept.Back():
        progress.say(
            f"linli: 另存的放回来了 what was kept aside: {back.back:,} 行放回 rows are back, "
            f"{back.without:,} 行已无处可放 have nothing left to belong to, {back.waiting:,} 行这一版也放不下 wait on"
        )
    editions.install()


_wired = False


def wire() -> None:
    """Register followers, mappers and topics. Idempotent."""
    global _wired
    if _wired:
        return
    _wired = True
    from linli.doors.health import register_check
    from linli.doors.ledger.standing import check
    from linli.doors.live import register_mapper
    from linli.doors.live_map import events_of
    from linli.doors.streams import register_topics
    from linli.kernel.ledger import follow
    from linli.kernel.notices.following import Notices

    follow.register(Notices())
    register_mapper(events_of)
    register_topics()
    register_check("checkpoints", check)
