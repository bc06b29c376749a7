"""Writing to the store beside the running program, through the same acts: a town before it starts, and reports made some minutes ago.

``python -m tests.browser.beside seed`` · ``python -m tests.browser.beside report '{"seconds_ago": 590, "at": 501}'`` prints the receipt as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

from linli.config import wiring

wiring.setup()

from linli.kernel import ids, moment  # noqa: E402
from linli.kernel.ledger import sequence  # noqa: E402


def seed() -> None:
    """The small town of the kernel's own tests, and one open matter, so that no list is empty."""
    wiring.prepare()
    from tests import town

    town.build().report("street_light", at=511, words="路口的灯不亮")
    sequence.sequence_all()


def report(seconds_ago: int, **more: Any) -> dict[str, Any]:
    """Somebody reported something that long ago."""
    from linli.kernel.matters.models import Matter
    from tests.town import Town

    with moment.at(moment.now() - timedelta(seconds=seconds_ago)):
        receipt = Town().report(**more)
    held = Matter.objects.get(pk=receipt.matter_id)
    return {
        "id": ids.text(receipt.matter_id),
        "worker": ids.text(held.holder_id or 0),
        "grid": ids.text(held.place_id),
        "number": receipt.number,
        "token": receipt.token,
        "code": receipt.code,
    }


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        seed()
    else:
        print(json.dumps(report(**json.loads(sys.argv[2]))))
