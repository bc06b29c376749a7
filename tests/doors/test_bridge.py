"""What passes from the server to Django, and what must not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from linli.config.forwarding import Networks, sender
from tests.doors.asgi import Answered, Connection, scope
from tests.doors.bridged import HOST, bridge, environ, served


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
