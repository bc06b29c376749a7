"""``linli serve`` and ``linli worker``: run for real."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def run(args: Sequence[str]) -> int:
    """Serve at one address, with the worker beside it unless told otherwise."""
    from linli.config import assets, server

    parser = argparse.ArgumentParser(prog="linli serve", description="运行邻里。Run Linli for real.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (0.0.0.0: every network) [%(default)s]"
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one [%(default)s]")
    parser.add_argument(
        "--no-worker",
        action="store_true",
        help="only answer; `linli worker` runs elsewhere (PostgreSQL only)",
    )
    chosen = parser.parse_args(list(args))
    assets.ensure()
    if chosen.no_worker:
        from django.db import connection

        if connection.vendor == "sqlite":
            parser.error("SQLite is one process; leave --no-worker out, or set LINLI_DB to a PostgreSQL.")
    return server.run(chosen.host, chosen.port, worker=not chosen.no_worker)


def worker(args: Sequence[str]) -> int:
    """Only the loops: sequencer, followers, clocks, deliveries."""
    from linli.config import worker as work

    argparse.ArgumentParser(prog="linli worker", description="只跑后台。Only the loops.").parse_args(
        list(args)
    )
    return work.run()
