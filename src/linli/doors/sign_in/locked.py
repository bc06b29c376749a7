"""What somebody sees who guessed a password too often."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from linli.doors.page import refuse
from linli.kernel.errors import Refusal


def locked(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The answer in place of any other while this name is locked from this address. Named in the settings."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return refuse(request, Refusal("sign_in.locked", kind="busy", minutes=minutes))
