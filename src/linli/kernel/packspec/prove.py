"""placeholder"""

from linli.kernel.packspec.faults import Fault
from linli.kernel.packspec.schema import Pack


def prove(pack: Pack) -> list[Fault]:
    return []
