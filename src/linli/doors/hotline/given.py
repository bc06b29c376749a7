"""What stands in the call form, as a Report."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from linli.doors.words import say
from linli.kernel import moment
from linli.kernel.matters.asks import Report, Reporter

KEPT = (
    "name",
    "back",
    "phone",
    "no_call",
    "room",
    "words",
    "kind",
    "condition",
    "address",
    "lon",
    "lat",
    "place",
    "transfers",
)


def draft_of(post: QueryDict) -> dict[str, str]:
    """All that is kept with the call while it is being typed."""
    return {key: str(post[key]) for key in KEPT if post.get(key)}


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def report_of(request: HttpRequest, caller: str) -> Report:
    """The report as typed so far. ``caller`` is the number that rang; another may have been given for the call-back."""
    post = request.POST
    pack, _, kind = post.get("kind", "").partition("/")
    place = post.get("place", "")
    return Report(
        pack=pack,
        kind=kind,
        condition=post.get("condition", ""),
        lon=number(post.get("lon", "")),
        lat=number(post.get("lat", "")),
        place_id=int(place) if place.isdigit() else None,
        address=post.get("address", "").strip(),
        words=words_of(request),
        reporter=reporter_of(post, caller),
        source="hotline",
    )


def words_of(request: HttpRequest) -> str:
    """What was typed, and to which emergency service the call was put through."""
    lang: str = request.lang  # type: ignore[attr-defined]
    words = request.POST.get("words", "").strip()
    lines = [
        say(lang, "hotline.sos.line", to=to, hour=hour)
        for to, hour in pairs_of(request.POST.get("transfers", ""))
    ]
    return "\n".join([words, *lines]).strip()


def pairs_of(transfers: str) -> list[tuple[str, str]]:
    """``119@09:44;120@09:45`` → the pairs, in order."""
    pairs = (part.partition("@") for part in transfers.split(";") if part)
    return [(to, hour) for to, _, hour in pairs]


def transferred(post: QueryDict, to: str) -> str:
    """The list with one more transfer, at the present hour."""
    mark = f"{to}@{moment.local(moment.now()):%H:%M}"
    return ";".join([part for part in post.get("transfers", "").split(";") if part] + [mark])


def reporter_of(post: QueryDict, caller: str) -> Reporter:
    other = post.get("phone", "").strip()
    return Reporter(
        name=post.get("name", "").strip(),
        phone=other if post.get("back") == "other" and other else caller,
        room=post.get("room", "").strip(),
        wants_call=post.get("no_call") != "on",
        lang=post.get("caller_lang", "zh"),
    )
