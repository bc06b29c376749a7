"""Nobody is nobody: a matter whose responsible one no longer holds the post passes to whoever holds it now (law 2).

A post ends, is handed over, a deputy's time is over: none of it touches matters, because people know nothing of them. So it is
looked for here, again and again, among the holders of open matters, and each such matter is passed on by a step of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, record, workflow
from linli.kernel.matters.models import Matter
from linli.kernel.matters.record import Deed
from linli.kernel.matters.rows import state_of
from linli.kernel.matters.state import Seek
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import duty
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.duty import Holding

ACT = "passed_on"
_COLUMNS = ("holder_id", "holder_role", "holder_place_id", "holder_unit_id")


class _Holder(NamedTuple):
    """What a matter says of its responsible one, column by column."""

    person_id: int | None
    role: str
    place_id: int | None
    unit_id: int | None

    def answers(self, at: datetime) -> bool:
        """Whether they still hold what they answer by."""
        return self.person_id is not None and duty.answers(
            self.person_id, self.role, self.place_id, self.unit_id, at
        )


def run_once(limit: int = 200) -> int:
    """Pass on up to ``limit`` matters whose holder holds nothing any more. Answers how many. Safe to run in several processes."""
    now = moment.now()
    open_ones = Matter.objects.filter(ended_at=None, holder_id__isnull=False)
    holders = [_Holder(*row) for row in open_ones.order_by().values_list(*_COLUMNS).distinct()]
    done = 0
    for gone in (holder for holder in holders if not holder.answers(now)):
        left = open_ones.filter(**dict(zip(_COLUMNS, gone, strict=True)))
        for matter_id in left.order_by("id").values_list("id", flat=True)[: limit - done]:
            done += _pass_on(matter_id)
        if done >= limit:
            break
    return done


def _pass_on(matter_id: int) -> int:
    """One matter, locked and looked at again: two workers, or an act in between, pass nothing on twice."""
    with store.acting():
        rows = Matter.objects.filter(pk=matter_id, ended_at=None)
        if connection.vendor == "postgresql":
            rows = rows.select_for_update(skip_locked=True)
        matter = rows.first()
        now = moment.now()
        if matter is None or _Holder(*(getattr(matter, name) for name in _COLUMNS)).answers(now):
            return 0
        pack = editions.edition(matter.edition)
        found = _successor(matter, pack, now)
        if found is None:
            return 0
        before = state_of(matter, pack)
        record.hold(matter, found, matter.holder_role, now)
        record.write(
            matter, pack, before, before, Deed(ACT, "hand_down", SYSTEM, None, now, owed=("act:hand_down",))
        )
        return 1


def _successor(matter: Matter, pack: Pack, at: datetime) -> Holding | None:
    """Whoever holds the same post now; for a unit without anybody, and a post left empty, the ladder above. None only where the whole ladder
    is unmanned, which ``people`` does not let happen."""
    up = workflow.ladder_roles(pack)
    seeks = [Seek(matter.holder_role, unit_id=matter.holder_unit_id, else_up=up)]
    if matter.holder_unit_id is not None and up:
        seeks.append(Seek(up[0], else_up=up))
    for seek in seeks:
        try:
            return acts.find(seek, matter.path, at)
        except Refusal:
            continue
    return None
