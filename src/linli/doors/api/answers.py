"""How the API answers: values of the kernel as JSON with ids as text, and a Refusal as code, sentence, field and facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors.page import STATUS
from linli.kernel import ids
from linli.kernel.errors import Refusal, sentences

IDS = ("_id",)  # a whole number in a field so named is an id
SIGN_IN = frozenset({"doors.sign_in_first", "api.bad_token"})


@cache
def _names(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a value, and which of them are ids."""
    return tuple((each.name, each.name.endswith(IDS)) for each in fields(kind))


def plain(value: Any) -> Any:
    """A value of the kernel as JSON knows it."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, frozenset, set)):
        return [plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        found = {}
        for name, is_id in _names(type(value)):
            each = getattr(value, name)
            found[name] = ids.text(each) if is_id and isinstance(each, int) else plain(each)
        return found
    return str(value)


def answer(value: Any, status: int = 200, **headers: str) -> HttpResponse:
    """The answer of an operation."""
    body = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")).encode()
    return HttpResponse(body, status=status, content_type="application/json", headers=headers or None)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A Refusal: the code to switch on, the sentence for people in both languages, the field at fault, the facts behind it."""
    body = {
        "code": refusal.code,
        "sentence": {"zh": refusal.sentence("zh"), "en": refusal.sentence("en")},
        "field": refusal.field,
        "facts": refusal.facts,
    }
    if refusal.code in SIGN_IN:
        return answer(body, 401, **{"WWW-Authenticate": "Bearer"})
    made = answer(body, STATUS.get(refusal.kind, 422))
    if refusal.kind == "busy":
        made["Retry-After"] = str(60 * int(refusal.facts.get("minutes", 1)))
    return made


def codes() -> tuple[str, ...]:
    """Every code a refusal can have, in order."""
    return tuple(sorted(sentences()))
