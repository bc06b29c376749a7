"""A stream from its first byte to its last, fed by the ledger."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.db import connection

from linli.doors.live import events, stream
from linli.doors.live.events import LiveEvent, LiveRequest, Subscription
from linli.doors.live.hub import Hub
from linli.doors.live.stream import Live
from linli.kernel.errors import Refusal
from linli.kernel.ledger import sequence
from linli.kernel.ledger.rows import EntryRow
from tests.doors.asgi import Answered, Connection, ask, scope
from tests.kernel.ledger.writers import write

pytestmark = pytest.mark.django_db(transaction=True)


def mapped(entry: EntryRow) -> Iterable[LiveEvent]:
    yield LiveEvent("public", (), "changed", {"seq": entry.seq})
    if entry.seq % 2:
        yield LiveEvent("staff", ("/1/5/",), "changed", {"secret": entry.seq})


def staff(request: LiveRequest) -> Subscription | None:
    if request.cookies.get("who") == "worker":
        return Subscription(frozenset(["staff"]), ("/1/",), holder="person:1")
    if request.query.get("token") == "bad":
        raise Refusal("live.no_topic", kind="forbidden")
    return None


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(events, "_mappers", [])
    monkeypatch.setattr(events, "_topics", {})
    events.register_mapper(mapped)
    events.register_topic("public", lambda request: Subscription(frozenset(["public"])))
    events.register_topic("desk", staff)
    yield


def played(play: Callable[[Live], Awaitable[Any]], hub: Hub | None = None) -> Any:
    """Run a scene beside a living stream application."""

    async def scene() -> Any:
        live = Live(hub)
        pool = ThreadPoolExecutor(2)
        await live.start(pool)
        try:
            return await play(live)
        finally:
            await live.stop()
            await asyncio.to_thread(_closed, pool)

    return asyncio.run(scene())


def _closed(pool: ThreadPoolExecutor) -> None:
    for _ in range(2):
        pool.submit(connection.close)
    pool.shutdown()


@asynccontextmanager
async def listening(live: Live, path: str = "/live/public", **headers: str) -> AsyncIterator[Connection]:
    stream = Connection()
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    task = asyncio.create_task(live(scope(path=path, headers=given), stream.receive, stream.send))
    await until(stream, b"hello")
    try:
        yield stream
    finally:
        stream.gone.set()
        await asyncio.wait_for(task, 5)


async def until(stream: Connection, words: bytes, within: float = 10.0) -> bytes:
    async with asyncio.timeout(within):
        while words not in stream.answered.body:
            stream.more.clear()
            await stream.more.wait()
    return stream.answered.body


def happened(entries: int, start: int = 1) -> Awaitable[None]:
    def work() -> None:
        write("test:1", entries, start=start)
        sequence.sequence_all()
        connection.close()

    return asyncio.to_thread(work)


def test_what_happens_is_heard_within_a_moment_with_the_ledgers_index() -> None:
    async def play(live: Live) -> tuple[Answered, float]:
        async with listening(live) as stream:
            await happened(2)
            began = time.perf_counter()
            await until(stream, b'{"seq":2}')
            return stream.answered, time.perf_counter() - began

    answered, took = played(play)
    assert answered.status == 200
    assert answered.header(b"content-type") == b"text/event-stream; charset=utf-8"
    assert answered.header(b"cache-control") == b"no-store, no-transform"
    assert answered.body.endswith(b'id: 1\nevent: changed\ndata: {"seq":2}\n\n')
    assert b"secret" not in answered.body
    assert took < 1


def test_a_stream_begins_with_the_servers_time_and_when_to_come_back() -> None:
    async def play(live: Live) -> bytes:
        async with listening(live) as stream:
            return stream.answered.body

    first, hello = played(play).decode().split("\n\n")[:2]
    assert first == "retry: 1000"
    told = json.loads(hello.split("data: ")[1])
    assert abs(told["now"] - time.time() * 1000) < 5000
    assert told["idx"] == -1


def test_who_comes_back_hears_what_was_missed_and_nothing_twice() -> None:
    async def play(live: Live) -> bytes:
        async with listening(live) as stream:
            await happened(3)
            await until(stream, b'{"seq":3}')
        await happened(3, start=4)
        async with listening(live, last_event_id="2") as stream:
            await happened(1, start=7)
            return await until(stream, b'{"seq":7}')

    body = played(play).decode()
    assert [json.loads(line[6:])["seq"] for line in body.split("\n") if line.startswith('data: {"seq"')] == [
        4,
        5,
        6,
        7,
    ]
    assert "refetch" not in body


def test_after_a_restart_the_last_events_are_still_known() -> None:
    async def play(live: Live) -> bytes:
        async with listening(live, "/live/public?last=1") as stream:
            return stream.answered.body

    write("test:1", 5)
    sequence.sequence_all()
    body = played(play)
    assert body.count(b"changed") == 3
    assert body.endswith(b"id: 4\n\n")


@pytest.mark.parametrize("last", ["77", "nonsense", "-5", "9" * 40])
def test_who_comes_from_another_log_is_told_to_fetch_again(last: str) -> None:
    async def play(live: Live) -> bytes:
        async with listening(live, last_event_id=last) as stream:
            return stream.answered.body

    assert b"event: refetch" in played(play)


def test_staff_are_known_by_their_cookie_and_others_find_nothing_there() -> None:
    async def play(live: Live) -> tuple[bytes, list[int]]:
        async with listening(live, "/live/desk", cookie="who=worker") as stream:
            await happened(3)
            body = await until(stream, b'{"secret":3}')
        refused = [
            await ask(live, scope(path="/live/desk")),
            await ask(live, scope(path="/live/desk?token=bad")),
            await ask(live, scope(path="/live/nothing")),
            await ask(live, scope("POST", "/live/public")),
        ]
        assert len({one.body for one in refused[:3]}) == 1, "absent and forbidden must look the same"
        return body, [one.status for one in refused]

    body, statuses = played(play)
    assert b'"seq"' not in body
    assert statuses == [404, 404, 404, 400]


def test_a_listener_who_leaves_is_forgotten_and_one_too_many_is_asked_to_wait() -> None:
    async def play(live: Live) -> tuple[int, int]:
        async with listening(live):
            refused = await ask(live, scope(path="/live/public"))
        return refused.status, live.hub.size

    assert played(play, Hub(per_address=1)) == (429, 0)


def test_a_mapper_that_fails_costs_its_own_events_only(caplog: pytest.LogCaptureFixture) -> None:
    def broken(entry: EntryRow) -> Iterable[LiveEvent]:
        raise ValueError("13800000000")

    events.register_mapper(broken)

    async def play(live: Live) -> int:
        async with listening(live) as stream:
            await happened(3)
            await until(stream, b'{"seq":3}')
        assert live.tail is not None
        return live.tail.mapped_badly

    assert played(play) == 3
    assert "13800000000" not in caplog.text


def test_a_server_that_stops_ends_its_streams() -> None:
    async def play(live: Live) -> bytes:
        stream = Connection()
        task = asyncio.create_task(live(scope(path="/live/public"), stream.receive, stream.send))
        await until(stream, b"hello")
        await asyncio.to_thread(live.farewell)
        await asyncio.wait_for(task, 5)
        return stream.answered.body

    assert b"hello" in played(play)


def test_nothing_is_read_for_nobody_and_who_comes_back_after_a_rest_misses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_EVERY", 0.02)
    mapped_for: list[int] = []
    events.register_mapper(lambda entry: mapped_for.append(entry.idx) or ())

    async def play(live: Live) -> tuple[list[int], bytes]:
        async with listening(live) as first:
            await happened(2)
            await until(first, b'{"seq":2}')
        assert live.tail is not None
        async with asyncio.timeout(5):
            while not live.tail.resting:
                await asyncio.sleep(0.01)
        await happened(3, start=3)
        await asyncio.sleep(0.3)
        unread = list(mapped_for)
        async with listening(live, last_event_id="1") as again:
            return unread, await until(again, b'{"seq":5}')

    unread, body = played(play)
    assert unread == [0, 1]
    assert body.count(b"event: changed") == 3
    assert b"refetch" not in body


def test_a_thousand_listeners_hear_everything_from_one_reading() -> None:
    reads = [0]
    lock = threading.Lock()

    def counting(entry: EntryRow) -> Iterable[LiveEvent]:
        with lock:
            reads[0] += 1
        return ()

    events.register_mapper(counting)

    async def play(live: Live) -> list[int]:
        streams = [Connection() for _ in range(1000)]
        tasks = [
            asyncio.create_task(live(scope(path="/live/public"), one.receive, one.send)) for one in streams
        ]
        for one in streams:
            await until(one, b"hello")
        await happened(5)
        for one in streams:
            await until(one, b'{"seq":5}')
            one.gone.set()
        await asyncio.gather(*tasks)
        return [one.answered.body.count(b"changed") for one in streams]

    assert set(played(play, Hub(per_address=5000))) == {5}
    assert reads[0] == 5
