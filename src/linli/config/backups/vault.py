"""The folder a backup is kept in: pieces that never change, named by what they hold, and one sealed list (manifest) for each backup.

Everything is AES-256-GCM under a key made with scrypt from a passphrase, or with HKDF from a key file. A piece is named by a keyed hash of its
contents: a piece that is there already is not written again, and nobody without the key can tell what a piece is. ``vault.json`` says how the key
is made; it holds nothing secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from linli.kernel import disk
from linli.kernel.errors import Refusal

PIECE = 1024 * 1024
NONCE = 12
FORM = 1
HEAD = "vault.json"
_CHECK = b"linli backup vault"
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
SHORTEST_PASSPHRASE, SHORTEST_KEY = 12, 32


class Vault:
    """An opened backup folder."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self._cipher = AESGCM(_derived(key, b"pieces"))
        self._naming = _derived(key, b"names")
        self.written = 0
        self.reused = 0

    def put(self, data: bytes) -> str:
        """Keep one piece; its name. On the disk before this returns."""
        name = hmac.new(self._naming, data, hashlib.sha256).hexdigest()
        path = self._piece(name)
        if path.exists():
            self.reused += 1
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write(path, self._sealed(data, name))
        self.written += len(data)
        return name

    def get(self, name: str) -> bytes:
        """One piece. Refusal ``backup.piece`` where it is missing, changed, or another one put in its place."""
        try:
            return self._opened(self._piece(name).read_bytes(), name)
        except (OSError, InvalidTag, ValueError) as error:
            raise Refusal("backup.piece", kind="conflict", piece=name[:12]) from error

    def put_file(self, source: BinaryIO) -> dict[str, Any]:
        """Keep what a file holds, a piece at a time. Answers its size, digest and pieces."""
        digest, pieces, size = hashlib.sha256(), [], 0
        while data := source.read(PIECE):
            digest.update(data)
            size += len(data)
            pieces.append(self.put(data))
        return {"size": size, "sha256": digest.hexdigest(), "pieces": pieces}

    def read_file(self, line: dict[str, Any]) -> Iterator[bytes]:
        """What ``put_file`` was given. Refusal ``backup.piece`` if it is not, at the latest when it ends."""
        digest = hashlib.sha256()
        for name in line["pieces"]:
            data = self.get(name)
            digest.update(data)
            yield data
        if digest.hexdigest() != line["sha256"]:
            raise Refusal("backup.piece", kind="conflict", piece=str(line.get("path", "")))

    def put_manifest(self, name: str, manifest: dict[str, Any]) -> None:
        """The list of one backup. Only with it a backup exists: it is written last."""
        data = json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()
        path = self.folder / "manifests" / f"{name}.linli"
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write(path, self._sealed(data, name))

    def manifests(self) -> list[str]:
        """The names of all backups here, oldest first."""
        return sorted(path.stem for path in (self.folder / "manifests").glob("*.linli"))

    def manifest(self, name: str) -> dict[str, Any]:
        """The list of one backup. Refusal ``backup.none``, ``backup.piece``."""
        path = self.folder / "manifests" / f"{name}.linli"
        if not path.exists():
            raise Refusal("backup.none", kind="missing", name=name)
        try:
            found: dict[str, Any] = json.loads(self._opened(path.read_bytes(), name))
        except (InvalidTag, ValueError) as error:
            raise Refusal("backup.piece", kind="conflict", piece=name) from error
        return found

    def remove(self, names: Iterable[str]) -> tuple[int, int]:
        """Take backups away, and every piece that no other needs. Answers how many backups and pieces went."""
        gone = 0
        for name in names:
            path = self.folder / "manifests" / f"{name}.linli"
            if path.exists():
                path.unlink()
                gone += 1
        needed = {
            piece
            for name in self.manifests()
            for line in self.manifest(name)["files"]
            for piece in line["pieces"]
        }
        swept = 0
        for path in (self.folder / "pieces").glob("??/*"):
            if path.name not in needed:
                path.unlink()
                swept += 1
        return gone, swept

    def _piece(self, name: str) -> Path:
        return self.folder / "pieces" / name[:2] / name

    def _sealed(self, data: bytes, name: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return bytes([FORM]) + nonce + self._cipher.encrypt(nonce, data, name.encode())

    def _opened(self, data: bytes, name: str) -> bytes:
        if data[:1] != bytes([FORM]):
            raise ValueError("another form")
        return self._cipher.decrypt(data[1 : 1 + NONCE], data[1 + NONCE :], name.encode())


def opened(folder: Path, *, passphrase: str = "", key_file: Path | None = None, make: bool = False) -> Vault:
    """The vault in that folder; made there if ``make``. Refusal ``backup.no_vault``, ``backup.key``, ``backup.key_short``."""
    head = folder / HEAD
    if not head.exists():
        if not make:
            raise Refusal("backup.no_vault", kind="missing", folder=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refusal("backup.not_empty", kind="conflict", folder=str(folder))
        _make(head, passphrase, key_file)
    said = json.loads(head.read_text("utf-8"))
    key = _key(said, passphrase, key_file)
    check = hmac.new(_derived(key, b"check"), _CHECK, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(check, said["check"]):
        raise Refusal("backup.key", kind="forbidden")
    return Vault(folder, key)


def _make(head: Path, passphrase: str, key_file: Path | None) -> None:
    said: dict[str, Any] = {
        "form": FORM,
        "salt": secrets.token_hex(32),
        "by": "key" if key_file else "passphrase",
        **_SCRYPT,
    }
    if not key_file and len(passphrase) < SHORTEST_PASSPHRASE:
        raise Refusal("backup.key_short", least=SHORTEST_PASSPHRASE)
    key = _key(said, passphrase, key_file)
    said["check"] = hmac.new(_derived(key, b"check"), _CHECK, hashlib.sha256).hexdigest()
    disk.write(head, json.dumps(said, indent=1).encode())


def _key(said: dict[str, Any], passphrase: str, key_file: Path | None) -> bytes:
    salt = bytes.fromhex(said["salt"])
    if said["by"] == "key":
        if key_file is None:
            raise Refusal("backup.key", kind="forbidden")
        material = key_file.read_bytes()
        if len(material) < SHORTEST_KEY:
            raise Refusal("backup.key_short", least=SHORTEST_KEY)
        return HKDF(hashes.SHA256(), 32, salt, b"linli backup key file").derive(material)
    if not passphrase:
        raise Refusal("backup.key", kind="forbidden")
    return Scrypt(salt, 32, said["n"], said["r"], said["p"]).derive(passphrase.encode())


def _derived(key: bytes, what: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, b"linli backup " + what).derive(key)
