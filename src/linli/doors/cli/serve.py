"""``linli serve`` and ``linli worker``: run for real."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


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
    chosen = parser.parse_args(list(args))
    assets.ensure()
    return server.run(chosen.host, chosen.port, worker=chosen.worker)


def worker(args: Sequence[str]) -> int:
    """Only the loops: sequencer, followers, clocks, deliveries."""
    from linli.config import beside
    from linli.config import worker as work

    parser = argparse.ArgumentParser(prog="linli worker", description="只跑后台。Only the loops.")
    parser.add_argument("--beside", action="store_true", help=argparse.SUPPRESS)  # as `linli serve` starts it
    return beside.run() if parser.parse_args(list(args)).beside else work.run()
