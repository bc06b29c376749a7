"""The program as an ASGI application, for our own server and for any other."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
django.setup(set_prefix=False)

from linli.config.bridge import Bridge  # noqa: E402
from linli.doors.live.stream import Live  # noqa: E402

live = Live()
application = Bridge(
    WSGIHandler(),
    live,
    threads=getattr(settings, "WEB_THREADS", 4),
    limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 60 * 1024 * 1024,
    trusted=getattr(settings, "TRUSTED_PROXIES", ()),
)
