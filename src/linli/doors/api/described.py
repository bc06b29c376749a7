"""The description of the API, OpenAPI 3.1: what django-ninja knows of the operations, the bodies we read ourselves, and every refusal."""

from __future__ import annotations

from functools import cache
from typing import Any

from ninja import NinjaAPI

from linli.doors.api import forms
from linli.doors.api.answers import codes
from linli.doors.api.forms import PHOTO_FILES, Form
from linli.doors.api.shapes import Refused

REFUSALS = {
    "401": "sign in first, or the token does not hold",
    "403": "not yours",
    "404": "absent, or out of your reach: the two look the same",
    "409": "the matter has moved on, or it cannot be done now",
    "422": "something in the request does not fit",
    "429": "too many tries; see Retry-After",
}
BODIES: dict[str, tuple[type[Form], bool]] = {
    # operation: its form, whether pictures may come along
    "report": (forms.ReportForm, True),
    "likely": (forms.LikelyForm, False),
    "follow_by_code": (forms.CodeForm, False),
    "act_by_link": (forms.ActForm, True),
    "act": (forms.ActForm, True),
    "look": (forms.WhyForm, False),
    "search": (forms.SearchForm, False),
    "make_token": (forms.TokenForm, False),
}
KEYED = ("report", "act", "act_by_link")
REF = "#/components/schemas/{model}"


@cache
def described(api: NinjaAPI) -> dict[str, Any]:
    """The whole description. Made once."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    schemas = found["components"].setdefault("schemas", {})
    _add(schemas, Refused)
    for form, _ in BODIES.values():
        _add(schemas, form)
    found["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    }
    found["security"] = [{}, {"bearer": []}, {"session": []}]
    found["servers"] = [{"url": "/"}]
    found["x-refusals"] = list(codes())
    for methods in found["paths"].values():
        for operation in methods.values():
            _complete(operation)
    return found


def _add(schemas: dict[str, Any], model: Any) -> None:
    made = model.model_json_schema(ref_template=REF)
    schemas.update(made.pop("$defs", {}))
    schemas[model.__name__] = made


def _complete(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    operation["responses"] = {str(status): said for status, said in operation["responses"].items()}
    for status, description in REFUSALS.items():
        content = {"application/json": {"schema": {"$ref": REF.format(model="Refused")}}}
        operation["responses"].setdefault(status, {"description": description, "content": content})
    if name in BODIES:
        operation["requestBody"] = _body(*BODIES[name])
    if name in KEYED:
        operation["parameters"].append(
            _header("Idempotency-Key", "the same key is one act", minLength=8, maxLength=200)
        )
    if name in ("act", "act_by_link"):
        operation["parameters"].append(_header("If-Match", "the version that was seen"))


def _header(name: str, description: str, **limits: Any) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": False,
        "description": description,
        "schema": {"type": "string", **limits},
    }


def _body(form: type[Form], photos: bool) -> dict[str, Any]:
    ref = {"$ref": REF.format(model=form.__name__)}
    content: dict[str, Any] = {"application/json": {"schema": ref}}
    if photos:
        file = {"type": "array", "items": {"type": "string", "contentMediaType": "image/jpeg"}}
        pictures = {"type": "object", "properties": dict.fromkeys(PHOTO_FILES, file)}
        content["multipart/form-data"] = {"schema": {"allOf": [ref, pictures]}}
    return {"required": True, "content": content}
