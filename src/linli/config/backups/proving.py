"""``python -m linli.config.backups.proving SIZE ROOT``: is this store what the backup said, and sound? One line of JSON; changes nothing but the
schema, where the program is newer than the backup."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Sequence
from typing import Any

MOST = 20


def run(size: int, root: str) -> dict[str, Any]:
    """Compare the head before anything is touched, then verify the log and all that is derived from it."""
    from django.core.management import call_command

    from linli.config import wiring

    wiring.setup()
    from linli.config import audits  # models can only be imported once Django is ready
    from linli.kernel.ledger import audit, rows

    head = rows.head()
    said: dict[str, Any] = {
        "equal": (head.size, head.root.hex()) == (size, root),
        "size": head.size,
        "root": head.root.hex(),
    }
    said["differences"] = []
    if said["equal"]:
        call_command("migrate", verbosity=0, interactive=False)
        report = audit.verify()
        said["unsequenced"] = report.unsequenced
        found = (
            [report.difference]
            if report.difference is not None
            else list(itertools.islice(audits.differences(), MOST))
        )
        said["differences"] = [str(one) for one in found]
    return said


def main(args: Sequence[str]) -> int:
    said = run(int(args[0]), args[1])
    print(json.dumps(said, ensure_ascii=False))
    return 0 if said["equal"] and not said["differences"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
