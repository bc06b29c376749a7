"""``linli witness serve``: wait for logs to bring their checkpoints (C2SP tlog-witness) instead of going to look."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from linli.doors.cli import witness_memory as memory
from linli.doors.cli.witness_log import Fork
from linli.kernel.ledger import asking, notes
from linli.kernel.ledger.notes import BadNote, Checkpoint, Signer, Verifier

LONGEST = 2 * notes.LONGEST
PATIENCE = 30
TEXT = "text/plain; charset=utf-8"


@dataclass
class Desk:
    """A witness's key, what it remembers, and the keys of the logs it signs for. One request at a time: what is judged is what is kept."""

    signer: Signer
    state: Path
    keys: tuple[Verifier, ...]
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def add(self, body: bytes) -> tuple[int, str, str]:
        """Judge one request: status, body, content type. What was signed is on the disk before the line is given out."""
        try:
            old, proof, written = asking.request_from(body)
            note = notes.note_of(written)
            new = notes.checkpoint_of(note.text)
        except BadNote as error:
            return 400, f"{error}\n", TEXT
        own = [key for key in self.keys if key.name == new.origin]
        if not own:
            return 404, "an unknown log\n", TEXT
        try:
            if not note.signed_by(own):
                return 403, "not signed by its key\n", TEXT
        except BadNote as error:
            return 403, f"{error}\n", TEXT
        with self._turn, memory.alone(self.state):
            return self._judge(old, proof, new, note, own)

    def _judge(
        self, old: int, proof: Sequence[bytes], new: Checkpoint, note: notes.Note, own: list[Verifier]
    ) -> tuple[int, str, str]:
        kept = memory.Memory(self.state, new.origin)
        last = kept.last()
        seen = notes.checkpoint_of(notes.note_of(last).text) if last is not None else None
        status = asking.accepts(old, proof, seen, new)
        if last is not None and seen is not None and seen.size == new.size and seen.root != new.root:
            where = kept.keep_fork(Fork(seen, new, (last, str(note)), [], new.root))
            print(f"分叉！A FORK: {new.origin}, {where}", flush=True)
        if status == 409:
            return 409, f"{seen.size if seen is not None else 0}\n", asking.SIZE
        if status != 200:
            return (
                status,
                "the proof does not hold\n" if status == 422 else "old is larger than the log\n",
                TEXT,
            )
        line = self.signer.line(note.text, int(time.time()))
        kept.keep(f"{note}{line}", "", own)
        print(f"已签 Signed: {new.origin} {new.size:,} {new.root.hex()[:16]}", flush=True)
        return 200, line, TEXT


def server(desk: Desk, host: str, port: int) -> ThreadingHTTPServer:
    """Ready to serve; not serving yet."""

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE
        protocol_version = "HTTP/1.1"  # so that a log may keep its connection

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > LONGEST:
                self.close_connection = True  # what follows is not read
                self._say(400, "no length, or too long\n", TEXT)
                return
            body = self.rfile.read(int(length))
            if self.path != "/add-checkpoint":
                self._say(404, "POST /add-checkpoint\n", TEXT)
            else:
                self._say(*desk.add(body))

        def _say(self, status: int, body: str, kind: str) -> None:
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what is signed is printed by the desk."""

    return ThreadingHTTPServer((host, port), Handler)


def run(args: list[str]) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="linli witness serve",
        description="等别处的总账把检查点送来。Wait for logs to bring their checkpoints (C2SP tlog-witness).",
    )
    parser.add_argument("--vkey", action="append", required=True, help="总账的公钥 / a log's key; repeatable")
    parser.add_argument("--key", type=Path, default=Path("witness.key"), help="[%(default)s]")
    parser.add_argument("--state", type=Path, default=Path("witness-state"), help="[%(default)s]")
    parser.add_argument("--host", default="127.0.0.1", help="[%(default)s]")
    parser.add_argument("--port", type=int, default=8090, help="[%(default)s]")
    asked = parser.parse_args(args)
    keys = tuple(notes.verifier_of(one) for one in asked.vkey)
    serving = server(Desk(memory.key_in(asked.key), asked.state, keys), asked.host, asked.port)
    print(f"http://{asked.host}:{serving.server_address[1]}/add-checkpoint", flush=True)
    with serving:
        serving.serve_forever()
    return 0
