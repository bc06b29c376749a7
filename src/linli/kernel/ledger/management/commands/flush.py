"""Django's ``flush`` empties every table. Here that is for test stores only, where the ledger's guards step aside for it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush
from django.db import connections

from linli.kernel.ledger import guards


class Command(DjangoFlush):
    help = "Empties a test store. A store in use is never emptied: the ledger only grows."

    def handle(self, **options: Any) -> None:
        """Refuse unless this is a test store."""
        connection = connections[options["database"]]
        if getattr(settings, "MODE", "") != "test" and not str(connection.settings_dict["NAME"]).startswith(
            "test_"
        ):
            raise CommandError(
                "A store is not emptied: the ledger only grows. Make a new data folder instead."
            )
        with guards.lifted(connection):
            super().handle(**options)
