"""What this browser keeps for its owner, in signed cookies: the links of their matters, a report half made, the last receipt."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse

from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import reads
from linli.kernel.people.actors import Actor

MINE, DRAFT, RECEIPT, HOME = "mine", "draft", "receipt", "home"
DAY = 24 * 3600
MOST = 20
CODE_LASTS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Known:
    """One matter this browser may follow: by its secret link, or for a while by a code that was typed here."""

    matter_id: int
    token: str = ""
    until: int = 0
    contact_id: int = 0  # of a code: whose it was

    @property
    def actor(self) -> Actor:
        """Whoever holds this code."""
        return Actor(kind="link", matter_id=self.matter_id, contact_id=self.contact_id or None)


def read(request: HttpRequest, name: str, max_age: int | None = None) -> Any:
    """What was kept under that name, None where nothing was or somebody meddled with it."""
    try:
        return signing.loads(request.COOKIES.get(name, ""), salt=f"linli.{name}", max_age=max_age)
    except signing.BadSignature:
        return None


def keep(request: HttpRequest, response: HttpResponse, name: str, value: Any, seconds: int) -> None:
    """Put it in a cookie that scripts cannot read and nobody can change."""
    body = signing.dumps(value, salt=f"linli.{name}", compress=True)
    response.set_cookie(
        name, body, max_age=seconds, httponly=True, samesite="Lax", secure=request.is_secure()
    )


def known(request: HttpRequest) -> list[Known]:
    """The matters this browser may follow, newest first."""
    now = int(time.time())
    rows = [Known(int(row[0]), str(row[1]), *map(int, row[2:4])) for row in read(request, MINE) or []]
    return [row for row in rows if row.token or row.until > now]


def remember(request: HttpRequest, response: HttpResponse, one: Known) -> None:
    """Add one matter to those this browser may follow; the oldest goes when there are too many."""
    others = [row for row in known(request) if row.matter_id != one.matter_id]
    rows = [(row.matter_id, row.token, row.until, row.contact_id) for row in [one, *others][:MOST]]
    keep(request, response, MINE, rows, 400 * DAY)


def forget(request: HttpRequest, response: HttpResponse, matter_id: int) -> None:
    """Take one matter out of this browser."""
    rows = [
        (row.matter_id, row.token, row.until, row.contact_id)
        for row in known(request)
        if row.matter_id != matter_id
    ]
    keep(request, response, MINE, rows, 400 * DAY)


def by_code_until() -> int:
    """How long a typed code opens a matter in this browser."""
    return int(time.time()) + CODE_LASTS


def follower(cookies: Mapping[str, str], account: Actor, matter_id: int) -> Actor:
    """Who asks about this matter: a secret link of this browser, else the account. Raises Refusal ``matter.missing``."""
    asked = HttpRequest()
    asked.COOKIES = dict(cookies)
    for row in known(asked):
        if row.matter_id == matter_id:
            return reads.by_link(row.token) if row.token else row.actor
    if account.person_id is not None:
        return account
    raise Refusal("matter.missing", kind="missing")


def followers(request: HttpRequest) -> Iterable[tuple[Known, Actor]]:
    """Every matter of this browser with whoever may follow it; links that were taken back are left out."""
    for row in known(request):
        try:
            yield row, reads.by_link(row.token) if row.token else row.actor
        except Refusal:
            continue


def address_of(row: Known) -> str:
    """Where this browser opens the matter."""
    from django.urls import reverse

    if row.token:
        return reverse("portal:follow", args=[row.token])
    return reverse("portal:known", args=[ids.text(row.matter_id)])
