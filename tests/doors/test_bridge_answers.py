"""What passes from Django back to whoever asked, however slowly they take it."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import FileResponse

from linli.config.bridge import CHUNK, Bridge, FileBody
from tests.doors.asgi import Answered, Connection, ask, scope
from tests.doors.bridged import Streams, bridge, echo, served


def answering(status: str, headers: list[tuple[str, str]], body: Iterable[bytes]) -> Callable[..., Any]:
    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(status, headers)
        return body

    return wsgi


def test_a_short_answer_carries_its_length_and_all_its_headers() -> None:
    answered = served(
        scope(), app=bridge(answering("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], [b"hello"]))
    )
    assert answered.headers == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"content-length", b"5")]
    assert answered.body == b"hello"


def test_headers_that_belong_to_the_connection_are_not_the_applications_to_set() -> None:
    app = bridge(answering("200 OK", [("Connection", "close"), ("Transfer-Encoding", "chunked")], [b"x"]))
    assert served(scope(), app=app).headers == [(b"content-length", b"1")]


def test_an_answer_whose_header_would_break_apart_is_not_sent() -> None:
    answered = served(
        scope(), app=bridge(answering("200 OK", [("Location", "/a\r\nSet-Cookie: x=1")], [b""]))
    )
    assert answered.status == 500
    assert answered.header(b"location") is None


def test_a_head_request_gets_the_headers_and_no_body() -> None:
    answered = served(scope("HEAD"), app=bridge(answering("200 OK", [], [b"hello"])))
    assert (answered.header(b"content-length"), answered.body) == (b"5", b"")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_that_have_no_body_have_none(status: str) -> None:
    answered = served(scope(), app=bridge(answering(status, [], [b"x"])))
    assert (answered.status, answered.headers, answered.body) == (int(status[:3]), [], b"")


def test_an_application_that_fails_is_answered_for_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> Any:
        raise ValueError("13800000000 is somebody's number")

    answered = served(scope(), app=bridge(failing))
    assert (answered.status, "出了错" in answered.body.decode()) == (500, True)
    assert "13800000000" not in caplog.text
    assert "ValueError" in caplog.text


class Counted:
    """An answer that knows whether it was closed, and in which thread it was made."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.closed = chunks, 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        self.closed += 1


def test_every_answer_is_closed_once() -> None:
    for chunks in ([b"a"], [], [b"a", b"b", b"c"]):
        answer = Counted(chunks)
        assert served(scope(), app=bridge(answering("200 OK", [], answer))).body == b"".join(chunks)
        assert answer.closed == 1


def test_an_answer_made_in_pieces_does_not_hold_its_thread_while_a_slow_client_reads() -> None:
    free = threading.Event()

    def pieces(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from [b"x" * 70_000] * 40
        free.set()

    async def slow() -> Answered:
        connection = Connection()

        async def send(message: Any) -> None:
            if message.get("body"):
                assert free.is_set(), "the thread is still making the answer while the client reads"
            await connection.send(message)

        await bridge(pieces, threads=1)(scope(), connection.receive, send)
        return connection.answered

    answered = asyncio.run(slow())
    assert (len(answered.body), answered.header(b"content-length")) == (2_800_000, b"2800000")


@pytest.mark.parametrize("size", [0, 10, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_a_file_is_sent_whole_and_closed(size: int) -> None:
    file = io.BytesIO(bytes(size))
    app = bridge(
        lambda environ, start: (
            start("200 OK", [("Content-Length", str(size))]) or environ["wsgi.file_wrapper"](file)
        )
    )
    answered = served(scope(), app=app)
    assert (len(answered.body), file.closed) == (size, True)


def test_a_file_asked_for_with_head_is_closed_unsent() -> None:
    file = io.BytesIO(bytes(2 * CHUNK))
    app = bridge(lambda environ, start: start("200 OK", []) or FileBody(file))
    assert served(scope("HEAD"), app=app).body == b""
    assert file.closed


def test_sending_a_file_stops_when_the_client_has_gone() -> None:
    file = io.BytesIO(bytes(200 * CHUNK))

    async def leaving() -> int:
        connection = Connection()
        connection.gone.set()
        await bridge(lambda environ, start: start("200 OK", []) or FileBody(file))(
            scope(), connection.receive, connection.send
        )
        return len(connection.answered.body)

    assert asyncio.run(leaving()) < 5 * CHUNK
    assert file.closed


def test_djangos_own_file_answer_is_closed_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"j" * (CHUNK + 9))
    made: list[FileResponse] = []

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        WSGIRequest(environ)
        response = FileResponse(path.open("rb"))
        made.append(response)
        start_response("200 OK", list(response.items()))
        response.file_to_stream.close = response.close  # as Django's WSGI handler does
        return environ["wsgi.file_wrapper"](response.file_to_stream, response.block_size)

    answered = served(scope(), app=bridge(wsgi))
    assert answered.header(b"content-length") == str(CHUNK + 9).encode()
    assert len(answered.body) == CHUNK + 9
    assert made[0].closed


def test_when_too_many_wait_the_next_is_asked_to_come_again() -> None:
    release = threading.Event()

    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        release.wait(5)
        start_response("200 OK", [])
        return [b"x"]

    async def crowd() -> list[Answered]:
        app = bridge(slow, threads=1, waiting=2)
        asked = [asyncio.create_task(ask(app, scope())) for _ in range(6)]
        await asyncio.sleep(0.1)
        release.set()
        return list(await asyncio.gather(*asked))

    answered = asyncio.run(crowd())
    assert sorted(one.status for one in answered) == [200, 200, 200, 503, 503, 503]
    assert {one.header(b"retry-after") for one in answered if one.status == 503} == {b"2"}


def test_streams_bypass_the_threads_and_are_told_who_asks() -> None:
    streams = Streams()
    app = Bridge(echo, streams, trusted=["192.0.2.7"])
    asked = scope(
        path="/live/public", headers=[(b"x-forwarded-for", b"203.0.113.5"), (b"x-forwarded-proto", b"https")]
    )
    assert served(asked, app=app).body == b"stream"
    assert (streams.asked[0]["client"], streams.asked[0]["scheme"]) == (("203.0.113.5", 0), "https")


def test_streams_begin_and_end_with_the_server() -> None:
    streams = Streams()

    async def whole_life() -> list[str]:
        coming = asyncio.Queue[dict[str, str]]()
        sent: list[str] = []
        for kind in ("startup", "shutdown"):
            coming.put_nowait({"type": f"lifespan.{kind}"})

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await Bridge(echo, streams)({"type": "lifespan"}, coming.get, send)
        return sent

    assert asyncio.run(whole_life()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert streams.said == ["start", "stop"]


def test_as_many_requests_run_at_once_as_there_are_threads() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def counting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        start_response("200 OK", [])
        return [b"x"]

    async def crowd() -> None:
        app = bridge(counting, threads=3)
        await asyncio.gather(*(ask(app, scope()) for _ in range(12)))

    asyncio.run(crowd())
    assert most[0] == 3
