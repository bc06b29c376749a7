"""A bridge with a small application behind it, for its tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import Any

from linli.config.bridge import Bridge
from tests.doors.asgi import Answered, ask

HOST = (b"host", b"linli.test")


class Streams:
    """Stands where the streams are."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.said: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"stream"})

    async def start(self, pool: Executor) -> None:
        self.said.append("start")

    async def stop(self) -> None:
        self.said.append("stop")


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the environment it was given, and its body."""
    body = environ["wsgi.input"].read()
    told = {key: value for key, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Body", str(len(body)))])
    return [json.dumps(told | {"body": body[:100].decode("latin-1")}).encode()]


def bridge(wsgi: Callable[..., Any] = echo, **options: Any) -> Bridge:
    return Bridge(wsgi, Streams(), **options)


def served(
    asked: dict[str, Any], *pieces: bytes, app: Bridge | None = None, leaves: bool = False
) -> Answered:
    return asyncio.run(ask(app or bridge(), asked, *pieces, leaves=leaves))


def environ(asked: dict[str, Any], *pieces: bytes, app: Bridge | None = None) -> dict[str, Any]:
    answered = served(asked, *pieces, app=app)
    assert answered.status == 200, answered.body
    told: dict[str, Any] = json.loads(answered.body)
    return told
