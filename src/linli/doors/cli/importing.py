"""``linli import places|matters``: real files in, with every refused row and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

WHAT = {"places": "linli.doors.cli.places", "matters": "linli.doors.cli.matters"}


def run(args: Sequence[str]) -> int:
    """Hand on to what is imported."""
    if not args or args[0] not in WHAT:
        print("usage: linli import places|matters FILE… [options]", file=sys.stderr)
        return 0 if args and args[0] in ("-h", "--help") else 2
    code: int = import_module(WHAT[args[0]]).run(list(args[1:]))
    return code
