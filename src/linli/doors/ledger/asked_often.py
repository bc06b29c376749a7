"""What of the ledger costs more than reading a file, and how often one address may ask for it."""

from __future__ import annotations

from linli.doors.portal.throttle import Throttle

lines = Throttle("ledger.too_many", most=600, within=600)  # witnesses handing in
proofs = Throttle("ledger.too_many", most=1200, within=600)
