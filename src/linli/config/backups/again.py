"""``python -m linli.config.backups.again``: in a restored store, erase again what its journal of erasures names. One line of JSON.

A process of its own, as ``proving`` is: it knows nothing but the restored store. Nobody else works on it meanwhile.
"""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

from linli.config.backups.proving import MOST


def run() -> dict[str, Any]:
    """Erase, write the store anew so that no page keeps the words, and verify everything once more."""
    from linli.config import wiring

    wiring.setup()
    from linli.config import audits  # models can only be imported once Django is ready
    from linli.kernel.ledger import audit, sequence
    from linli.kernel.notices import erased_again, scrub
    from linli.kernel.people import erasures

    done = erased_again.apply(erasures.read(erasures.path().read_text("utf-8")))
    differences: list[object] = []
    if done.made:
        sequence.sequence_all()
        scrub.now()
        sequence.sequence_all()
        report = audit.verify()
        differences += (
            [report.difference]
            if report.difference is not None
            else list(itertools.islice(audits.differences(), MOST))
        )
    return {
        "named": done.named, "until": done.until.isoformat() if done.until else "", "made": done.made, "counts": done.counts,
        "left": done.left, "differences": [str(one) for one in differences],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False))
    sys.exit(0)
