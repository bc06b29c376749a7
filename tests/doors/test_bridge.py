"""What passes between the server and Django, and what must not."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import FileResponse

from linli.config.bridge import CHUNK, Bridge, FileBody
from linli.config.forwarding import Networks, sender
from tests.doors.asgi import Answered, Connection, ask, scope

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

    async def start(self, pool: ThreadPoolExecutor) -> None:
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


def test_a_request_arrives_as_wsgi_describes_it() -> None:
    told = environ(
        scope("POST", "/a?x=1&y=2", [HOST, (b"content-length", b"5"), (b"content-type", b"text/plain")]),
        b"hello",
    )
    assert (told["REQUEST_METHOD"], told["PATH_INFO"], told["QUERY_STRING"]) == ("POST", "/a", "x=1&y=2")
    assert (told["SERVER_NAME"], told["SERVER_PORT"], told["SERVER_PROTOCOL"]) == (
        "127.0.0.1",
        "8000",
        "HTTP/1.1",
    )
    assert (told["CONTENT_TYPE"], told["CONTENT_LENGTH"], told["body"]) == ("text/plain", "5", "hello")
    assert (told["HTTP_HOST"], told["REMOTE_ADDR"], told["SCRIPT_NAME"]) == ("linli.test", "192.0.2.7", "")
    assert told["wsgi.url_scheme"] == "http"
    assert "HTTPS" not in told


def test_a_path_with_chinese_and_escaped_slashes_is_given_as_its_bytes() -> None:
    asked = scope(path="/街道", raw_path=b"/%E8%A1%97%E9%81%93/a%2Fb%FF")
    assert environ(asked)["PATH_INFO"].encode("latin-1") == "/街道/a/b".encode() + b"\xff"
    assert environ(scope(path="/街道", raw_path=None))["PATH_INFO"].encode("latin-1") == "/街道".encode()


def test_headers_of_one_name_are_joined_as_http_says() -> None:
    headers = [HOST, (b"Accept", b"a"), (b"accept", b"b"), (b"cookie", b"x=1"), (b"cookie", b"y=2")]
    told = environ(scope(headers=headers))
    assert (told["HTTP_ACCEPT"], told["HTTP_COOKIE"]) == ("a,b", "x=1; y=2")


@pytest.mark.parametrize("name", [b"host", b"content-type", b"authorization", b"content-length"])
def test_a_header_that_may_stand_once_stands_once(name: bytes) -> None:
    assert served(scope("POST", headers=[(name, b"1"), (name.upper(), b"1")])).status == 400


@pytest.mark.parametrize(
    "header",
    [
        (b"x-a", b"1\r\nX-B: 2"),
        (b"x-a", b"1\n2"),
        (b"x a", b"1"),
        (b"x:a", b"1"),
        (b"", b"1"),
        (b"x-a", b"\0"),
    ],
)
def test_a_header_that_would_break_apart_is_refused(header: tuple[bytes, bytes]) -> None:
    answered = served(scope(headers=[HOST, header]))
    assert (answered.status, answered.header(b"connection")) == (400, b"close")


def test_headers_with_underscores_cannot_pass_for_those_with_hyphens() -> None:
    told = environ(
        scope(
            headers=[
                HOST,
                (b"x_forwarded_for", b"203.0.113.9"),
                (b"content_length", b"9"),
                (b"x_user", b"root"),
            ]
        )
    )
    assert told["CONTENT_LENGTH"] == "0"
    assert not {"HTTP_X_USER", "HTTP_X_FORWARDED_FOR", "HTTP_CONTENT_LENGTH"} & told.keys()


def test_a_proxy_header_does_not_become_a_setting() -> None:
    assert "HTTP_PROXY" not in environ(scope(headers=[HOST, (b"proxy", b"http://evil.test")]))


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip"]
)
def test_what_only_a_proxy_may_say_is_not_believed_from_others(name: str) -> None:
    told = environ(scope(headers=[HOST, (name.encode(), b"https")]))
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"]) == ("192.0.2.7", "http")
    assert "HTTP_" + name.upper().replace("-", "_") not in told


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (b"203.0.113.5", "203.0.113.5"),
        (b"6.6.6.6, 203.0.113.5", "203.0.113.5"),
        (b"203.0.113.5, 10.1.2.3", "203.0.113.5"),
        (b"2001:db8::1", "2001:db8::1"),
        (b"nonsense", "192.0.2.7"),
        (b"203.0.113.5, nonsense", "192.0.2.7"),
        (b"", "192.0.2.7"),
    ],
)
def test_a_trusted_proxy_says_who_asks_and_how(said: bytes, address: str) -> None:
    headers = [HOST, (b"x-forwarded-for", said), (b"x-forwarded-proto", b"https")]
    app = bridge(trusted=["192.0.2.0/24", "10.0.0.0/8"])
    told = environ(scope(headers=headers), app=app)
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"], told["HTTPS"]) == (address, "https", "on")


def test_a_scheme_nobody_knows_is_not_taken_over() -> None:
    asked = scope(headers=[(b"x-forwarded-proto", b"javascript")])
    assert sender(asked, Networks(["192.0.2.7"])) == ("192.0.2.7", "http")
    assert sender(scope(client=None), Networks(["192.0.2.7"])) == ("", "http")


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read() -> None:
    answered = served(
        scope("POST", headers=[HOST, (b"content-length", b"1001")]), b"x" * 1001, app=bridge(limit=1000)
    )
    assert (answered.status, answered.read, answered.header(b"connection")) == (413, 0, b"close")
    assert "太大" in answered.body.decode()


def test_a_body_that_turns_out_too_large_is_refused_as_soon_as_it_is() -> None:
    asked = scope("POST", headers=[HOST, (b"transfer-encoding", b"chunked")])
    answered = served(asked, *[b"x" * 400] * 50, app=bridge(limit=1000))
    assert (answered.status, answered.read) == (413, 3)


@pytest.mark.parametrize("said", [b"-1", b"1e3", b"", b"+5", b"9" * 30])
def test_a_length_that_is_no_number_is_refused(said: bytes) -> None:
    assert served(scope("POST", headers=[HOST, (b"content-length", said)]), b"x").status == 400


def test_a_body_in_pieces_arrives_whole_with_its_true_length() -> None:
    asked = scope("POST", headers=[HOST, (b"transfer-encoding", b"chunked")])
    told = environ(asked, b"ab", b"", b"cd")
    assert (told["body"], told["CONTENT_LENGTH"]) == ("abcd", "4")
    assert "HTTP_TRANSFER_ENCODING" not in told


def test_a_body_larger_than_memory_allows_is_kept_on_disk_and_arrives_whole() -> None:
    answered = served(scope("POST", headers=[HOST, (b"content-length", b"3000000")]), *[b"x" * 100_000] * 30)
    assert answered.header(b"x-body") == b"3000000"


def test_a_client_that_leaves_before_its_body_is_whole_has_asked_nothing() -> None:
    asked: list[dict[str, Any]] = []
    answered = served(
        scope("POST", headers=[HOST, (b"content-length", b"9")]),
        b"half",
        leaves=True,
        app=bridge(lambda e, s: asked.append(e)),
    )
    assert (answered.status, asked) == (0, [])


@pytest.mark.parametrize("options", [{"idle": 0.05}, {"patience": 0.05}])
def test_a_body_that_does_not_come_is_not_waited_for_for_ever(options: dict[str, float]) -> None:
    async def stalling() -> Answered:
        connection = Connection()
        await bridge(**options)(
            scope("POST", headers=[HOST, (b"content-length", b"9")]), connection.receive, connection.send
        )
        return connection.answered

    assert asyncio.run(stalling()).status == 408


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
