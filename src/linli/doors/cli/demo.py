"""``linli demo``: a living sample town at one address. One-click sign-in as anyone; never for real work."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linli.demo.life import Life

WORDS = {
    "ground": "画地图、分网格 drawing streets and grids",
    "map": "铺地图 laying out the map",
    "people": "安排岗位 filling every post",
    "history": "过两个星期 living two weeks",
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="linli demo", description="打开一座会动的样板镇。Open a living sample town."
    )
    made.add_argument("--host", default="127.0.0.1", help="[%(default)s]")
    made.add_argument("--port", type=int, default=8341, help="0 takes a free one [%(default)s]")
    made.add_argument(
        "--size",
        choices=("street", "district", "city"),
        default="street",
        help="39, about 400 or 50,000 micro-grids [%(default)s]",
    )
    made.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="how fast people live: 0 stands still, 1 as in life, 10 ten times [%(default)s]",
    )
    made.add_argument("--days", type=int, default=14, help="days of history [%(default)s]")
    made.add_argument("--seed", type=int, default=7, help="another number, another town [%(default)s]")
    made.add_argument("--fresh", action="store_true", help="forget the town and make it anew")
    return made


def run(args: Sequence[str]) -> int:
    """Make the town if there is none, serve it, let people live."""
    chosen = parser().parse_args(list(args))
    from linli.config import assets, wiring

    wiring.setup()
    from django.conf import settings

    if chosen.fresh:
        _forget(settings.DATA)
    assets.ensure()
    wiring.prepare()
    wiring.wire()
    from linli.config import server
    from linli.demo import life, town

    if not town.exists():
        _build(chosen)
    living = life.Life(speed=chosen.speed, seed=chosen.seed)
    try:
        return server.run(
            chosen.host, chosen.port, worker=settings.WORKER, on_ready=lambda address: _ready(living, address)
        )
    finally:
        living.stop()


def _ready(living: Life, address: str) -> None:
    """The address is already printed by the server; say how to go on, and let the town live."""
    print(f"  {address}demo/  一键登录任何岗位 sign in as anyone\n  Ctrl+C 关闭 to stop", flush=True)
    living.start(address)


def _forget(data: Path) -> None:
    """Only ever the sample town's own folder."""
    if (data / "demo.town").exists():
        shutil.rmtree(data)
        data.mkdir(parents=True)
    elif data.exists() and any(data.iterdir()):
        sys.exit(f"{data} 不是样板镇的数据，不会删除。{data} holds no sample town; it is left alone.")


def _build(chosen: argparse.Namespace) -> None:
    from django.conf import settings

    from linli.demo import town

    (settings.DATA / "demo.town").write_text("made by linli demo\n")
    began, last = time.monotonic(), ("", 0)

    def tell(what: str, part: float) -> None:
        """A line that changes on a terminal; elsewhere a line for each tenth."""
        nonlocal last
        line, tenth = f"{WORDS[what]} … {part:4.0%}", (what, int(part * 10))
        if tenth != last and not sys.stdout.isatty():
            print(line, flush=True)
        elif sys.stdout.isatty():
            print(f"\r{line:60}", end="\n" if part >= 1 else "", flush=True)
        last = tenth

    town.build(chosen.seed, chosen.size, chosen.days, tell)
    print(f"样板镇好了 The town is ready ({time.monotonic() - began:.0f} s)", flush=True)
