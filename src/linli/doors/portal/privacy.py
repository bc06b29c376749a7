"""What is kept, what for and how long: read from what the packs declare, so that it cannot say anything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from linli.doors.guard import who
from linli.doors.page import page
from linli.doors.portal.kinds import packs_for
from linli.kernel.packspec.schema import FieldSpec, Pack


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is asked."""

    name: str
    purpose: str
    days: int | None
    optional: bool
    personal: bool


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    lines: tuple[Line, ...]
    shows: tuple[str, ...]
    where: str


@who("public")
def privacy(request: HttpRequest) -> HttpResponse:
    """One table for each service."""
    lang: str = request.lang  # type: ignore[attr-defined]
    return page(request, "portal/privacy.html", services=[_service(pack, lang) for pack in packs_for()])


def _service(pack: Pack, lang: str) -> Service:
    shows = tuple(name.rpartition(".")[2] for name in pack.public.shows)
    return Service(
        pack.name.say(lang), tuple(_line(field, lang) for field in pack.form), shows, pack.public.where
    )


def _line(field: FieldSpec, lang: str) -> Line:
    personal = field.personal or field.purpose is not None
    return Line(field.text.say(lang), field.purpose or "", field.keep_days, field.optional, personal)
