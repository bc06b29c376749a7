"""How often one address may try something, counted together by all processes of this machine. It slows guessing and flooding, it does not rule
them out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from linli.doors.portal.tries import Tries
from linli.kernel.errors import Refusal


@cache
def _tries(folder: str) -> Tries:
    return Tries(Path(folder) / "tries", settings.SECRET_KEY.encode()[:64])


@dataclass
class Throttle:
    """At most ``most`` tries within ``within`` seconds for each address. Two of the same code and measure count together."""

    code: str
    most: int
    within: float

    def count(self, request: HttpRequest) -> None:
        """Note one try. Raises Refusal ``busy`` where it is one too many."""
        what = f"{self.code} {self.most} {self.within} {request.META.get('REMOTE_ADDR', '')}"
        wait = _tries(str(settings.DATA)).count(what, self.most, self.within, time.time())
        if wait:
            raise Refusal(self.code, kind="busy", minutes=int(wait) // 60 + 1)

    def forget(self) -> None:
        """Begin anew, with all others; for tests."""
        _tries(str(settings.DATA)).forget()


codes = Throttle("portal.too_many_codes", most=10, within=600)
reports = Throttle("portal.too_many_reports", most=20, within=600)
looks = Throttle("portal.too_many_looks", most=240, within=60)
