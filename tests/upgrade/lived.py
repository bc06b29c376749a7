"""A few days of invented life that leave a row in every table that matters."""

from __future__ import annotations

from datetime import timedelta

from linli.kernel import moment
from linli.kernel.matters import acts, held_about, reads
from linli.kernel.matters.asks import Inputs, Reporter
from linli.kernel.notices import rights
from linli.kernel.people import accounts, looks, rota
from linli.kernel.people.actors import SYSTEM, actor_of
from linli.kernel.registers import acts as registers
from tests.town import BEGAN, Town, photo


def live(town: Town) -> None:
    """One matter of each fate: ended, open, joined, anonymous, erased."""
    with moment.at(BEGAN + timedelta(days=1)):
        ended = town.report(photos=(photo(),), key="a-key-of-a-phone")
        town.finish(ended.matter_id)
        acts.take(
            town.actor("operator"),
            ended.matter_id,
            "call_back",
            Inputs(contacted=True, solved=True, satisfied=True),
        )
        looks.record(town.actor("operator"), "contact", ended.matter_id, "核实楼号")
        accounts.give_consent(town.ids["resident"], "notices", "1")
        rota.set_roster(SYSTEM, "grid_worker", 501, [rota.TurnAsk(town.ids["worker"], 480, 1080, weekday=2)])
        rota.take_leave(
            SYSTEM,
            town.ids["worker"],
            town.ids["worker2"],
            BEGAN + timedelta(days=9),
            BEGAN + timedelta(days=12),
        )
        registers.keep(
            SYSTEM, "patrol", "stop", 501,
            {"name": "东门", "spot": [108.901, 36.601], "place": "501", "look": ["消防栓"], "times": 2},
        )  # fmt: skip
    with moment.at(BEGAN + timedelta(days=2)):
        running = town.report(at=502)
        acts.take(
            actor_of(town.ids["resident"]),
            running.matter_id,
            "me_too",
            Inputs(reporter=Reporter("孙二娘", "19987654321")),
        )
        town.report(at=511, reporter=Reporter())
        erased = town.report(at=521, words="要删掉的话")
        actor = reads.by_link(erased.token)
        rights.erase(actor, held_about.subject_of(actor))
