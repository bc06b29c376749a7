"""Every audit there is, in one list: what ``linli ledger verify`` and a restore go through after the log itself has been verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec

from linli.kernel.ledger.audit import Difference

AUDITS = (
    "linli.kernel.packspec.audit",
    "linli.kernel.places.audit",
    "linli.kernel.people.audit",
    "linli.kernel.matters.audit",
    "linli.kernel.matters.audit_beside",
    "linli.kernel.registers.audit",
)


def differences() -> Iterator[Difference]:
    """Everything in which the tables are not what the log says, area by area."""
    for name in AUDITS:
        if find_spec(name) is not None:
            found: Callable[[], Iterator[Difference]] = import_module(name).differences
            yield from found()
