"""Neighbours who report over HTTP, several at once, and remember what they were told. What was not answered they send again."""

from __future__ import annotations

import http.client
import io
import json
import threading
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Any

from PIL import Image

from tests.town import spot

KINDS = (("repair", "water_leak"), ("repair", "street_light"), ("request", "parking"))
GRIDS = (501, 502, 511, 521)


@dataclass
class Said:
    """One report and what became of it. ``receipt`` is what the server acknowledged, if it did."""

    key: str
    form: dict[str, Any]
    photo: bytes = b""
    tries: int = 0
    receipt: dict[str, Any] | None = None
    supplements: list[str] = field(default_factory=list)  # keys of acknowledged further acts


def _report(rng: Random) -> Said:
    key = uuid.UUID(int=rng.getrandbits(128)).hex
    pack, kind = rng.choice(KINDS)
    lon, lat = spot(rng.choice(GRIDS), rng.uniform(-0.001, 0.001), rng.uniform(-0.001, 0.001))
    form = {
        "pack": pack, "kind": kind, "lon": lon, "lat": lat, "address": f"{rng.randint(1, 20)} 号楼", "words": f"坏了 {key}",
        "reporter": {"name": "赵师傅", "phone": f"1990{rng.randint(0, 9999999):07d}"},
    }  # fmt: skip
    return Said(key, form, _jpeg(rng) if rng.random() < 0.15 else b"")


def _jpeg(rng: Random) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (rng.randint(0, 255), 120, 90)).save(out, "JPEG")
    return out.getvalue()


@dataclass
class Neighbours:
    """``speak`` until told to be silent; ``said`` is everything, answered or not."""

    port: int
    seed: int
    count: int = 3
    said: list[Said] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    answers: int = 0
    _silent: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        for number in range(self.count):
            thread = threading.Thread(
                target=self._speak, args=(Random(self.seed * 1000 + number),), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let everybody finish their sentence."""
        self._silent.set()
        for thread in self._threads:
            thread.join(30)

    def _speak(self, rng: Random) -> None:
        mine: list[Said] = []  # not answered yet
        answered: list[Said] = []
        while not self._silent.is_set():
            one = self._next(rng, mine, answered)
            if one.receipt is not None and rng.random() < 0.5:
                self._supplement(one, rng)
                continue
            known = one.receipt
            told = self._send("/api/v1/reports", one.key, one.form, one.photo)
            one.tries += 1
            if told is None:
                self._silent.wait(0.03)
                continue
            if known is None:
                one.receipt = told
                mine.remove(one)
                answered.append(one)
            elif (told["id"], told["token"], told["number"]) != (
                known["id"],
                known["token"],
                known["number"],
            ):
                self.refusals.append(f"{one.key}: a second receipt: {told['id']} after {known['id']}")

    def _next(self, rng: Random, mine: list[Said], answered: list[Said]) -> Said:
        """Mostly what was not answered, then something new; now and then what was answered long ago, or something more about it."""
        if answered and rng.random() < 0.15:
            return rng.choice(answered)
        if not mine:
            mine.append(_report(rng))
            with self._lock:
                self.said.append(mine[0])
        return mine[0]

    def _supplement(self, one: Said, rng: Random) -> None:
        """Say something more by the secret link; a retry of the same words under the same key must be one step."""
        assert one.receipt is not None
        key = uuid.UUID(int=rng.getrandbits(128)).hex
        for _ in range(40):
            address = f"/api/v1/follow/{one.receipt['token']}/acts/supplement"
            told = self._send(address, key, {"words": f"补充 {key}"}, b"")
            if told is not None:
                one.supplements.append(key)
                return
            if self._silent.wait(0.05):
                return

    def _send(self, address: str, key: str, form: dict[str, Any], photo: bytes) -> dict[str, Any] | None:
        """The answer; None where none came whole. A refusal is noted: nothing here deserves one."""
        body, kind = _multipart(form, photo) if photo else (json.dumps(form).encode(), "application/json")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request("POST", address, body, {"Content-Type": kind, "Idempotency-Key": key})
            answer = line.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()
        if answer.status in (200, 201):
            self.answers += 1
            told: dict[str, Any] = json.loads(said)
            return told
        self.refusals.append(f"{answer.status} {said[:300].decode('utf-8', 'replace')}")
        return None


def _multipart(form: dict[str, Any], photo: bytes) -> tuple[bytes, str]:
    mark = "linli-crash-boundary"
    parts = []
    for name, value in form.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode())
    head = f'--{mark}\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return b"".join(
        [*parts, head.encode(), photo, f"\r\n--{mark}--\r\n".encode()]
    ), f"multipart/form-data; boundary={mark}"
