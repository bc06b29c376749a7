"""Between the server and Django: streams stay on the event loop, everything else runs in a fixed number of threads.

Django's own ASGI handler costs three times the CPU and opens a database connection per request; here each of a few
threads keeps its one connection. A thread is never held by a slow client: a request's body is complete before a thread
takes it, and an answer is sent after the thread has let it go.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, Protocol

from linli.config.crew import Crew
from linli.config.forwarding import BadRequest, Networks, environ_of, header, sender, wanted_length
from linli.kernel.errors import Refusal
from linli.kernel.ledger.follow import described

log = logging.getLogger("linli.bridge")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

MEGABYTE = 1 << 20
CHUNK = 1 << 18
_BODILESS = (204, 304)
_HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"}


class Live(Protocol):
    """What serves /live/: an ASGI application that is told when the server starts and ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    async def start(self, pool: Executor) -> None:
        """Called on the event loop before the first request; ``pool`` is where code that reads the store runs."""

    async def stop(self) -> None:
        """Called on the event loop after the last request."""


@dataclass(slots=True)
class Answer:
    """What a thread hands back: all of a short body, or a file from which the rest is sent."""

    status: int
    headers: Headers
    body: bytes = b""
    rest: IO[bytes] | None = None


class FileBody:
    """``wsgi.file_wrapper``: lets a file be sent after the thread that opened it has gone on to the next request."""

    def __init__(self, file: IO[bytes], block: int = CHUNK) -> None:
        self.file = file
        self._block = block

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(self._block), b"")

    def close(self) -> None:
        """Close the file, and with it the response it came from."""
        self.file.close()


class Bridge:
    """The whole program as one ASGI application.

    ``limit`` is the greatest request body in bytes; ``waiting`` how many requests may stand in line for a thread before
    the next is asked to come again (503); ``trusted`` whose X-Forwarded-* headers are believed.
    """

    def __init__(
        self,
        wsgi: Callable[..., Any],
        live: Live,
        *,
        threads: int = 8,
        limit: int = 60 * MEGABYTE,
        waiting: int = 512,
        trusted: Sequence[str] = (),
        idle: float = 30.0,
        patience: float = 300.0,
    ) -> None:
        self._wsgi, self._live = wsgi, live
        self._crew = Crew(threads, "linli-web")
        self._files = ThreadPoolExecutor(2, "linli-files")
        self._limit, self._room = limit, waiting + threads
        self._trusted = Networks(trusted)
        self._idle, self._patience = idle, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the server's beginning and end."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._live.start(self._crew)
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._live.stop()
                await asyncio.to_thread(self._crew.shutdown)
                await asyncio.to_thread(self._files.shutdown)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            address, scheme = sender(scope, self._trusted)
            if scope["path"].startswith("/live/"):
                await self._live({**scope, "client": (address, 0), "scheme": scheme}, receive, send)
                return
            environ = environ_of(scope, address, scheme, believed=self._trusted.hold(scope))
            body = await self._body(scope, receive)
        except BadRequest as error:
            await _refuse(send, error.status, error.code)
            return
        if body is not None:
            await self._serve(environ, body, receive, send)

    async def _serve(self, environ: dict[str, Any], body: IO[bytes], receive: Receive, send: Send) -> None:
        if self._room <= 0:
            body.close()
            await _refuse(send, 503, "bridge.busy")
            return
        self._room -= 1
        try:
            loop = asyncio.get_running_loop()
            answer = await self._crew.do(loop, lambda: self._respond(environ, body))
        finally:
            self._room += 1
        await self._send(answer, environ["REQUEST_METHOD"], receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> IO[bytes] | None:
        """The whole request body, kept in memory while small; None when the client went away. Raises BadRequest."""
        length = wanted_length(scope)
        if length is not None and length > self._limit:
            raise BadRequest(413, "bridge.too_large")
        if not length and header(scope, b"transfer-encoding") is None:
            return BytesIO()
        small = length is not None and length <= MEGABYTE
        body: IO[bytes] = BytesIO() if small else tempfile.SpooledTemporaryFile(MEGABYTE)  # noqa: SIM115 - closed by whoever uses it last
        try:
            whole = await self._fill(body, receive)
        except TimeoutError:
            body.close()
            raise BadRequest(408, "bridge.too_slow") from None
        except BaseException:
            body.close()
            raise
        if not whole:
            body.close()
            return None
        return body

    async def _fill(self, body: IO[bytes], receive: Receive) -> bool:
        """Whether all of it came. Raises TimeoutError for a body that takes too long, or of which nothing more comes for a while."""
        now = asyncio.get_running_loop().time
        taken, until = 0, now() + self._patience
        async with asyncio.timeout(min(self._idle, self._patience)) as patience:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return False
                chunk = message.get("body", b"")
                taken += len(chunk)
                if taken > self._limit:
                    raise BadRequest(413, "bridge.too_large")
                body.write(chunk)
                if not message.get("more_body"):
                    return True
                patience.reschedule(min(now() + self._idle, until))

    def _respond(self, environ: dict[str, Any], body: IO[bytes]) -> Answer:
        """In a thread: have Django answer, and take from it all that would hold the thread."""
        try:
            with body:
                body.seek(0, 2)
                environ["CONTENT_LENGTH"] = str(body.tell())
                body.seek(0)
                environ["wsgi.input"] = body
                environ["wsgi.file_wrapper"] = FileBody
                return _taken(self._wsgi, environ)
        except Exception as error:
            log.error("%s %s failed: %s", environ["REQUEST_METHOD"], environ["PATH_INFO"], described(error))
            return Answer(500, [(b"content-type", b"text/plain; charset=utf-8")], _sentences("bridge.broken"))

    async def _send(self, answer: Answer, method: str, receive: Receive, send: Send) -> None:
        bare = method == "HEAD" or answer.status in _BODILESS
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        more = answer.rest is not None and not bare
        body = b"" if bare else answer.body
        await send({"type": "http.response.body", "body": body, "more_body": more})
        if answer.rest is None:
            return
        try:
            if more:
                await self._send_rest(answer.rest, receive, send)
        finally:
            await asyncio.get_running_loop().run_in_executor(self._files, answer.rest.close)

    async def _send_rest(self, file: IO[bytes], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            while not gone.done():
                chunk = await loop.run_in_executor(self._files, file.read, CHUNK)
                await send({"type": "http.response.body", "body": chunk, "more_body": bool(chunk)})
                if not chunk:
                    return
        finally:
            gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _taken(wsgi: Callable[..., Any], environ: dict[str, Any]) -> Answer:
    """Run the WSGI application and read its answer: a short one whole, a file up to its first chunk, a stream to a file."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [(status, headers)]

    result = wsgi(environ, start_response)
    keep = False
    try:
        first, rest, length = _content(result)
        keep = rest is not None and isinstance(result, FileBody)
        status, headers = int(started[0][0][:3]), _headers(started[0][1])
        if (
            length is not None
            and status not in _BODILESS
            and not any(name == b"content-length" for name, _ in headers)
        ):
            headers.append((b"content-length", b"%d" % length))
        return Answer(status, headers, first, rest)
    finally:
        if not keep and hasattr(result, "close"):
            result.close()


def _content(result: Any) -> tuple[bytes, IO[bytes] | None, int | None]:
    """The first bytes, the file with the rest if there is more, and the length where it is known."""
    if isinstance(result, FileBody):
        first = result.file.read(CHUNK)
        return (
            first,
            (result.file if len(first) == CHUNK else None),
            (len(first) if len(first) < CHUNK else None),
        )
    chunks = iter(result)
    first = next(chunks, b"")
    second = next(chunks, None)
    if second is None:
        return first, None, len(first)
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(MEGABYTE)  # noqa: SIM115 - closed by whoever uses it last
    spool.write(second)
    for chunk in chunks:
        spool.write(chunk)
    length = len(first) + spool.tell()
    spool.seek(0)
    return first, spool, length


def _headers(given: list[tuple[str, str]]) -> Headers:
    """An application's headers as the server takes them. Raises ValueError when one would break the answer apart."""
    headers: Headers = []
    for name, value in given:
        if any(sign in text for text in (name, value) for sign in "\r\n\0"):
            raise ValueError("a line break in a header")
        key = name.lower().encode("latin-1")
        if key not in _HOP_BY_HOP:
            headers.append((key, value.strip().encode("latin-1")))
    return headers


def _sentences(code: str) -> bytes:
    refusal = Refusal(code)
    return f"{refusal.sentence('zh')}\n{refusal.sentence('en')}\n".encode()


async def _refuse(send: Send, status: int, code: str) -> None:
    """Say no before Django was asked, and close: there may be an unread body behind."""
    body = _sentences(code)
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"2"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
