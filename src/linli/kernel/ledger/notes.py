"""Signed notes, checkpoints and cosignatures, in the forms C2SP signed-note, tlog-checkpoint and tlog-cosignature give them. Pure.

A *vkey* is how a public key is written down: ``name+hash+base64(type || key)``. Type 1 signs a note's text; type 4 is a
witness, which signs the time together with the text. Whoever reads a note knows the keys he trusts beforehand; signatures of
others are passed over, a bad signature of a trusted key spoils the whole note.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NOTE, WITNESS = 1, 4  # signature types
DASH = "— "
LONGEST = 256 * 1024  # characters: sixteen signatures of the next kind, nearly 5 kB each, and more must fit
MOST_SIGNATURES = 100
ALGORITHM = "algorithm sha-256"  # the extension line our own checkpoints carry


class BadNote(ValueError):
    """Text that is not a note, a key or a checkpoint, or a signature that does not hold. Says which in English."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signatures name their key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as it is printed."""
        material = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether the 64 bytes are this key's signature of the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def verifier_of(vkey: str) -> Verifier:
    """Read a vkey. Raises BadNote."""
    parts = vkey.strip().split("+", 2)
    if len(parts) != 3:
        raise BadNote("a key is written name+hash+base64")
    name, key_id, material = parts
    raw = _decoded(material)
    if not fit_name(name) or len(raw) != 33 or raw[0] not in (NOTE, WITNESS):
        raise BadNote("not an Ed25519 key of type 1 or 4")
    found = Verifier(name, raw[0], raw[1:])
    if found.key_id.hex() != key_id:
        raise BadNote("the hash of the key does not fit it")
    return found


def fit_name(name: str) -> bool:
    """Whether a key may be called this: no spaces, no plus, no control characters."""
    return bool(name) and not any(letter.isspace() or letter == "+" or ord(letter) < 32 for letter in name)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key: 32 bytes of seed, with its name and type."""

    name: str
    kind: int
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        """Its public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return Verifier(self.name, self.kind, public)

    @property
    def skey(self) -> str:
        """The private key as it is kept in a file."""
        material = b64encode(bytes([self.kind]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{material}"

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def line(self, text: str, at: int = 0) -> str:
        """The signature line for a note's text; a witness (type 4) signs that it saw it ``at`` (seconds since 1970)."""
        if self.kind == WITNESS:
            blob = at.to_bytes(8, "big") + self.sign(cosigned(text, at))
        else:
            blob = self.sign(text.encode())
        return f"{DASH}{self.name} {b64encode(self.verifier.key_id + blob).decode()}\n"


def signer_of(skey: str) -> Signer:
    """Read a private key from what its file says. Raises BadNote."""
    parts = skey.strip().split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise BadNote("not a private key")
    raw = _decoded(parts[4])
    if not fit_name(parts[2]) or len(raw) != 33 or raw[0] not in (NOTE, WITNESS):
        raise BadNote("not an Ed25519 key of type 1 or 4")
    found = Signer(parts[2], raw[0], raw[1:])
    if found.verifier.key_id.hex() != parts[3]:
        raise BadNote("the hash of the private key does not fit it")
    return found


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. ``blob`` is what follows the key's four bytes."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        return f"{DASH}{self.name} {b64encode(self.key_id + self.blob).decode()}\n"

    @property
    def time(self) -> int:
        """When a witness says it saw the note; 0 for other signatures."""
        return int.from_bytes(self.blob[:8], "big") if len(self.blob) == 72 else 0


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart, nothing of it proved yet."""

    text: str
    signatures: tuple[Signature, ...]

    def signed_by(self, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
        """Those of the keys that signed it. Raises BadNote where a line claims one of them and does not hold."""
        found: list[Verifier] = []
        known = list(verifiers)
        for signature in self.signatures:
            for key in known:
                if (key.name, key.key_id) == (signature.name, signature.key_id):
                    if not _holds(key, signature, self.text):
                        raise BadNote(f"the signature of {key.name} does not hold")
                    if key not in found:
                        found.append(key)
        return tuple(found)

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)


def _holds(key: Verifier, signature: Signature, text: str) -> bool:
    if key.kind == WITNESS:
        if len(signature.blob) != 72 or signature.time >= 1 << 63:
            return False
        return key.holds(signature.blob[8:], cosigned(text, signature.time))
    return key.holds(signature.blob, text.encode())


def cosigned(text: str, at: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def note_of(written: str) -> Note:
    """Take a note apart. Raises BadNote for whatever is not one, to the byte."""
    if len(written) > LONGEST or any(ord(letter) < 32 and letter != "\n" for letter in written):
        raise BadNote("too long for a note, or control characters in it")
    at = written.rfind("\n\n")
    if at < 0 or not written.endswith("\n"):
        raise BadNote("a note is text, an empty line, and signatures")
    lines = written[at + 2 : -1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote("too many signatures")
    return Note(written[: at + 1], tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    raw = _decoded(encoded)
    if not line.startswith(DASH) or not space or not fit_name(name) or len(raw) < 5:
        raise BadNote("not a signature line")
    return Signature(name, raw[:4], raw[4:])


def _decoded(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("not base64") from error
    if b64encode(raw).decode() != text:
        raise BadNote("not the one way to write this in base64")
    return raw


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: whose, how many entries, which root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        lines = [self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]
        return "\n".join(lines) + "\n"


def checkpoint_of(text: str) -> Checkpoint:
    """Read a note's text as a checkpoint. Raises BadNote."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not text.endswith("\n"):
        raise BadNote("a checkpoint has an origin, a size and a root")
    if not plain(lines[1]):
        raise BadNote("the size of a checkpoint is a plain number")
    root = _decoded(lines[2])
    if len(root) != 32:
        raise BadNote("the root of a checkpoint is 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))


def plain(number: str) -> bool:
    """Whether this is a size or an index as the forms write it: decimal, no leading zeros."""
    return number.isascii() and number.isdigit() and (number == "0" or number[0] != "0") and len(number) <= 19


def opened(written: str, keys: Iterable[Verifier]) -> tuple[Checkpoint, Note, tuple[Verifier, ...]]:
    """A checkpoint that at least one of the keys signed, with those that did. Raises BadNote."""
    note = note_of(written)
    signers = note.signed_by(keys)
    if not signers:
        raise BadNote("signed by none of the keys that are trusted")
    return checkpoint_of(note.text), note, signers


def hash_of(line: str) -> bytes:
    """One line of a proof. Raises BadNote."""
    raw = _decoded(line)
    if len(raw) != 32:
        raise BadNote("a hash is 32 bytes")
    return raw


def proof_text(index: int, hashes: Sequence[bytes], checkpoint: str, extra: bytes = b"") -> str:
    """A proof of inclusion in the form of C2SP tlog-proof. ``checkpoint`` is the whole signed note."""
    lines = ["c2sp.org/tlog-proof@v1"]
    if extra:
        lines.append("extra " + b64encode(extra).decode())
    lines.append(f"index {index}")
    lines += [b64encode(one).decode() for one in hashes]
    return "\n".join(lines) + "\n\n" + checkpoint


@dataclass(frozen=True, slots=True)
class Proof:
    """A tlog-proof taken apart, nothing of it proved yet."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes


def proof_of(written: str) -> Proof:
    """Take a tlog-proof apart. Raises BadNote."""
    head, gap, checkpoint = written.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2:
        raise BadNote("not a tlog-proof")
    extra, rest = b"", lines[1:]
    if rest[0].startswith("extra "):
        extra, rest = _decoded(rest[0][6:]), rest[1:]
    if not rest or not rest[0].startswith("index ") or not plain(rest[0][6:]):
        raise BadNote("a tlog-proof names the index of its entry")
    hashes = tuple(_decoded(line) for line in rest[1:])
    if len(hashes) > 63 or any(len(one) != 32 for one in hashes):
        raise BadNote("a proof is at most 63 hashes of 32 bytes")
    return Proof(int(rest[0][6:]), hashes, checkpoint, extra)
