"""Checkpoints are brought to witnesses as C2SP tlog-witness has it, and our own witness answers as it must; each side tested by the other."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from linli.config import worker
from linli.doors.cli import witness_memory, witness_serve
from linli.doors.ledger import standing
from linli.kernel import moment
from linli.kernel.ledger import asking, keys, notes, publish, tree, witnessing
from linli.kernel.ledger.models import Cosignature
from linli.kernel.ledger.notes import Signer
from tests.kernel.ledger.test_publishing import grow

pytestmark = pytest.mark.django_db
WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)


@pytest.fixture(autouse=True)
def _own_secrets(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()


@pytest.fixture
def address(settings: Any, tmp_path: Path) -> Iterator[str]:
    """Our own witness, knowing our own log."""
    grow(1)
    assert publish.publish() is not None
    desk = witness_serve.Desk(WITNESS, tmp_path / "seen", tuple(keys.history()))
    serving = witness_serve.server(desk, "127.0.0.1", 0)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    found = f"http://127.0.0.1:{serving.server_address[1]}"
    settings.WITNESSES = (f"{WITNESS.verifier.vkey}={found}",)
    try:
        yield found
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


def ask(address: str, body: bytes) -> tuple[int, str, str]:
    asked = urllib.request.Request(f"{address}/add-checkpoint", data=body)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode(), refused.headers["Content-Type"]


def published(count: int) -> publish.Published:
    grow(count)
    made = publish.publish()
    assert made is not None
    return made


def test_each_new_checkpoint_is_signed_by_the_witness_with_a_proof_from_what_it_saw(address: str) -> None:
    assert witnessing.push() == 1
    for count in (1, 6, 700):
        made = published(count)
        assert witnessing.push() == 1
        assert witnessing.push() == 0, "once is enough"
        found = publish.at_size(made.size)
        assert found is not None and found.witnesses == 1
        assert notes.note_of(found.note).signed_by([WITNESS.verifier]) == (WITNESS.verifier,)
    assert standing.check().facts["not_signed"] == {}


def test_a_log_that_forgot_what_was_signed_is_told_the_size_and_goes_on_from_there(address: str) -> None:
    first = publish.latest()
    assert first is not None
    assert ask(address, asking.request_of(0, [], first.note))[0] == 200  # and the line was lost on its way
    published(5)
    assert witnessing.push() == 1


def test_nothing_calls_out_where_no_address_is_configured(settings: Any, address: str) -> None:
    settings.WITNESSES = (WITNESS.verifier.vkey,)
    assert publish.witnesses() == [WITNESS.verifier] and publish.witness_addresses() == []
    assert witnessing.push() == 0 and not Cosignature.objects.exists()
    assert "witnesses" not in [loop.name for loop in worker.loops()]
    settings.WITNESSES = (f"{WITNESS.verifier.vkey}={address}",)
    assert "witnesses" in [loop.name for loop in worker.loops()]


def test_the_witness_refuses_as_the_protocol_says(address: str) -> None:
    witnessing.push()
    first = publish.latest()
    second = published(9)
    assert first is not None
    proof = publish.consistency(first.size, second.size)
    body = asking.request_of
    stranger = Signer("log.example/other", notes.NOTE, b"o" * 32)
    false = Signer(keys.origin(), notes.NOTE, b"f" * 32)
    text = notes.note_of(second.note).text
    other = text.replace(keys.origin(), stranger.name)
    assert ask(address, b"nonsense")[0] == 400
    assert ask(address, body(second.size + 1, [], second.note))[0] == 400
    assert ask(address, body(0, [], f"{other}\n{stranger.line(other)}"))[0] == 404
    assert ask(address, body(first.size, proof, f"{text}\n{false.line(text)}"))[0] == 403
    assert ask(address, body(first.size, [*proof[:-1], b"x" * 32], second.note))[0] == 422
    assert ask(address, body(first.size, [], second.note))[0] == 422
    assert ask(address, body(0, [], second.note)) == (409, f"{first.size}\n", "text/x.tlog.size")
    status, line, _ = ask(address, body(first.size, proof, second.note))
    assert status == 200 and line.startswith("— witness.example/w1 ")
    assert ask(address, body(second.size, [], second.note))[0] == 200, "the same again is signed again"
    assert ask(address, body(first.size, proof, second.note))[:2] == (409, f"{second.size}\n")


def test_a_log_may_keep_its_connection_to_the_witness(address: str) -> None:
    last = publish.latest()
    assert last is not None
    parts = urlsplit(address)
    kept = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    for path, status in (("/add-checkpoint", 200), ("/elsewhere", 404), ("/add-checkpoint", 409)):
        kept.request("POST", path, asking.request_of(0, [], last.note))
        answer = kept.getresponse()
        answer.read()
        assert (answer.status, answer.version, answer.will_close) == (status, 11, False)
    kept.putrequest("POST", "/add-checkpoint")
    kept.putheader("Content-Length", str(10**9))
    kept.endheaders()
    answer = kept.getresponse()
    assert (answer.status, answer.will_close) == (400, True), "what is too long is not read to its end"
    kept.close()


def test_two_witnesses_on_one_folder_judge_one_after_the_other(address: str, tmp_path: Path) -> None:
    last = publish.latest()
    assert last is not None
    found: list[int] = []
    asked = threading.Thread(
        target=lambda: found.append(ask(address, asking.request_of(0, [], last.note))[0])
    )
    with witness_memory.alone(tmp_path / "seen"):
        asked.start()
        asked.join(0.5)
        assert not found, "somebody else is judging"
    asked.join(20)
    assert found == [200]


def test_two_heads_of_one_size_are_refused_and_the_proof_is_kept(address: str, tmp_path: Path) -> None:
    witnessing.push()
    last = publish.latest()
    assert last is not None
    said = notes.Checkpoint(
        keys.origin(), last.size, tree.leaf_hash(b"another history"), (notes.ALGORITHM,)
    ).text
    forged = f"{said}\n{keys.signer().line(said)}"
    assert ask(address, asking.request_of(last.size, [], forged))[0] == 409
    (proof,) = (tmp_path / "seen").rglob("fork-*.txt")
    assert forged in proof.read_text("utf-8")


@pytest.mark.parametrize(
    ("status", "kind", "body", "noted"),
    [
        (500, "text/plain", "out of paper", "500 out of paper"),
        (404, "text/plain", "an unknown log", "404 an unknown log"),
        (409, "text/x.tlog.size", "999999", "it has seen 999999 entries, more than there are"),
        (409, "text/plain", "no size", "409 no size"),
        (200, "text/plain", "", "200, and not its line"),
        (200, "text/plain", "— witness.example/w1 AAAAAAAA\n", "200, and"),
    ],
)
def test_whatever_else_a_witness_says_is_noted_and_it_is_asked_again_later(
    settings: Any, status: int, kind: str, body: str, noted: str
) -> None:
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    other = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    settings.WITNESSES = (f"{WITNESS.verifier.vkey}=http://127.0.0.1:{other.server_address[1]}/",)
    try:
        published(3)
        assert witnessing.push() == 0
        check = standing.check()
        assert check.state == "ok" and check.facts["not_signed"]["witness.example/w1"].startswith(noted)
        before = len(asked)
        assert witnessing.push() == 0 and len(asked) == before, "not at once"
        with moment.at(moment.now() + timedelta(seconds=witnessing.TOO_EARLY + 1)):
            witnessing.push()
        assert len(asked) == before + 1
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
    with moment.at(moment.now() + timedelta(seconds=200)):
        assert witnessing.push() == 0
    assert standing.check().facts["not_signed"]["witness.example/w1"].startswith("away")


def test_a_witness_needs_no_store_and_no_settings(tmp_path: Path) -> None:
    key = tmp_path / "w.key"
    command = [sys.executable, "-m", "linli.doors.cli.main", "witness"]
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "LINLI_DATA": str(tmp_path / "none")}
    for words in (["key", "witness.example/w1", "--key", str(key)], ["serve", "--help"]):
        done = subprocess.run([*command, *words], env=env, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / "none").exists()
