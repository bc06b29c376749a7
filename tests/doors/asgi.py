"""Speaking ASGI to an application without a server in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Application = Callable[..., Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass
class Answered:
    """What an application sent."""

    status: int = 0
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    read: int = 0
    """How many pieces of the request's body were taken."""

    def header(self, name: bytes) -> bytes | None:
        return dict(self.headers).get(name)


class Connection:
    """One request, piece by piece; ``gone`` set means the client has left."""

    def __init__(self, pieces: list[bytes] | None = None, *, leaves: bool = False) -> None:
        self.answered = Answered()
        self.gone = asyncio.Event()
        self.more = asyncio.Event()
        self._pieces, self._leaves = pieces or [], leaves

    async def receive(self) -> MutableMapping[str, Any]:
        if self.answered.read < len(self._pieces):
            self.answered.read += 1
            last = self.answered.read == len(self._pieces) and not self._leaves
            return {
                "type": "http.request",
                "body": self._pieces[self.answered.read - 1],
                "more_body": not last,
            }
        if not self._leaves:
            await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.answered.status, self.answered.headers = message["status"], message["headers"]
        else:
            self.answered.body += message.get("body", b"")
            self.more.set()


def scope(
    method: str = "GET", path: str = "/", headers: Headers | None = None, **other: Any
) -> dict[str, Any]:
    """The scope of a request as a server would give it."""
    path, _, query = path.partition("?")
    base = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("192.0.2.7", 40000),
        "headers": headers if headers is not None else [(b"host", b"linli.test")],
    }
    return {**base, **other}


async def ask(
    application: Application, asked: dict[str, Any], *pieces: bytes, leaves: bool = False
) -> Answered:
    """Have one request answered whole."""
    connection = Connection(list(pieces), leaves=leaves)
    await application(asked, connection.receive, connection.send)
    return connection.answered
