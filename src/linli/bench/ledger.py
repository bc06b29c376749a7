"""``linli bench ledger``: appending, ordering, verifying and proving at N entries, beside a plain hashlib loop in the same run.

Works in a store of its own (SQLite in a folder that is thrown away, or the PostgreSQL that ``--db`` names, which must be empty).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from linli.bench.machine import busy_seconds

LOT = 500
PROOFS = 200


def run(args: Sequence[str]) -> int:
    """0 measured, 2 asked wrongly."""
    asked = _parser().parse_args(list(args))
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-", dir=asked.folder))
    os.environ |= {"LINLI_DATA": str(folder), "LINLI_DB": asked.db, "LINLI_MODE": "serve"}
    try:
        found = measure(asked.entries, lambda line: print(line, file=sys.stderr, flush=True))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found, indent=1) if asked.json else told(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="linli bench ledger", description="总账测速。Measure the ledger.")
    made.add_argument(
        "--entries",
        type=int,
        default=100_000,
        help="多少条 how many: 100000, 1000000, 10000000 [%(default)s]",
    )
    made.add_argument(
        "--db", default="", help="空的 PostgreSQL，LINLI_DB 的写法 / an empty PostgreSQL, as LINLI_DB"
    )
    made.add_argument("--folder", help="临时文件夹放哪里 / where to make the folder that is thrown away")
    made.add_argument("--json", action="store_true")
    return made


def measure(count: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Fill a fresh store with ``count`` entries and measure. Rates are entries a second of wall clock; ``…_cpu`` a second of processor time, of all
    processes that took part."""
    from linli.config import wiring

    wiring.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.DATA.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    from linli.kernel.ledger import audit_ahead, publish, rows

    steps = Steps(count, say)
    found: dict[str, Any] = {"entries": count, "store": connection.vendor}
    found["append"], found["append_cpu"], _ = steps.timed("append", lambda: _append(steps))
    found["sequence"], found["sequence_cpu"], _ = steps.timed("sequence", lambda: _sequence(steps))
    for jobs in sorted({1, audit_ahead.sensible(count)}):
        found |= _verify(steps, jobs)
    say("checkpoint, proofs")
    began = time.perf_counter()
    made = publish.publish()
    found["checkpoint_ms"] = 1000 * (time.perf_counter() - began)
    assert made is not None and made.size == rows.size()
    found["store_mb"] = round(_size(settings.DATA) / 1e6)
    return found | _proofs(made)


@dataclass(slots=True)
class Steps:
    """What is being done, told every few seconds."""

    count: int
    say: Callable[[str], None]
    name: str = ""
    began: float = 0.0
    told: float = 0.0

    def timed(self, name: str, work: Callable[[], object]) -> tuple[float, float, float]:
        """Entries a second, a second of processor time, and how many processors others kept busy meanwhile."""
        self.name, self.began, self.told = name, time.perf_counter(), 0.0
        spent, busy = _cpu(), busy_seconds()
        work()
        wall, spent, busy = time.perf_counter() - self.began, _cpu() - spent, busy_seconds() - busy
        others = max(0.0, busy - spent) / wall
        self.say(
            f"{name}: {self.count / wall:,.0f}/s, {wall:.1f} s, others kept {others:.1f} processors busy"
        )
        return self.count / wall, self.count / spent, others

    def at(self, done: int, of: int = 0) -> None:
        """So many are done."""
        now = time.perf_counter()
        if now - self.told > 5:
            self.told = now
            self.say(f"  {self.name} {done:,} / {of or self.count:,}, {done / (now - self.began):,.0f}/s")


def _size(folder: Path) -> int:
    """Bytes of the whole store."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return sum(file.stat().st_size for file in folder.rglob("db.sqlite3*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _cpu() -> float:
    """Processor time of this process and of those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _append(steps: Steps) -> None:
    """Entries like those of steps, each lot in an act of its own."""
    from linli.kernel import store
    from linli.kernel.ledger import append

    for start in range(0, steps.count, LOT):
        with store.acting():
            append.commit_many(_row(n) for n in range(start, min(steps.count, start + LOT)))
        steps.at(start)


def _sequence(steps: Steps) -> None:
    from linli.kernel.ledger import sequence

    done = 0
    while placed := sequence.sequence(sequence.AT_ONCE):
        done += placed
        steps.at(done)


def _verify(steps: Steps, jobs: int) -> dict[str, Any]:
    """Everything ``linli ledger verify`` does with the log, and hashing alone right before and after it."""
    from linli.kernel.ledger import audit

    reports: list[audit.Report] = []
    plain = [_plain(), 0.0]
    wall, cpu, others = steps.timed(
        f"verify, {jobs} jobs", lambda: reports.append(audit.verify(steps.at, jobs=jobs))
    )
    plain[1] = _plain()
    assert reports[0].clean and reports[0].size == steps.count, reports[0].difference
    alone = sum(plain) / 2
    told = {
        "per_second": wall,
        "cpu": cpu,
        "hashlib_cpu": alone,
        "of_hashlib": wall / alone,
        "cpu_of_hashlib": cpu / alone,
        "others_busy": others,
    }
    return {f"verify_{jobs}": told}


def _row(n: int) -> tuple[str, str, int, dict[str, Any]]:
    """Six steps to a matter, about as long as a true step's entry."""
    digest = f"{n:064x}"
    effects = {
        "stage": "arrived",
        "ended": None,
        "round": 1,
        "holder": {"role": "grid_worker", "person": f"{n % 997:013d}"},
    }
    body = {
        "act": "arrive",
        "at": n,
        "words": [["words", digest]],
        "photos": [digest],
        "facts": {"effects": effects, "path": "/1/5/9/"},
    }
    return "matter.step", f"matter:{n // 6:013d}", n % 6 + 1, body


def _plain(count: int = 300_000) -> float:
    """What hashing alone costs: a leaf and a node for each entry, in a plain loop over bytes held in memory; to a second of CPU."""
    data = [bytes(500) + n.to_bytes(8, "big") for n in range(20_000)]
    began, node = time.process_time(), bytes(32)
    for n in range(count):
        leaf = sha256(b"\x00" + data[n % len(data)]).digest()
        node = sha256(b"\x01" + node + leaf).digest()
    return count / (time.process_time() - began)


def _proofs(made: Any) -> dict[str, Any]:
    """Making and checking proofs of entries drawn at random, from the store."""
    from linli.kernel.ledger import publish, receipts, rows, tree

    drawn = random.Random(7)
    took: list[float] = []
    checked: list[float] = []
    sizes: list[int] = []
    for _ in range(PROOFS):
        idx = drawn.randrange(made.size)
        leaf = rows.leaves(idx, idx + 1)[0]
        began = time.perf_counter()
        proof = tree.inclusion_proof(publish.tiles(made.size).subtree, idx, made.size)
        took.append(time.perf_counter() - began)
        began = time.perf_counter()
        assert tree.verify_inclusion(leaf, idx, made.size, proof, made.root)
        checked.append(time.perf_counter() - began)
        sizes.append(32 * len(proof))
    old = max(1, made.size * 2 // 3)
    consistency = publish.consistency(old, made.size)
    entry = rows.read(made.size // 2, 1)[0]
    began = time.perf_counter()
    receipt = receipts.receipt_for(entry.id)
    receipt_ms = 1000 * (time.perf_counter() - began)
    return {
        "proof_bytes": max(sizes),
        "proof_ms_p50": 1000 * sorted(took)[PROOFS // 2],
        "proof_ms_p99": 1000 * sorted(took)[PROOFS * 99 // 100],
        "check_us_p50": 1e6 * sorted(checked)[PROOFS // 2],
        "consistency_bytes": 32 * len(consistency),
        "receipt_bytes": len(receipt),
        "receipt_ms": receipt_ms,
    }


def told(found: dict[str, Any]) -> str:
    """The same in words."""
    lines = [
        f"总账 ledger · {found['store']} · {found['entries']:,} 条 entries · {found['store_mb']:,} MB",
        f"  写入 append      {found['append']:>12,.0f} /s  (每 {LOT} 条一次提交 a commit for every {LOT})",
        f"  排序 sequence    {found['sequence']:>12,.0f} /s",
    ]
    for name in sorted(name for name in found if name.startswith("verify_")):
        one = found[name]
        lines += [
            f"  核验 verify      {one['per_second']:>12,.0f} /s  ({name[7:]} 进程 processes; "
            f"别的程序占 others kept {one['others_busy']:.1f} 核 processors busy)",
            f"    每秒 CPU       {one['cpu']:>12,.0f} /s of CPU; hashlib alone {one['hashlib_cpu']:,.0f}: "
            f"{one['cpu_of_hashlib']:.2f} ×, end to end {one['of_hashlib']:.2f} ×",
        ]
    return "\n".join([
        *lines,
        f"  证明 proof       {found['proof_bytes']:>12,} bytes  made in {found['proof_ms_p50']:.2f} ms (p50), "
        f"{found['proof_ms_p99']:.2f} (p99), checked in {found['check_us_p50']:.0f} µs",
        f"  一致 consistency {found['consistency_bytes']:>12,} bytes",
        f"  凭证 receipt     {found['receipt_bytes']:>12,} bytes  made in {found['receipt_ms']:.2f} ms",
        f"  签发 checkpoint  {found['checkpoint_ms']:>12.1f} ms",
    ])  # fmt: skip
