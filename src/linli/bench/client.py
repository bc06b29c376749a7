"""A small HTTP client for measuring: keep-alive connections, JSON in and out, closed loop (as fast as answers come) or open loop (a fixed
rate, whatever the answers do; time is counted from when a request should have been sent)."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answers:
    """What came back: seconds of each piece of work, and how many of each status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    spent: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.spent if self.spent else 0.0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        found = sorted(self.seconds)
        return 1000 * found[min(len(found) - 1, int(share * len(found)))] if found else 0.0


RENEW = 50


class Connection:
    """One connection, used by one piece of work at a time; opened anew now and then, as those of many people are."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._asked = 0

    async def post(self, path: str, body: Any, headers: str = "") -> tuple[int, bytes]:
        """Send JSON; the status and the body of the answer."""
        self._asked += 1
        if self._asked % RENEW == 0:
            await self.close()
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        data = json.dumps(body, ensure_ascii=False).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
        self._writer.write(head.encode() + data)
        return await self._answer()

    async def _answer(self) -> tuple[int, bytes]:
        assert self._reader is not None
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        named = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        body = await self._reader.readexactly(int(named.get("content-length", "0")))
        if named.get("connection", "").lower() == "close":
            await self.close()
        return int(lines[0].split()[1]), body

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None


Work = Callable[[Connection, int], Awaitable[int]]  # one piece of work: the status of its last answer


async def closed_loop(port: int, work: Work, connections: int, seconds: float, first: int) -> Answers:
    """So many workers, each beginning anew as soon as it is answered."""
    found, begun = Answers(), time.perf_counter()
    until, number = begun + seconds, iter(range(first, 1 << 60))

    async def worker() -> None:
        connection = Connection("127.0.0.1", port)
        while (start := time.perf_counter()) < until:
            status = await work(connection, next(number))
            found.seconds.append(time.perf_counter() - start)
            found.statuses[status] += 1
        await connection.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    found.spent = time.perf_counter() - begun
    return found


async def open_loop(
    port: int, work: Work, rate: float, seconds: float, first: int, most: int = 256
) -> Answers:
    """So many a second, come what may, over at most ``most`` connections."""
    found, begun = Answers(), time.perf_counter()
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(most):
        free.put_nowait(Connection("127.0.0.1", port))

    async def one(number: int, due: float) -> None:
        connection = await free.get()
        status = await work(connection, number)
        found.seconds.append(time.perf_counter() - due)
        found.statuses[status] += 1
        free.put_nowait(connection)

    tasks = []
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(first + number, due)))
    await asyncio.gather(*tasks)
    found.spent = time.perf_counter() - begun
    while not free.empty():
        await free.get_nowait().close()
    return found
