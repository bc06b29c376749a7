"""A log seen from outside: its checkpoint and tiles over HTTP, and whether one head of it continues another."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

from linli.kernel.ledger import tiles, tree
from linli.kernel.ledger.notes import Checkpoint
from linli.kernel.ledger.tiles import NoSuchTile, Tiles

PATIENCE = 20
LONGEST = 1 << 20


class Unavailable(Exception):
    """The log did not answer, or answered something that is neither proof nor contradiction. Nothing is concluded from it."""


class Fork(Exception):
    """Two signed heads of one log, of which neither continues the other. Carries all that proves it."""

    def __init__(
        self, old: Checkpoint, new: Checkpoint, notes: tuple[str, str], proof: list[bytes], root: bytes
    ) -> None:
        super().__init__(
            f"at {old.size} entries it signed {b64encode(old.root).decode()}, "
            f"while its {new.size} entries begin with {b64encode(root).decode()}"
        )
        self.old, self.new, self.notes, self.proof, self.root = old, new, notes, proof, root

    def evidence(self) -> str:
        """Everything somebody else needs to see it for himself."""
        lines = [b64encode(one).decode() for one in self.proof]
        return (
            f"分叉的证据 Proof of a fork: {self.new.origin}\n\n"
            f"一 The one, {self.old.size} entries:\n\n{self.notes[0]}\n"
            f"二 The other, {self.new.size} entries:\n\n{self.notes[1]}\n"
            f"由二推出的 {self.old.size} 条的树根 The root at {self.old.size} that follows from the other:\n"
            f"{b64encode(self.root).decode()}\n\n"
            f"证明 Proof (RFC 9162 2.1.4, {self.old.size} to {self.new.size}):\n" + "\n".join(lines) + "\n"
        )


class Log:
    """A log by its address: that of the office, or of its ``/ledger/``."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise OSError(f"not an address: {address}")
        path = parts.path.rstrip("/") or "/ledger"
        self.url = f"{parts.scheme}://{parts.netloc}{path}/"
        self.trouble = ""

    def checkpoint(self) -> str:
        """The head it shows now."""
        try:
            return self._get("checkpoint").decode()
        except UnicodeDecodeError as error:
            raise Unavailable("the checkpoint is not text") from error

    def statements(self) -> list[dict[str, Any]]:
        """How its key came to be."""
        try:
            found = json.loads(self._get("keys"))["keys"]
            return [one for one in found if isinstance(one, dict)]
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable("the history of keys cannot be read") from error

    def tile(self, level: int, index: int, width: int) -> bytes:
        """A tile; the full one where the partial one is gone."""
        try:
            return self._get("tile/" + tiles.path(level, index, width))
        except Unavailable:
            if width == tiles.TILE_WIDTH:
                raise
            return self._get("tile/" + tiles.path(level, index))

    def hand_in(self, note: str) -> bool:
        """Give the log our line; whether it took it. Not being taken changes nothing of what we saw."""
        asked = urllib.request.Request(
            self.url + "cosignatures",
            data=note.encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            self.trouble = f"没有收下 not taken: {error}"
            return False

    def _get(self, path: str) -> bytes:
        asked = urllib.request.Request(
            self.url + path, headers={"Accept": "text/plain, application/octet-stream, */*"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                body: bytes = answer.read(LONGEST + 1)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            raise Unavailable(f"{self.url}{path}: {error}") from error
        if len(body) > LONGEST:
            raise Unavailable(f"{self.url}{path} is too long")
        return body


def continues(old: Checkpoint, new: Checkpoint, log: Log | None, old_note: str, new_note: str) -> None:
    """That the older head is the beginning of the newer. Raises Fork where it is proved not to be, Unavailable where nothing is proved."""
    if old.size == new.size:
        if old.root != new.root:
            raise Fork(old, new, (old_note, new_note), [], new.root)
        return
    if old.size == 0:
        return
    if log is None:
        raise Unavailable("a proof of consistency is needed: give --url")
    read = Tiles(new.size, log.tile)
    try:
        proof = tree.consistency_proof(read.subtree, old.size, new.size)
        implied = tree.subtree_root(read.subtree, 0, old.size)
    except NoSuchTile as error:
        raise Unavailable(f"a tile is not what it should be: {error}") from error
    if tree.verify_consistency(old.size, new.size, proof, old.root, new.root):
        return
    if tree.verify_consistency(old.size, new.size, proof, implied, new.root):
        raise Fork(old, new, (old_note, new_note), proof, implied)
    raise Unavailable("the tiles do not lead to the head that was signed")
