"""A log served over HTTP to outsiders' programs, whose owner may cheat: it shows whatever history it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from linli.kernel.ledger import keychain, notes, tiles, tree
from linli.kernel.ledger.notes import Signer


class History:
    """Entries, and the tree over them."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries
        self.leaves = [tree.leaf_hash(entry) for entry in entries]

    def root(self, size: int) -> bytes:
        return tree.root_of(self.leaves[:size])

    def tile(self, level: int, index: int, width: int) -> bytes:
        row = range(index * 256, index * 256 + width)
        span = 256**level
        return b"".join(tree.root_of(self.leaves[n * span : (n + 1) * span]) for n in row)


class Cheat:
    """Serves ``history`` up to ``size``; ``switch`` shows another one from then on."""

    def __init__(self, history: History, size: int) -> None:
        self.history, self.size = history, size
        self.signer = Signer("log.example/cheat", notes.NOTE, b"c" * 32)
        self.statements = [keychain.statement(self.signer.name, self.signer, None)]
        self.taken: list[str] = []
        self.url = ""

    def switch(self, history: History, size: int) -> None:
        self.history, self.size = history, size

    def note(self) -> str:
        text = notes.Checkpoint(self.signer.name, self.size, self.history.root(self.size)).text
        return f"{text}\n{self.signer.line(text)}"

    def answer(self, path: str) -> bytes | None:
        if path == "/ledger/checkpoint":
            return self.note().encode()
        if path == "/ledger/keys":
            return json.dumps({"keys": self.statements}).encode()
        try:
            level, index, width = tiles.parse(path.removeprefix("/ledger/tile/"))
        except tiles.NoSuchTile:
            return None
        if tiles.width(level, index, self.size) < width:
            return None
        return self.history.tile(level, index, width)


@contextmanager
def served(cheat: Cheat) -> Iterator[Cheat]:
    """The log at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(cheat.answer(self.path))

        def do_POST(self) -> None:
            cheat.taken.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._send(b"1\n")

        def _send(self, body: bytes | None) -> None:
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    cheat.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield cheat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
