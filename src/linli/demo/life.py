"""Neighbours and staff of the sample town, who go on living in it through the same doors as everybody else: HTTP, sessions, CSRF, refusals.

One thread, one calendar of what each intends to do next. Speed 1: a report every minute and a half, and people as quick as people are; speed 10:
ten times that; 0: nobody stirs. What a door refuses is left as it is, as in life.
"""

from __future__ import annotations

import heapq
import http.cookiejar
import json
import logging
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from linli.demo import pictures, sayings
from linli.demo.kinds import REPAIR, REQUEST, said_how, weighted

log = logging.getLogger("linli.life")
BETWEEN = 90.0  # seconds between reports at speed 1


class Refused(Exception):
    """A door said no."""


class Visitor:
    """Somebody's browser, without the browser: cookies, CSRF token, forms."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._jar = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        ).open

    def sign_in(self, login: str) -> None:
        """One click, as on the sample town's own page."""
        self.send("GET", f"/demo/as/{login}")

    def send(
        self, method: str, path: str, data: bytes | None = None, kind: str = "application/json"
    ) -> bytes:
        """One request. Raises Refused for any answer that is not one of success."""
        request = urllib.request.Request(
            self._address + path, data, method=method, headers={"Accept": "application/json"}
        )
        if data is not None:
            request.add_header("Content-Type", kind)
            request.add_header("Idempotency-Key", uuid.uuid4().hex)
        token = next((cookie.value for cookie in self._jar if cookie.name == "csrftoken"), None)
        if token:
            request.add_header("X-CSRFToken", token)
        try:
            with self._open(request, timeout=20) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise Refused(
                f"{method} {path}: {error.code} {error.read(300).decode(errors='replace')}"
            ) from error

    def get(self, path: str) -> Any:
        return json.loads(self.send("GET", path))

    def post(self, path: str, fields: Mapping[str, Any], photos: Mapping[str, bytes] | None = None) -> Any:
        """JSON, or a form with pictures, named ``photos_after`` and the like."""
        if not photos:
            return json.loads(self.send("POST", path, json.dumps(fields).encode()) or b"{}")
        body, kind = form(fields, photos)
        return json.loads(self.send("POST", path, body, kind) or b"{}")


def form(fields: Mapping[str, Any], photos: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A multipart form: each field as a part (lists and objects as JSON), each picture as a file."""
    mark = uuid.uuid4().hex
    parts = []
    for name, value in fields.items():
        text = value if isinstance(value, str) else json.dumps(value)
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode())
    for name, picture in photos.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts += [head.encode(), picture, b"\r\n"]
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"


@dataclass
class Life:
    """The town's day. ``start`` when the server answers, ``stop`` before it goes."""

    speed: float
    seed: int = 7
    _thread: threading.Thread | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _plans: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0
    _visitors: dict[str, Visitor] = field(default_factory=dict)
    _address: str = ""
    _intended: dict[str, str] = field(default_factory=dict)
    _houses: list[tuple[str, float, float]] = field(default_factory=list)
    _rng: Random = field(default_factory=Random)

    def start(self, address: str) -> None:
        if self.speed <= 0 or not address:
            return
        self._address, self._rng = address, Random(f"life:{self.seed}:{time.time_ns()}")
        self._thread = threading.Thread(target=self._run, name="linli-life", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Intend something, so many of the town's own seconds from now."""
        self._count += 1
        heapq.heappush(self._plans, (time.monotonic() + seconds / self.speed, self._count, what))

    def visitor(self, login: str) -> Visitor:
        """That person's own session."""
        if login not in self._visitors:
            visitor = Visitor(self._address)
            visitor.sign_in(login)
            self._visitors[login] = visitor
        return self._visitors[login]

    def _run(self) -> None:
        from django.db import connection

        self._houses = _houses()
        self.after(2, self._neighbour)
        self.after(5, self._staff_comes_in)
        try:
            while not self._stopping.is_set():
                if not self._plans or self._plans[0][0] > time.monotonic():
                    self._stopping.wait(0.2)
                    continue
                _, _, what = heapq.heappop(self._plans)
                self._try(what)
        finally:
            connection.close()

    def _try(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Refused as refused:
            log.info("%s", refused)
        except OSError as error:  # the server is going, or busy: nobody's day ends with that
            log.debug("life: %s", error)

    def _neighbour(self) -> None:
        """Somebody sees something and says so. Then the next."""
        self.after(self._rng.expovariate(1 / BETWEEN), self._neighbour)
        rng, (address, lon, lat) = self._rng, self._rng.choice(self._houses)
        pack = "repair" if rng.random() < 0.8 else "request"
        kind, condition = weighted(rng, REPAIR if pack == "repair" else REQUEST, _pack(pack))
        how = said_how(_pack(pack), kind, condition)
        who = (
            {}
            if rng.random() < 0.1
            else {"name": rng.choice("赵钱孙李周吴") + "师傅", "phone": f"1990{rng.randint(0, 4999):07d}"}
        )
        report = {
            "pack": pack, "kind": kind, "condition": condition, "lon": lon + rng.uniform(-8e-5, 8e-5), "lat": lat + rng.uniform(-6e-5, 6e-5),
            "address": address, "words": sayings.said(kind, rng, how), "reporter": who,
        }  # fmt: skip
        Visitor(self._address).post("/api/v1/reports", report)

    def _staff_comes_in(self) -> None:
        """Every little while everybody who has something in hand looks at it and decides when to do what."""
        self.after(20, self._staff_comes_in)
        for number, login, stage, kind in _in_hand():
            if self._intended.get(number) != stage:
                self._intended[number] = stage
                self._intend(number, login, stage, kind)
        if len(self._intended) > 5000:
            self._intended.clear()

    def _intend(self, number: str, login: str, stage: str, kind: str) -> None:
        rng = self._rng
        if stage == "reported" and login.startswith("operator"):
            self.after(
                rng.uniform(60, 600),
                lambda: self._act(number, login, "verify", {"verified": True, "words": "情况属实，已受理"}),
            )
        elif stage == "reported":
            wait = rng.choices(
                (rng.uniform(120, 500), rng.uniform(560, 780), rng.uniform(1300, 2400)), (0.88, 0.09, 0.03)
            )[0]
            self.after(wait, lambda: self._arrive(number, login))
        elif stage == "accepted":
            self.after(rng.uniform(120, 900), lambda: self._act(number, login, "take_on", {}))
        elif stage in ("on_site", "planned", "handling"):
            self.after(rng.uniform(240, 1100), lambda: self._finish(number, login, kind))
        elif stage == "check":
            self.after(rng.uniform(200, 900), lambda: self._check(number, login))
        elif stage == "done":
            self.after(rng.uniform(200, 1500), lambda: self._call_back(number))

    def _act(
        self,
        number: str,
        login: str,
        act: str,
        fields: Mapping[str, Any],
        photos: Mapping[str, bytes] | None = None,
    ) -> None:
        self.visitor(login).post(f"/api/v1/matters/{number}/acts/{act}", fields, photos)

    def _arrive(self, number: str, login: str) -> None:
        self._act(number, login, "arrive", {"position": _spot_of(number)})

    def _finish(self, number: str, login: str, kind: str) -> None:
        photo = pictures.picture(pictures.scene_for(kind), True, self._rng.randint(0, 3))
        self._act(number, login, "finish", {"words": sayings.done(self._rng)}, {"photos_after": photo})

    def _check(self, number: str, login: str) -> None:
        self._act(
            number, login, "check", {"verified": self._rng.random() < 0.93, "position": _spot_of(number)}
        )

    def _call_back(self, number: str) -> None:
        dice = self._rng.random()
        if _anonymous(number):
            self._by_another(number, "close_without", {"reason": "匿名上报，没有联系方式"})
        elif dice < 0.1:
            self._by_another(number, "call_back", {"contacted": False})
            self.after(7300, lambda: self._call_back(number))
        else:
            happy = dice < 0.92
            words = sayings.happy(self._rng) if happy else sayings.unhappy(self._rng)
            answers = {"contacted": True, "solved": happy, "satisfied": happy, "words": words}
            self._by_another(number, "call_back", answers)

    def _by_another(self, number: str, act: str, fields: Mapping[str, Any]) -> None:
        """Whoever handled the matter is refused; the next operator takes it."""
        operators = [f"operator{n}" for n in range(1, 5)]
        self._rng.shuffle(operators)
        for operator in operators:
            try:
                self._act(number, operator, act, fields)
                return
            except Refused as refused:
                if "act.by_another" not in str(refused):
                    raise


# What a neighbour knows by living there: read from the store, never written.


def _houses() -> list[tuple[str, float, float]]:
    from linli.kernel.places.tree import tree

    ground, found = tree(), []
    for node in ground.of_level("building")[:4000]:
        compound = ground.up_to(node.id, "compound")
        if node.lon is not None and node.lat is not None and compound is not None:
            found.append((f"{compound.name} {node.name}", node.lon, node.lat))
    return found


def _pack(key: str) -> Any:
    from linli.kernel.packspec import editions

    return editions.current(key)


def _in_hand() -> list[tuple[str, str, str, str]]:
    """Every open matter with the login of whoever answers for it."""
    from linli.kernel import ids
    from linli.kernel.matters.models import Matter
    from linli.kernel.people.models import Person

    rows = list(Matter.objects.filter(ended_at=None, paused_until=None).order_by("due_at")[:300])
    logins = dict(Person.objects.filter(pk__in={row.holder_id for row in rows}).values_list("id", "login"))
    return [
        (ids.text(row.id), logins[row.holder_id], row.stage, row.kind)
        for row in rows
        if row.holder_id in logins
    ]


def _matter(number: str) -> Any:
    from linli.kernel import ids
    from linli.kernel.matters.models import Matter

    return Matter.objects.get(pk=ids.parse(number))


def _spot_of(number: str) -> dict[str, float]:
    row = _matter(number)
    return {"lon": row.lon or 0.0, "lat": row.lat or 0.0}


def _anonymous(number: str) -> bool:
    return bool(_matter(number).anonymous)
