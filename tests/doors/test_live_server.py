"""The server as its own process: what an act says is heard, a signal ends it well, a kill loses nothing."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import free_port

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """The process, and ways to speak with it."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self._streams: list[http.client.HTTPConnection] = []
        self._env = {
            key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))
        }
        self._env |= {"LINLI_DATA": str(data), "LINLI_MODE": "test", "PYTHONPATH": str(ROOT)}

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.doors.serving", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert f"http://127.0.0.1:{self.port}/" in first, first

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        asked.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = asked.getresponse()
        said = answer.read()
        asked.close()
        return answer.status, said

    def listen(self, last: str = "") -> http.client.HTTPResponse:
        stream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        stream.request("GET", "/live/heard", headers={"Last-Event-ID": last} if last else {})
        self._streams.append(stream)
        return stream.getresponse()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in self._streams:
            stream.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"))
    server.start()
    yield server
    server.end()


def _hear(stream: http.client.HTTPResponse, word: str) -> list[str]:
    lines = []
    while True:
        line = stream.readline().decode().rstrip("\n")
        lines.append(line)
        if f'"{word}"' in line:
            return lines


def test_what_an_act_says_is_heard_within_a_second(served: Served) -> None:
    stream = served.listen()
    served.say("warm")
    _hear(stream, "warm")
    began = time.monotonic()
    served.say("now")
    _hear(stream, "now")
    assert time.monotonic() - began < 1
    stream.close()


def test_the_health_page_shows_every_part_and_nothing_personal(served: Served) -> None:
    until = time.monotonic() + 30
    while b'"sequence"' not in (
        said := served.ask("GET", "/healthz")[1]
    ):  # the worker is a process that starts later
        assert time.monotonic() < until, said
        time.sleep(0.1)
    status, said = served.ask("GET", "/healthz")
    assert status == 200, said
    for part in (b'"ledger"', b'"followers"', b'"worker"', b'"live"', b'"sequence"'):
        assert part in said


def test_a_body_announced_too_large_is_refused_while_the_client_still_sends(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as asked:
        asked.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n" + b"x" * 1000)
        answer = asked.recv(4096)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in answer.lower()


def test_two_lengths_are_refused_and_the_connection_closed(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as asked:
        asked.sendall(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"
        )
        assert asked.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_bodies_whole_or_in_pieces_arrive_and_a_stranger_is_not_believed(served: Served) -> None:
    assert served.ask("POST", "/echo", b"x" * 2_000_000) == (200, b"2000000 from 127.0.0.1")
    assert served.ask("POST", "/echo", b"x", X_Forwarded_For="203.0.113.9") == (200, b"1 from 127.0.0.1")
    asked = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    asked.request(
        "POST", "/echo", iter([b"ab", b"cd"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    assert asked.getresponse().read() == b"4 from 127.0.0.1"
    asked.request("HEAD", "/echo")
    answer = asked.getresponse()
    assert (answer.status, answer.read(), answer.headers["Content-Length"]) == (200, b"", "16")
    asked.close()


def test_answers_on_one_connection_do_not_wait_for_each_other(served: Served) -> None:
    asked = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    began = time.monotonic()
    for _ in range(25):
        asked.request("GET", "/echo")
        asked.getresponse().read()
    asked.close()
    assert time.monotonic() - began < 0.8, (
        "40 ms each is TCP holding back the body until the headers are acknowledged"
    )


def test_a_killed_server_loses_nothing_that_was_committed_and_listeners_go_on(served: Served) -> None:
    stream = served.listen()
    served.say("before")
    last = [line for line in _hear(stream, "before") if line.startswith("id: ")][-1]
    served.say("last")
    _hear(stream, "last")
    served.end()
    served.start()
    again = served.listen(last.removeprefix("id: "))
    heard = _hear(again, "last")
    assert not any('"before"' in line or "refetch" in line for line in heard)
    again.close()


def test_a_signal_finishes_what_is_asked_ends_the_streams_and_leaves_with_zero(served: Served) -> None:
    stream = served.listen()
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(served.ask("GET", "/slow")))
    asking.start()
    time.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)
    assert b"hello" in stream.read()
    asking.join()
    assert served.process.wait(15) == 0
    assert answers == [(200, b"finished")]
    served.end()
    served.start()
