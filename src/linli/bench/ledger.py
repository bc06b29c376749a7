"""``linli bench ledger``: appending, ordering, verifying and proving at N entries, beside a plain hashlib loop in the same run.

Works in a store of its own (SQLite in a folder that is thrown away, or the PostgreSQL that ``--db`` names, which must be empty).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

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
    """Fill a fresh store with ``count`` entries and measure. Seconds are wall clock; rates are entries a second."""
    from linli.config import wiring

    wiring.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.DATA.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    from linli.kernel.ledger import audit, audit_ahead, publish, rows, sequence

    found: dict[str, Any] = {"entries": count, "store": connection.vendor}
    found["append_per_second"] = _append(count, say)
    began = time.perf_counter()
    sequence.sequence_all()
    found["sequence_per_second"] = count / (time.perf_counter() - began)
    say("verify")
    began, work = time.perf_counter(), time.process_time()
    report = audit.verify()
    found["verify_per_second"] = report.size / (time.perf_counter() - began)
    found["verify_per_cpu_second"] = report.size / (time.process_time() - work)
    assert report.clean, report.difference
    if (jobs := audit_ahead.sensible(count)) > 1:
        began = time.perf_counter()
        assert audit.verify(jobs=jobs).clean
        found |= {"jobs": jobs, "verify_with_jobs_per_second": report.size / (time.perf_counter() - began)}
    found["hashlib_per_cpu_second"] = _plain(min(count, 300_000))
    found["verify_of_hashlib"] = found["verify_per_cpu_second"] / found["hashlib_per_cpu_second"]
    began = time.perf_counter()
    made = publish.publish()
    found["checkpoint_ms"] = 1000 * (time.perf_counter() - began)
    assert made is not None and made.size == rows.size()
    return found | _proofs(made)


def _append(count: int, say: Callable[[str], None]) -> float:
    """Entries like those of steps, each lot in an act of its own."""
    from linli.kernel import store
    from linli.kernel.ledger import append

    began = time.perf_counter()
    for start in range(0, count, LOT):
        with store.acting():
            append.commit_many(_row(n) for n in range(start, min(count, start + LOT)))
        if start and start % 100_000 == 0:
            say(f"append {start:,}")
    return count / (time.perf_counter() - began)


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


def _plain(count: int) -> float:
    """What hashing alone costs: a leaf and a node for each entry, in a plain loop over bytes held in memory; to a second of CPU."""
    data = [bytes(500) + n.to_bytes(8, "big") for n in range(min(count, 20_000))]
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
    return {
        "proof_bytes": max(sizes),
        "proof_ms_p50": 1000 * sorted(took)[PROOFS // 2],
        "check_us_p50": 1e6 * sorted(checked)[PROOFS // 2],
        "consistency_bytes": 32 * len(consistency),
        "receipt_bytes": len(receipts.receipt_for(entry.id)),
    }


def told(found: dict[str, Any]) -> str:
    """The same in words."""
    return (
        f"总账 ledger · {found['store']} · {found['entries']:,} 条 entries\n"
        f"  写入 append      {found['append_per_second']:>12,.0f} /s  (每 {LOT} 条一次提交 a commit for every {LOT})\n"
        f"  排序 sequence    {found['sequence_per_second']:>12,.0f} /s\n"
        f"  核验 verify      {found['verify_per_second']:>12,.0f} /s\n"
        f"    每秒 CPU       {found['verify_per_cpu_second']:>12,.0f} /s of CPU, "
        f"hashlib alone {found['hashlib_per_cpu_second']:,.0f}: {found['verify_of_hashlib']:.2f} ×\n"
        + (
            f"    {found['jobs']} 个进程 jobs    {found['verify_with_jobs_per_second']:>12,.0f} /s\n"
            if "jobs" in found
            else ""
        )
        + f"  证明 proof       {found['proof_bytes']:>12,} bytes  made in {found['proof_ms_p50']:.2f} ms, checked in {found['check_us_p50']:.0f} µs\n"
        f"  一致 consistency {found['consistency_bytes']:>12,} bytes\n"
        f"  凭证 receipt     {found['receipt_bytes']:>12,} bytes\n"
        f"  签发 checkpoint  {found['checkpoint_ms']:>12.1f} ms"
    )
