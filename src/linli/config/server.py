"""``linli serve``: a process that answers at one address, with the worker beside it, inside it, or elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Protocol

import uvicorn

from linli.config import several
from linli.config import worker as work
from linli.config.asgi import application, live
from linli.config.beside import Beside
from linli.config.lives import Life, inherited
from linli.doors import health

GRACE = 15
BACKLOG = 2048


class _Stoppable(Protocol):
    def stop(self) -> object: ...


class _Server(uvicorn.Server):
    """uvicorn, with streams ended and the worker stopped before it goes."""

    def __init__(self, config: uvicorn.Config, *, worker: str, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._where = worker
        self._worker: _Stoppable | None = None
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._begin_work()
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live.farewell()
        await super().shutdown(sockets)
        if self._worker is not None:
            await asyncio.to_thread(self._worker.stop)

    def _begin_work(self) -> None:
        if self._where == "beside":
            beside = self._worker = Beside()
            beside.start()
        elif self._where == "inside":
            self._worker = work.start()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was obeyed is not raised again: the process ends with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        live.farewell()
        super().handle_exit(sig, frame)


def run(
    host: str,
    port: int,
    *,
    worker: str = "beside",
    processes: int = 1,
    on_ready: Callable[[str], None] | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Prints the address once it answers, then calls ``on_ready`` with it.

    On a signal: no new connections, open answers are finished, streams are ended, the worker's loops finish what they are at.
    ``worker``: ``beside`` (a process of its own that ends with this one), ``inside`` (threads of this one) or ``elsewhere``.
    ``processes``: how many answer; several need a worker that is not inside. ``port`` 0 takes a free one. Raises SystemExit with a
    sentence when the address cannot be had.
    """
    listening = listen(host, port, shared=processes > 1)

    def ready() -> None:
        print(f"Linli 邻里: {address_of(listening)}", flush=True)
        if on_ready is not None:
            on_ready(address_of(listening))

    life = Life()
    life.begin()
    if processes > 1:
        code = several.run(listening, host, processes, worker=worker, on_ready=ready)
    else:
        health.register_check("live", _streams)
        server = _Server(_config(), worker=worker, on_ready=ready)
        server.run(sockets=[listening])
        code = 0 if server.started else 1
    life.end()
    return code


def run_child(host: str, port: int) -> int:
    """Be one of several at this address: ``linli serve --child``, started by the one that keeps them."""
    listening = listen(host, port, shared=True)
    listening.listen(BACKLOG)
    health.register_check("live", _streams)
    health.register_check("server", inherited)

    def end() -> None:
        server.should_exit = True

    ready = several.join(end)
    server = _Server(_config(), worker="elsewhere", on_ready=ready)
    server.run(sockets=[listening])
    return 0 if server.started else 1


def _config() -> uvicorn.Config:
    return uvicorn.Config(
        application,
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=GRACE,
        ws="none",
    )


def _streams() -> health.Check:
    """How many listen, and whether what happens reaches them."""
    error = live.tail.error if live.tail is not None else ""
    return health.Check("degraded" if error else "ok", {"listeners": live.hub.size, "error": error})


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that listens there; ``shared``: one that holds the port, which further processes may listen at. Raises SystemExit with a sentence
    when it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio looks at it before it sets TCP_NODELAY: without it each answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((host, port))
        if not shared:
            listening.listen(BACKLOG)
        return listening
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "0–65535"
        raise SystemExit(
            f"{host}:{port} 不能用（{why}）。换一个地址或端口：--host、--port。\n"
            f"Cannot listen on {host}:{port} ({why}). Choose another with --host or --port."
        ) from None


def address_of(listening: socket.socket) -> str:
    """The address to type into a browser on this machine."""
    name: Any = listening.getsockname()
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(name[0], f"[{name[0]}]" if ":" in name[0] else name[0])
    return f"http://{host}:{name[1]}/"
