"""What a channel is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from linli.kernel.notices.addresses import Opened, Reach


class Undeliverable(Exception):
    """It will never arrive this way: no such address, refused for good. Names the reason, never the address."""


class Retry(Exception):
    """It did not arrive this time."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice opened for delivery. ``notice_id`` is the same at every try, so that the far side can tell a repetition."""

    notice_id: int
    words: str
    lang: str
    urgent: bool
    at: datetime
    to: Opened


class Channel(ABC):
    """One way to somebody. ``at_once``: nothing has to be sent, the notice counts as delivered when it is owed."""

    name: str
    at_once: bool = False

    @abstractmethod
    def suits(self, reach: Reach, urgent: bool) -> bool:
        """Whether a notice to somebody reachable so is owed this way as well."""

    @abstractmethod
    def deliver(self, letter: Letter) -> None:
        """Send it. Returns when the next one along the way has taken it over; raises Retry or Undeliverable otherwise. A
        notice may be sent twice when the program dies between sending and noting it, never not at all."""
