"""``linli bench``: figures of this machine, this minute. Everything runs in folders that are thrown away."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from linli.bench import intake
from linli.bench.machine import Absent

SIGNALEN = 18.5  # public reports a second of Signalen on this kind of machine: docs/performance.md


def run(args: Sequence[str]) -> int:
    """0 measured, 1 the machine lacks something, 2 asked wrongly."""
    if args and args[0] == "ledger":
        from linli.bench import ledger

        return ledger.run(args[1:])
    asked = _parser().parse_args(list(args))
    wanted = intake.Wanted(
        asked.store, asked.seconds, asked.connections, asked.repeats, asked.size, asked.check
    )
    if asked.processes:
        wanted = replace(wanted, processes=asked.processes)
    try:
        found = intake.measure(wanted, lambda line: print(line, file=sys.stderr, flush=True))
    except Absent as absence:
        print(absence, file=sys.stderr)
        return 1
    print(json.dumps(found, ensure_ascii=False, indent=1) if asked.json else _told(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="linli bench", description="测速。Measure this machine.")
    what = made.add_subparsers(dest="what", required=True, metavar="intake")
    one = what.add_parser("intake", help="公开上报 the public report over HTTP")
    what.add_parser(
        "ledger", help="总账：写入、核验、证明 the ledger: append, verify, proofs", add_help=False
    )
    one.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    one.add_argument("--seconds", type=float, default=10, help="每轮多久 of each repeat [%(default)s]")
    one.add_argument("--connections", type=int, default=8, help="[%(default)s]")
    one.add_argument("--repeats", type=int, default=3, help="[%(default)s]")
    one.add_argument(
        "--size",
        choices=("street", "district"),
        default="street",
        help="镇的大小 size of the town [%(default)s]",
    )
    one.add_argument(
        "--check",
        choices=("within", "before", "no"),
        default="within",
        help="查重复 duplicates: asked within the report, in a request before it, or not at all [%(default)s]",
    )
    one.add_argument("--processes", type=int, default=0, help="几个进程应答 that serve; 0: one for each core")
    one.add_argument("--json", action="store_true")
    return made


def _told(found: dict[str, Any]) -> str:
    steady = found["open_loop"]
    checked = "、".join(f"{name} {count}" for name, count in found["statements"].items())
    return "\n".join((
        f"公开上报 public reports · {found['store']} · {found['connections']} connections · {found['processes']} processes"
        f" · 查重复 duplicates asked: {found['duplicate_check']}",
        f"  {found['reports_per_second']:.0f} /s   p50 {found['p50_ms']} ms   p99 {found['p99_ms']} ms"
        f"   ({found['reports_per_second'] / SIGNALEN:.0f} × Signalen)",
        f"  {found['statements_per_report']} SQL ({checked})   {found['cpu_ms_per_report']} ms CPU",
        f"  open loop {steady['rate']:.0f} /s: p50 {steady['p50_ms']} ms   p99 {steady['p99_ms']} ms",
        f"  others kept {found['other_cores_busy']} cores busy; yardstick {found['yardstick_ms'][0]} → {found['yardstick_ms'][1]} ms;"
        f" refused or failed {found['refused_or_failed']}",
    ))  # fmt: skip
