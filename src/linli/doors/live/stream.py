"""``GET /live/<topic>``: one listener's stream, from the first byte to the last."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from django.db import close_old_connections
from django.http.cookie import parse_cookie

import linli
from linli.doors.live.events import LiveRequest, Resolver, Subscription, resolver_of
from linli.doors.live.hub import REFETCH, Full, Hub, Listener
from linli.doors.live.tail import Tail, now_ms
from linli.kernel import trouble
from linli.kernel.errors import Refusal

HEARTBEAT_EVERY = 15.0
READY_WITHIN = 5.0
UNKNOWN = -2
_NUMBER = re.compile(r"-1|[0-9]{1,18}")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_STATUS = {"missing": 404, "forbidden": 404, "invalid": 400, "conflict": 409, "busy": 429, "away": 503}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Live:
    """The ASGI application behind /live/. One per process."""

    def __init__(self, hub: Hub | None = None) -> None:
        self.hub = hub or Hub()
        self.tail: Tail | None = None
        self._pool: Executor | None = None
        self._beating: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()

    async def start(self, pool: Executor) -> None:
        """Begin to read the ledger; ``pool`` is where resolvers run."""
        self._loop, self._pool = asyncio.get_running_loop(), pool
        self.tail = Tail(self.hub, self._loop, self._ready.set)
        self.tail.start()
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """End every stream and stop reading."""
        self.hub.close()
        if self._beating is not None:
            self._beating.cancel()
        if self.tail is not None:
            await asyncio.to_thread(self.tail.stop)

    def farewell(self) -> None:
        """End every stream, from any thread or a signal handler: a server that is stopping waits for open answers."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.hub.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request under /live/."""
        try:
            listener, last = await self._admitted(scope)
        except Refusal as refusal:
            await _refuse(send, refusal)
            return
        try:
            await self._stream(listener, last, receive, send)
        finally:
            self.hub.leave(listener)

    async def _admitted(self, scope: Scope) -> tuple[Listener, int | None]:
        if scope["method"] != "GET":
            raise Refusal("live.only_get")
        topic, _, rest = scope["path"].removeprefix("/live/").partition("/")
        resolver, request = resolver_of(topic), _request(scope, rest)
        if resolver is None or self._pool is None:
            raise Refusal("live.no_topic", kind="missing")
        await self._caught_up()
        loop = asyncio.get_running_loop()
        subscription = await loop.run_in_executor(self._pool, _resolved, resolver, request)
        if subscription is None:
            raise Refusal("live.no_topic", kind="missing")
        try:
            return self.hub.join(subscription, request.address), _last(request)
        except Full:
            raise Refusal("live.too_many", kind="busy") from None

    async def _stream(self, listener: Listener, last: int | None, receive: Receive, send: Send) -> None:
        listener.task = asyncio.current_task()
        if self.tail is not None:
            self.tail.rouse()  # it may have gone to rest while the resolver was at work
        missed = self._missed(listener, last)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _body(send, self._hello() + missed + self.hub.mark())
        watching = asyncio.create_task(_watch(listener, receive))
        try:
            while True:
                await listener.wake.wait()
                words = listener.take()
                if words:
                    listener.sending = asyncio.get_running_loop().time()
                    await _body(send, words)
                    listener.sending = None
                if listener.closed:
                    break
        finally:
            watching.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _caught_up(self) -> None:
        """After a start or a rest the last events must be known before anybody can be told what was missed."""
        if self.tail is not None:
            self.tail.rouse()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), READY_WITHIN)

    def _missed(self, listener: Listener, last: int | None) -> bytes:
        """What a listener who was here before has missed; taken in one breath with joining, so nothing falls between."""
        if last is None:
            return b""
        missed = self.hub.since(listener.subscription, last)
        return REFETCH if missed is None else b"".join(missed)

    def _hello(self) -> bytes:
        data = {"now": now_ms(), "idx": self.hub.reached - 1, "version": linli.__version__}
        return f"retry: 1000\n\nevent: hello\ndata: {json.dumps(data)}\n\n".encode()

    async def _beat(self) -> None:
        silent = 0
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY)
            self.hub.beat()
            silent = 0 if self.hub.size else silent + 1
            if silent > 1 and self.tail is not None:
                self._ready.clear()
                self.tail.rest()


async def _watch(listener: Listener, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.pending.clear()
    listener.close()


async def _body(send: Send, words: bytes) -> None:
    await send({"type": "http.response.body", "body": words, "more_body": True})


def _request(scope: Scope, rest: str) -> LiveRequest:
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    client = scope.get("client") or ("", 0)
    return LiveRequest(rest, _query(scope), headers, parse_cookie(headers.get("cookie", "")), client[0])


def _query(scope: Scope) -> dict[str, str]:
    try:
        return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), max_num_fields=50))
    except ValueError:
        raise Refusal("live.no_topic", kind="missing") from None


def _last(request: LiveRequest) -> int | None:
    """The last entry this browser has heard of: its Last-Event-ID, or ``?last=`` for clients that cannot set headers."""
    said = request.headers.get("last-event-id") or request.query.get("last")
    if not said:
        return None
    return int(said) if _NUMBER.fullmatch(said) else UNKNOWN


def _resolved(resolver: Resolver, request: LiveRequest) -> Subscription | None:
    """In a thread that keeps its connection: whether that still holds is asked first, and trouble of the store is said as such."""
    close_old_connections()
    try:
        return resolver(request)
    except Exception as error:
        away = trouble.met(error)
        if away is None:
            raise
        raise away from error


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = f"{refusal.sentence('zh')}\n{refusal.sentence('en')}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    if refusal.kind in ("busy", "away"):
        headers.append((b"retry-after", b"30" if refusal.kind == "busy" else b"5"))
    await send({"type": "http.response.start", "status": _STATUS.get(refusal.kind, 400), "headers": headers})
    await send({"type": "http.response.body", "body": body})
