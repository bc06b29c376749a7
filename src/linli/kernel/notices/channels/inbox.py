"""The list that everybody with an account finds in the program."""

from __future__ import annotations

from linli.kernel.notices.addresses import Reach
from linli.kernel.notices.channels.base import Channel, Letter


class Inbox(Channel):
    name = "inbox"
    at_once = True

    def suits(self, reach: Reach, urgent: bool) -> bool:
        return reach.person_id is not None

    def deliver(self, letter: Letter) -> None:
        """Nothing to do: the notice's own row is what the inbox shows."""
