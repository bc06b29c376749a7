"""How often one address may try something without signing in. Counted by all processes together; the sample town is generous."""

from __future__ import annotations

import os

from django.http import HttpRequest

from linli.doors.page import mode
from linli.doors.portal.throttle import Throttle
from linli.kernel.people.actors import Actor

GENEROUS = 1000


def _most(name: str, otherwise: int) -> int:
    return int(os.environ.get(name, otherwise)) * (GENEROUS if mode() == "demo" else 1)


#: Anonymous reports that one address may send in ten minutes, and questions it may ask in one.
reports = Throttle("api.too_many_reports", most=_most("LINLI_REPORTS_PER_ADDRESS", 60), within=600)
looks = Throttle("api.too_many_looks", most=_most("LINLI_LOOKS_PER_ADDRESS", 600), within=60)


def count(kept: Throttle, request: HttpRequest, actor: Actor) -> None:
    """Note one try of somebody who is not signed in. Refusal ``busy`` where it is one too many."""
    if actor.person_id is None:
        kept.count(request)


codes = Throttle("portal.too_many_codes", most=10, within=600)  # guesses of number and code, signed in or not
