"""What may be believed of a request before Django sees it: who sent it, over what, and which headers say so. Pure."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ONCE = {b"host", b"content-length", b"content-type", b"authorization"}
_FORWARDED = (b"x-forwarded-", b"forwarded", b"x-real-ip")
_DROPPED = {b"proxy", b"transfer-encoding", b"connection", b"content-length", b"expect"}


class BadRequest(Exception):
    """A request that is not served at all: the HTTP status and the code of the sentence to answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Networks:
    """A set of addresses and networks. Raises ValueError for one that is neither."""

    def __init__(self, written: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(one.strip(), strict=False) for one in written if one.strip()]

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)

    def hold(self, scope: Mapping[str, Any]) -> bool:
        """Whether the peer of this connection is one of them."""
        return _peer(scope) in self


def sender(scope: Mapping[str, Any], trusted: Networks) -> tuple[str, str]:
    """The address a request came from and the scheme it was sent over, ``("203.0.113.5", "https")``.

    Behind a trusted proxy: the last address in X-Forwarded-For that is not itself a trusted proxy. From anybody else what the
    request says about this is ignored.
    """
    address, scheme = _peer(scope), str(scope.get("scheme", "http"))
    if address not in trusted:
        return address, scheme
    for said in reversed(_listed(scope, b"x-forwarded-for")):
        try:
            address = str(ipaddress.ip_address(said))
        except ValueError:
            break
        if address not in trusted:
            break
    protocols = _listed(scope, b"x-forwarded-proto")
    if protocols and protocols[-1] in ("http", "https"):
        scheme = protocols[-1]
    return address, scheme


def header(scope: Mapping[str, Any], name: bytes) -> bytes | None:
    """The first header of this name (lower case), or None."""
    for key, value in scope["headers"]:
        if key.lower() == name:
            return bytes(value)
    return None


def wanted_length(scope: Mapping[str, Any]) -> int | None:
    """The Content-Length of a request, None when it does not say. Raises BadRequest when it says nonsense."""
    said = header(scope, b"content-length")
    if said is None:
        return None
    if not said.isdigit() or len(said) > 18:
        raise BadRequest(400, "bridge.malformed")
    return int(said)


def environ_of(scope: Mapping[str, Any], address: str, scheme: str, *, believed: bool) -> dict[str, Any]:
    """The WSGI environment of a request, all but its body. Raises BadRequest.

    Headers with an underscore are dropped, because WSGI could not tell them from the ones with a hyphen; so are
    ``Proxy`` (it would become HTTP_PROXY) and, unless ``believed``, everything that only a proxy may say.
    """
    server = scope.get("server") or ("localhost", 80)
    path = unquote_to_bytes(scope["raw_path"]) if scope.get("raw_path") else scope["path"].encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, values in _gathered(scope["headers"], believed).items():
        key = name.decode("latin-1").upper().replace("-", "_")
        joined = ("; " if name == b"cookie" else ",").join(value.decode("latin-1") for value in values)
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = joined
    if scheme == "https":
        environ["HTTPS"] = "on"
    return environ


def _gathered(headers: Sequence[tuple[bytes, bytes]], believed: bool) -> dict[bytes, list[bytes]]:
    gathered: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        key = name.lower()
        if not _TOKEN.fullmatch(key) or any(sign in value for sign in (b"\r", b"\n", b"\0")):
            raise BadRequest(400, "bridge.malformed")
        if key in _ONCE and key in gathered:
            raise BadRequest(400, "bridge.malformed")
        if b"_" in key or (not believed and key.startswith(_FORWARDED)):
            continue
        gathered.setdefault(key, []).append(value)
    return {key: values for key, values in gathered.items() if key not in _DROPPED}


def _peer(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _listed(scope: Mapping[str, Any], name: bytes) -> list[str]:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return [part.strip() for value in values for part in value.split(",") if part.strip()]
