"""How many SQL statements one public report takes, counted in the process that sends them, by the database connection itself.
``python -m linli.bench.counting SPOTS REPORTS [profile]`` prints JSON (or a profile)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def count(spots: Path, reports: int, *, profile: bool = False) -> dict[str, Any]:
    """Statements of the duplicate check, of the report, and of the report that checks within, medians, with BEGIN; and their processor time in
    milliseconds."""
    from linli.config import wiring

    wiring.setup()
    wiring.prepare()
    wiring.wire()
    from django.db import connection
    from django.test import Client

    from linli.bench.asking import Asking

    client, asking = Client(), Asking(json.loads(spots.read_text()), seed=99)

    def post(path: str, body: dict[str, Any], number: int) -> int:
        answer = client.post(
            path,
            body,
            content_type="application/json",
            headers={"Idempotency-Key": f"count-{time.time_ns()}"},
        )
        return int(answer.status_code)

    said: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        said.append(sql)
        return execute(sql, params, many, context)

    counts: dict[str, list[int]] = {"likely": [], "report": [], "checked": []}
    spent = dict.fromkeys(counts, 0.0)
    profiler = None
    if profile:
        import cProfile

        profiler = cProfile.Profile()
    with connection.execute_wrapper(note):
        for number in range(reports + 20):
            body = asking.report(number)
            asked = {
                "likely": ("/api/v1/likely", Asking.likely(body)),
                "report": ("/api/v1/reports", body),
                "checked": ("/api/v1/reports", body | {"unless_likely": 1.0}),
            }
            for name, (path, sent) in asked.items():
                said.clear()
                began = time.process_time()
                if profiler is not None and number >= 20:
                    profiler.enable()
                status = post(path, sent, number)
                if profiler is not None:
                    profiler.disable()
                if status not in (200, 201):
                    raise SystemExit(f"{path}: {status}")
                if number >= 20:  # the first ones fill caches
                    spent[name] += time.process_time() - began
                    counts[name].append(len(said))
    if profiler is not None:
        import pstats

        pstats.Stats(profiler).sort_stats("tottime").print_stats(50)
    return {
        "statements": {name: sorted(found)[len(found) // 2] for name, found in counts.items()},
        "most": {name: max(found) for name, found in counts.items()},
        "cpu_ms": {name: 1000 * total / reports for name, total in spent.items()},
    }


if __name__ == "__main__":
    print(json.dumps(count(Path(sys.argv[1]), int(sys.argv[2]), profile="profile" in sys.argv[3:])))
