"""Photographs of matters: for staff whom the gate lets through, each look recorded, and for whoever reported it, never for the public."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from linli.doors.guard import who
from linli.doors.portal import kept
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.matters import gate, photos
from linli.kernel.matters.models import Evidence, Step
from linli.kernel.people import looks
from linli.kernel.people.actors import Actor

INSIDE = ("note", "link", "unlink")  # what staff write down for each other
DAY = 24 * 3600


@who("public")
@require_safe
def photo(request: HttpRequest, written: str) -> HttpResponse:
    """``/photos/<id>.jpg``, ``/photos/<id>.thumb.jpg``. Absent and forbidden look the same."""
    name, _, small = written.partition(".")
    row = Evidence.objects.filter(pk=ids.parse(name), erased_at=None).first()
    own = row is not None and _reported(request, request.actor, row.matter_id)  # type: ignore[attr-defined]
    if row is None or small not in ("", "thumb") or not _may(request, row, own):
        raise Refusal("photo.missing", kind="missing")
    file = photos.path_of(row.id, thumb=small == "thumb")
    if not file.is_file():
        raise Refusal("photo.missing", kind="missing")
    if not own:
        looks.record_once(request.actor, "photos", row.matter_id)  # type: ignore[attr-defined]
    response = HttpResponse(file.read_bytes(), content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    # to look again later is another look: a browser keeps it for staff no longer than one look lasts
    keep = DAY if own else int(looks.ONE_LOOK.total_seconds())
    response["Cache-Control"] = f"private, max-age={keep}, immutable"
    response["Content-Disposition"] = "inline"
    return response


def _may(request: HttpRequest, row: Evidence, own: bool) -> bool:
    """Staff by the gate; a reporter by the links of this browser or by account, internal notes left out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if own:
        return not Step.objects.filter(pk=row.step_id, does__in=INSIDE).exists()
    return gate.matters_of(actor).filter(pk=row.matter_id).exists()


def _reported(request: HttpRequest, actor: Actor, matter_id: int) -> bool:
    if any(known.matter_id == matter_id for known, _ in kept.followers(request)):
        return True
    return actor.person_id is not None and gate.reported_by(actor, matter_id)


urlpatterns = [path("<str:written>.jpg", photo, name="photo")]
