"""docs/reference/api.md, written from the description: ``python -m linli.doors.api.reference``. A test holds the page to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

PAGE = Path("docs/reference/api.md")
INTRODUCTION = """# The interface for programs

Every operation of `/api/v1`. Made by `python -m linli.doors.api.reference`; do not edit.
How to use it: [write a program against the API](../howto/api.md). The same, for programs: `/api/v1/openapi.json`.
"""


def text() -> str:
    """The whole page."""
    from linli.doors.api.described import described
    from linli.doors.api.urls import api

    whole = described(api)
    parts = [INTRODUCTION]
    for tag in ("public", "signed in"):
        parts.append(f"## {tag.capitalize()}\n")
        for address, methods in whole["paths"].items():
            parts += [
                _operation(method, address, each) for method, each in methods.items() if tag in each["tags"]
            ]
    forms = sorted(name for name, schema in whole["components"]["schemas"].items() if name.endswith("Form"))
    parts.append("## Bodies\n")
    parts += [_form(name, whole["components"]["schemas"][name]) for name in forms]
    return "\n".join(parts).rstrip() + "\n"


def _operation(method: str, address: str, said: dict[str, Any]) -> str:
    lines = [f"### `{method.upper()} {address}`", "", f"{said['summary']}.", ""]
    if said.get("description"):
        lines += [" ".join(said["description"].split()), ""]
    for each in said.get("parameters", []):
        lines.append(
            f"- `{each['name']}` ({each['in']}{'' if each.get('required') else ', optional'}) {each.get('description', '')}".rstrip()
        )
    content = said.get("requestBody", {}).get("content", {})
    if content:
        form = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        lines.append(f"- body: `{form}`{', or the same as a form with pictures' if len(content) > 1 else ''}")
    answers = [status for status in said["responses"] if status.startswith("2")]
    lines.append(f"- answers: {', '.join(answers)}")
    return "\n".join([*lines, ""])


def _form(name: str, schema: dict[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    lines = [f"### `{name}`", "", " ".join(schema.get("description", "").split()), ""]
    for field, each in schema.get("properties", {}).items():
        kind = "must be given" if field in needed else "optional"
        lines.append(f"- `{field}` ({kind}, {_kind(each)}) {each.get('description', '')}".rstrip())
    return "\n".join([*lines, ""])


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"] if each.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "enum" in schema:
        return " · ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("format", schema.get("type", "text"))).replace("string", "text")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    import django

    django.setup()
    PAGE.write_text(text(), "utf-8")
