"""Whatever is sent, the API answers: never with a fault of its own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.doors.api.described import described
from linli.doors.api.urls import api
from linli.kernel import ids
from tests import town as towns
from tests.doors.api_town import Asker, report

pytestmark = pytest.mark.django_db
TRIES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip


class Sending:
    """Draws requests from the description: right in form now and then, wrong in every way otherwise."""

    def __init__(self, known: dict[str, list[str]]) -> None:
        self._whole = described(api)
        self._known = known
        self.operations = [
            (method, path.removeprefix("/api/v1/"), operation)
            for path, methods in self._whole["paths"].items()
            for method, operation in methods.items()
        ]

    def value(self, schema: dict[str, Any], name: str = "") -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            return self.object(self._whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return st.one_of(*(self.value(each, name) for each in schema["anyOf"]))
        plain = {"integer": st.integers(), "number": st.floats(), "boolean": st.booleans(), "null": st.none()}
        kind = schema.get("type")
        if kind == "array":
            return st.lists(self.value(schema.get("items", {}), name), max_size=3)
        if kind == "object":
            return self.object(schema)
        odd = st.one_of(
            st.text(max_size=40),
            st.integers(),
            st.none(),
            st.floats(),
            st.lists(st.text(max_size=3), max_size=2),
        )
        likely = st.sampled_from([str(known) for known in self._known.get(name, [""])])
        return st.one_of(plain.get(str(kind), likely), likely, odd)

    def object(self, schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
        fields = schema.get("properties", {})
        wanted = {name: self.value(each, name) for name, each in fields.items()}
        needed = {name: wanted.pop(name) for name in schema.get("required", ()) if name in wanted}
        return st.fixed_dictionaries(needed, optional=wanted)

    def request(self) -> st.SearchStrategy[tuple[str, str, Any, dict[str, str]]]:
        return st.sampled_from(self.operations).flatmap(self._request)

    def _request(
        self, chosen: tuple[str, str, dict[str, Any]]
    ) -> st.SearchStrategy[tuple[str, str, Any, dict[str, str]]]:
        method, path, operation = chosen
        named = re.findall(r"{(\w+)}", path)
        parts = st.fixed_dictionaries({
            name: st.one_of(st.sampled_from(self._known[name]), st.from_regex(r"[^/?#\s\ud800-\udfff]{1,16}", fullmatch=True)) for name in named
        })  # fmt: skip
        query = {
            p["name"]: self.value(p["schema"], p["name"])
            for p in operation.get("parameters", [])
            if p["in"] == "query"
        }
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        sent = self.value(body) if body else st.none()
        headers = st.fixed_dictionaries({}, optional={
            "If-Match": st.sampled_from(['"1"', "*", "x", '"99999999999"']), "Idempotency-Key": st.text("abc1", max_size=12),
        })  # fmt: skip
        whole = st.tuples(parts, st.fixed_dictionaries({}, optional=query), sent, headers)
        return whole.map(lambda drawn: (method, _address(path, drawn[0], drawn[1]), drawn[2], drawn[3]))


def _address(path: str, parts: dict[str, str], query: dict[str, Any]) -> str:
    from urllib.parse import quote, urlencode

    for name, value in parts.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    said = urlencode({name: str(value).encode("utf-8", "replace") for name, value in query.items()})
    return f"{path}?{said}" if said else path


def test_no_request_breaks_the_api(town: towns.Town) -> None:
    receipt, good = town.report(), report()
    sending = Sending({
        "matter": [ids.text(receipt.matter_id), ids.text(1)], "token": [receipt.token, "x"], "clock": ["arrive", "solve"],
        "act": ["arrive", "finish", "note", "summon", "merge", "split", "extend", "regrade", "move_place", "me_too", "pause", "hand_down"],
        "pack": ["repair", "request", "patrol"], "kind": ["water_leak", "question"], "lon": [good["lon"]], "lat": [good["lat"]],
        "place": [ids.text(501)], "person": [ids.text(town.ids["worker2"])], "units": [ids.text(town.units["heat"])], "grade": ["ordinary"],
        "role": ["grid_worker"], "limit": ["2h", "1wd"], "until": ["2026-12-24T10:00:00+08:00"], "tab": ["mine", "all"], "after": [ids.text(1)],
    })  # fmt: skip
    askers = [Asker(town, login) for login in ("", "worker", "leader", "operator", "resident")]

    @TRIES
    @given(asker=st.sampled_from(askers), request=sending.request())
    def tried(asker: Asker, request: tuple[str, str, Any, dict[str, str]]) -> None:
        method, address, body, headers = request
        if method == "get":
            answer = asker.get(address, **headers)
        else:
            data = json.dumps(body)  # NaN and lone surrogates included: programs send such things
            answer = asker.client.post(
                "/api/v1/" + address, data, content_type="application/json", headers=asker.headers | headers
            )
        assert answer.status_code < 500
        if answer.status_code >= 400:
            said = answer.json()
            assert {"code", "sentence", "field", "facts"} == set(said)
            assert said["sentence"]["zh"] and said["sentence"]["en"] and "{" not in said["sentence"]["en"]

    tried()
