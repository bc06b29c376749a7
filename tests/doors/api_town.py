"""Asking the API in tests: as anybody, or as somebody of the town by a token."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.test import Client

from linli.doors.api import identity, limits
from tests import town as towns

BASE = "/api/v1/"


class Asker:
    """A program that uses the API as one person, or as nobody."""

    def __init__(self, town: towns.Town, login: str = "", *, proved: bool = True) -> None:
        self.client = Client()
        self.headers: dict[str, str] = {"Accept-Language": "en"}
        limits.reports.forget()
        limits.looks.forget()
        limits.codes.forget()
        if login:
            token = identity.issue(town.ids[login], timedelta(days=1), proved=proved).token
            self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(BASE + path, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            BASE + path, json.dumps(body or {}), content_type="application/json", headers=self.headers | named
        )

    def form(self, path: str, fields: dict[str, Any]) -> Any:
        """The same as a multipart form, with files."""
        return self.client.post(BASE + path, fields, headers=self.headers)


def report(at: int = 501, **more: Any) -> dict[str, Any]:
    """A report that is fit to be taken in."""
    lon, lat = towns.spot(at)
    whole = {"pack": "repair", "kind": "water_leak", "lon": lon, "lat": lat, "words": "三号楼二单元楼道漏水"}
    return whole | {"reporter": {"name": "赵师傅", "phone": "19900001234"}} | more
