"""What a resident's form holds, read."""

from __future__ import annotations

from django.http import HttpRequest

from linli.kernel.errors import Refusal
from linli.kernel.matters.asks import Inputs, Photo, Reporter
from linli.kernel.matters.photos import LARGEST_UPLOAD

YES_NO = {"yes": True, "no": False}


def photos_of(request: HttpRequest, name: str = "photos") -> tuple[Photo, ...]:
    """The pictures of a form. Raises Refusal ``photo.too_large`` before a large one is read."""
    found = []
    for file in request.FILES.getlist(name):
        if (file.size or 0) > LARGEST_UPLOAD:
            raise Refusal("photo.too_large", field=name, megabytes=LARGEST_UPLOAD // 1024 // 1024)
        if file.size:
            found.append(Photo(file.read(), "report"))
    return tuple(found)


def inputs_of(request: HttpRequest) -> Inputs:
    """What a reporter may say about their matter."""
    post = request.POST
    solved, satisfied = YES_NO.get(post.get("solved", "")), YES_NO.get(post.get("satisfied", ""))
    return Inputs(
        words=post.get("words", "").strip(),
        reason=post.get("reason", "").strip(),
        photos=photos_of(request),
        contacted=YES_NO.get(post.get("contacted", ""), True if solved is not None else None),
        solved=solved,
        satisfied=satisfied,
    )


def reporter_of(request: HttpRequest) -> Reporter:
    """Who reports, as far as they say; nothing at all where they chose to stay unnamed."""
    post, lang = request.POST, str(request.lang)  # type: ignore[attr-defined]
    person: int | None = request.actor.person_id  # type: ignore[attr-defined]
    if post.get("anonymous"):
        return Reporter(lang=lang)
    if not post.get("phone", "").strip() and person is None:
        raise Refusal("portal.phone_or_anonymous", field="phone")
    return Reporter(post.get("name", "").strip(), post.get("phone", "").strip(), lang=lang, person_id=person)
