"""``linli token LOGIN``: a bearer token for a program that acts as somebody. For the operator of the machine; shown once, kept nowhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta

from linli.doors.api import identity
from linli.kernel import moment
from linli.kernel.people import acts


def run(args: Sequence[str]) -> int:
    """0 printed, 1 refused, 2 asked wrongly."""
    made = argparse.ArgumentParser(
        prog="linli token",
        description="给程序用的令牌：以某人的身份使用 /api/v1，改了密码就失效。A token for /api/v1; a changed password ends it.",
    )
    made.add_argument("login", help="以谁的身份 whose rights it has")
    made.add_argument("--days", type=int, default=90, help="多少天有效 how long it holds [%(default)s]")
    asked = made.parse_args(list(args))
    token = identity.issue(acts.person_named(asked.login).id, timedelta(days=asked.days), proved=True)
    print(token.token)
    print(f"# {moment.local(token.expires):%Y-%m-%d %H:%M}")
    return 0
