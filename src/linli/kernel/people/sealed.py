"""Words about a person that only a named reason may open: encrypted at rest, and found again by a keyed hash.

AES-256-GCM; the first byte names the way it was sealed, so that another cipher can be added. The keys stand
in the data folder, ``secrets/sealing`` and ``secrets/lookup``, are made on first use and must be backed up
apart from the store: without them the sealed words are gone, which is also how a whole office can be erased
at once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import unicodedata
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from linli.kernel.errors import Refusal

_AES_GCM = b"\x01"
_NONCE = 12


@cache
def _key(name: str, folder: str) -> bytes:
    """32 bytes kept in the data folder. Made whole and then put in place, so that of two processes starting
    at once both read the same."""
    path = Path(folder) / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


@cache
def _cipher(folder: str) -> AESGCM:
    return AESGCM(_key("sealing", folder))


def seal(text: str) -> bytes:
    """The text, readable only with the office's key. The same text gives other bytes each time."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = _cipher(str(settings.DATA))
    return _AES_GCM + nonce + cipher.encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes | memoryview) -> str:
    """The text again. Raises Refusal ``people.sealed_unreadable`` if the key is not ours or a bit was
    changed."""
    sealed = bytes(sealed)  # PostgreSQL hands out a memoryview
    if sealed[:1] != _AES_GCM:
        raise Refusal("people.sealed_unreadable", kind="conflict")
    cipher = _cipher(str(settings.DATA))
    try:
        return cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], None).decode()
    except (InvalidTag, ValueError) as wrong:  # ValueError: too short to be ours
        raise Refusal("people.sealed_unreadable", kind="conflict") from wrong


def digits(phone: str) -> str:
    """A number as it is compared: digits alone, without the +86 or 0086 of China. ``+86 138-0000-1234`` →
    ``13800001234``."""
    found = "".join(letter for letter in unicodedata.normalize("NFKC", phone) if letter in "0123456789")
    for prefix in ("0086", "86"):
        if found.startswith(prefix) and len(found) - len(prefix) >= 10:
            return found[len(prefix) :]
    return found


def lookup(phone: str) -> bytes:
    """A keyed hash of the number (32 bytes): equal for equal numbers however they are written, and of no use
    without the key."""
    key = _key("lookup", str(settings.DATA))
    return hmac.new(key, b"phone\0" + digits(phone).encode(), hashlib.sha256).digest()


def mark(data: bytes) -> str:
    """A keyed hash of a row (hex): the office can tell whether it was changed, an outsider can tell nothing."""
    return hmac.new(_key("lookup", str(settings.DATA)), b"row\0" + data, hashlib.sha256).hexdigest()


def masked(phone: str) -> str:
    """How a number is shown to those who need not call it: ``138****1234``."""
    plain = digits(phone)
    return f"{plain[:3]}****{plain[-4:]}" if len(plain) >= 9 else "*" * len(plain)
