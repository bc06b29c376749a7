"""Each thread keeps its connection, and asks before every request whether it still holds: by asking the socket, not the server."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A server that ends a connection says so on it. Only where something was said that nobody asked for is the server asked."""

    def is_usable(self) -> bool:
        raw: Any = self.connection
        if raw is None or raw.closed:
            return False
        poll = select.poll()
        poll.register(raw.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(not poll.poll(0) or super().is_usable())
