"""The program as an ASGI application, for our own server and for any other."""

from __future__ import annotations

from linli.config import wiring

wiring.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from linli.config.bridge import Bridge  # noqa: E402
from linli.doors.live.stream import Live  # noqa: E402

wiring.wire()
live = Live()
application = Bridge(
    WSGIHandler(),
    live,
    threads=settings.WEB_THREADS,
    limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 60 * 1024 * 1024,
    trusted=settings.TRUSTED_PROXIES,
)
