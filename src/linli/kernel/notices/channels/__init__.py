"""The ways a notice goes out, one class each. Which are used is said by ``LINLI_CHANNELS``."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from linli.kernel.notices.channels.base import Channel, Letter, Retry, Undeliverable
from linli.kernel.notices.channels.email import Email
from linli.kernel.notices.channels.file import File
from linli.kernel.notices.channels.inbox import Inbox

KNOWN: dict[str, type[Channel]] = {channel.name: channel for channel in (Inbox, File, Email)}

__all__ = ["KNOWN", "Channel", "Letter", "Retry", "Undeliverable", "in_use", "named"]


@cache
def named(name: str) -> Channel:
    """The channel of that name. Raises KeyError for an unknown one."""
    return KNOWN[name]()


def in_use() -> tuple[Channel, ...]:
    """Those the office has switched on, the inbox always among them."""
    wanted = [name.strip() for name in settings.CHANNELS]
    return tuple(named(name) for name in dict.fromkeys(("inbox", *wanted)))
