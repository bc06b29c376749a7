"""The store a measurement runs on: the invented town without its history, in a folder that is thrown away. Run as a process of its own, with
the environment saying where: ``python -m linli.bench.ground SIZE SPOTS``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def build(size: Any, spots: Path) -> None:
    """Make the town and write down where its buildings stand."""
    from linli.config import wiring

    wiring.setup()
    wiring.prepare()
    from linli.demo import town
    from linli.kernel.places import locate
    from linli.kernel.places.tree import tree

    town.build(7, size, 0, lambda what, part: None)
    ground = tree()
    found = [
        (node.lon, node.lat, node.called("zh"))
        for node in ground.of_level("building")
        if node.lon is not None
    ]
    if len(found) < 200:
        found += [
            (node.lon, node.lat, node.called("zh"))
            for node in ground.of_level("micro_grid")
            if node.lon is not None
        ]
    found = [each for each in found if each[0] and each[1] and locate.owner_of(each[0], each[1])]
    spots.write_text(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
