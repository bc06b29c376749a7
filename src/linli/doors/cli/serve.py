"""``linli serve`` and ``linli worker``: run for real."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

MOST = 64


def run(args: Sequence[str]) -> int:
    """Serve at one address, with the worker beside it unless told otherwise."""
    from django.conf import settings

    from linli.config import assets, server

    parser = argparse.ArgumentParser(prog="linli serve", description="运行邻里。Run Linli for real.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (0.0.0.0: every network) [%(default)s]"
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one [%(default)s]")
    parser.add_argument(
        "--worker",
        choices=("beside", "inside", "elsewhere"),
        default=settings.WORKER,
        help="beside: a process of its own that ends with this one; inside: in this process, which takes less memory; "
        "elsewhere: `linli worker` is run by somebody else [%(default)s]",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=settings.WEB_PROCESSES,
        help="how many processes answer; one suits a neighbourhood, one for each core a city [%(default)s]",
    )
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)  # one of several
    chosen = parser.parse_args(list(args))
    if chosen.child:
        return server.run_child(chosen.host, chosen.port)
    if not 1 <= chosen.processes <= MOST:
        parser.error(f"--processes: 1–{MOST}")
    if chosen.processes > 1 and chosen.worker == "inside":
        parser.error(
            "--processes: 后台在进程内时只能有一个。Several processes need --worker beside or elsewhere."
        )
    assets.ensure()
    return server.run(chosen.host, chosen.port, worker=chosen.worker, processes=chosen.processes)


def worker(args: Sequence[str]) -> int:
    """Only the loops: sequencer, followers, clocks, deliveries."""
    from linli.config import beside
    from linli.config import worker as work

    parser = argparse.ArgumentParser(prog="linli worker", description="只跑后台。Only the loops.")
    parser.add_argument("--beside", action="store_true", help=argparse.SUPPRESS)  # as `linli serve` starts it
    return beside.run() if parser.parse_args(list(args)).beside else work.run()
