"""The one way an entry is written as bytes, so that anybody computes the same hash. Pure.

The form is JSON as RFC 8785 writes it, with less in it: no floating point at all, whole numbers only up to 2^53 - 1
(larger ones do not survive a browser; write ids as text), and every string in Unicode normal form C.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from json.encoder import JSONEncoder, encode_basestring
from typing import Any, TypeAlias
from unicodedata import is_normalized, normalize

from linli.kernel import ids

Body: TypeAlias = "dict[str, Any]"

GREATEST = 2**53 - 1
DEPTH = 32
_NAME = re.compile(r"[!#-\[\]-~]+")  # printable ASCII without quote, backslash and space: needs no escaping


class NotCanonical(ValueError):
    """A value that may not stand in the ledger. A mistake in the program, never in what somebody typed."""


def text_of(value: Any) -> str:
    """Canonical JSON of ``value``: str, int, bool, None, list, tuple and dict only. Raises NotCanonical."""
    if value is None:
        return "null"
    if type(value) is str and value.isascii():
        return encode_basestring(value)
    if _plain(value, DEPTH):
        return _of_plain(value)
    parts: list[str] = []
    _write(value, parts, DEPTH)
    return "".join(parts)


#: Writes what is plain in the same bytes as ``_write``, in C.
_of_plain = JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
).encode


def _plain(value: Any, depth: int) -> bool:
    """Whether there is nothing in it but ASCII and whole numbers that fit, as in almost every entry: no form to compose, no order to think of."""
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    if value is None or kind is bool:
        return True
    if kind is int:
        return -GREATEST <= value <= GREATEST
    if depth == 0:
        return False
    if kind is dict:
        for key, item in value.items():  # noqa: SIM110  a generator would take twice as long
            if type(key) is not str or not key.isascii() or not _plain(item, depth - 1):
                return False
        return True
    if kind is not list and kind is not tuple:
        return False
    for item in value:  # noqa: SIM110
        if not _plain(item, depth - 1):
            return False
    return True


def bytes_of(value: Any) -> bytes:
    """Canonical JSON of ``value`` in UTF-8. Raises NotCanonical."""
    return text_of(value).encode()


def _write(value: Any, parts: list[str], depth: int) -> None:
    kind = type(value)
    if kind is str:
        parts.append(_quoted(value))
    elif value is None:
        parts.append("null")
    elif kind is bool:
        parts.append("true" if value else "false")
    elif kind is int:
        if not -GREATEST <= value <= GREATEST:
            raise NotCanonical(f"{value} is beyond 2^53 - 1: write an id as its text")
        parts.append(str(value))
    elif depth == 0:
        raise NotCanonical("nested too deeply")
    elif kind is dict:
        _write_object(value, parts, depth - 1)
    elif kind is list or kind is tuple:
        _write_list(value, parts, depth - 1)
    else:
        raise NotCanonical(f"{kind.__name__} may not stand in the ledger")


def _write_list(values: Any, parts: list[str], depth: int) -> None:
    parts.append("[")
    for n, item in enumerate(values):
        if n:
            parts.append(",")
        _write(item, parts, depth)
    parts.append("]")


def _write_object(value: dict[Any, Any], parts: list[str], depth: int) -> None:
    parts.append("{")
    for n, (key, item) in enumerate(_in_order(value)):
        if n:
            parts.append(",")
        parts.append(_quoted(key))
        parts.append(":")
        _write(item, parts, depth)
    parts.append("}")


def _in_order(value: dict[Any, Any]) -> list[tuple[str, Any]]:
    """The items by key as RFC 8785 sorts them: by UTF-16 code units."""
    named: dict[str, Any] = {}
    for key, item in value.items():
        if type(key) is not str:
            raise NotCanonical(f"a key must be text, not {type(key).__name__}")
        key = _composed(key)
        if key in named:
            raise NotCanonical(f"two keys are the same text: {key}")
        named[key] = item
    if all(map(str.isascii, named)):
        return sorted(named.items())
    return sorted(named.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))


def _composed(text: str) -> str:
    if text.isascii() or is_normalized("NFC", text):
        return text
    return normalize("NFC", text)


def _quoted(text: str) -> str:
    composed = _composed(text)
    if not composed.isascii():
        try:
            composed.encode()
        except UnicodeEncodeError as error:
            raise NotCanonical("half a surrogate pair is not text") from error
    return encode_basestring(composed)


def stamp(at: datetime) -> str:
    """A moment as the ledger writes it: UTC, always six decimals. Raises NotCanonical for a moment without zone."""
    if at.tzinfo is None:
        raise NotCanonical("a moment needs its time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def check_name(name: str, longest: int) -> str:
    """A kind or subject: printable ASCII that needs no escaping. Raises NotCanonical."""
    if len(name) > longest or not _NAME.fullmatch(name):
        raise NotCanonical(f"{name!r} cannot name a kind or subject")
    return name


#: An entry as it is written: ``at, body, id, kind, seq, subject``. Keys stand in order, so this is the canonical JSON of the whole.
ENTRY = '{"at":"%s","body":%s,"id":"%s","kind":"%s","seq":%s,"subject":"%s","v":1}'


def entry_bytes(entry_id: int, kind: str, subject: str, seq: int, at: str, body: str) -> bytes:
    """The bytes an entry stands for: its leaf input, and what an outsider is given to check.

    ``at`` is a ``stamp``, ``body`` already canonical text, ``kind`` and ``subject`` passed ``check_name``.
    """
    return (ENTRY % (at, body, ids.text(entry_id), kind, seq, subject)).encode()


def commitment(salt: bytes, text: str | bytes) -> str:
    """What stands in the ledger for words that may have to be erased: hex SHA-256 over salt and words.

    The salt is at least 16 random bytes, kept beside the words and erased with them: afterwards the digest tells nothing.
    Words are hashed in normal form C. The length of the salt is hashed too, so no other split gives the same digest.
    """
    if len(salt) < 16:
        raise NotCanonical("a salt has at least 16 bytes")
    data = _composed(text).encode() if isinstance(text, str) else text
    return hashlib.sha256(b"linli commitment v1\x00" + len(salt).to_bytes(2, "big") + salt + data).hexdigest()
