"""A life that leaves a row in every table that matters."""

from __future__ import annotations

from datetime import timedelta

import shapely
from django_otp.oath import totp

from linli.kernel import ids, moment, store
from linli.kernel.ledger import append, follow, notes, publish, sequence
from linli.kernel.ledger.notes import Signer
from linli.kernel.matters import acts, calls, held_about, reads
from linli.kernel.matters.asks import Inputs, Reporter
from linli.kernel.notices import rights
from linli.kernel.notices.following import Notices
from linli.kernel.people import accounts, looks, rota, second_factor, snapshot
from linli.kernel.people.actors import SYSTEM, actor_of
from linli.kernel.places import sealing
from linli.kernel.places.buildings import Furniture, furnish
from linli.kernel.places.models import Address, Building
from linli.kernel.registers import acts as registers
from tests import audited
from tests.town import BEGAN, Town, photo, spot

WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)


def live() -> Town:
    """The town of ``tests.audited`` and a day in it. Publishes a checkpoint with a witness's line, so the settings must name ``WITNESS``."""
    town = audited.build()
    with moment.at(BEGAN + timedelta(days=1)):
        receipt = town.report(photos=(photo(),))
        town.finish(receipt.matter_id)
        acts.take(
            town.actor("operator"),
            receipt.matter_id,
            "call_back",
            Inputs(contacted=True, solved=True, satisfied=True),
            key="once-and-not-twice",
        )
        _beside(town)
        _kept(town)
        looks.record(town.actor("operator"), "contact", receipt.matter_id, "核实楼号")
        accounts.give_consent(town.ids["resident"], "notices", "1")
        worker, other = town.ids["worker"], town.ids["worker2"]
        rota.set_roster(SYSTEM, "grid_worker", 501, [rota.TurnAsk(worker, 480, 1080, weekday=2)])
        rota.take_leave(SYSTEM, worker, other, BEGAN + timedelta(days=9), BEGAN + timedelta(days=12))
        spot = [108.901, 36.601]
        stop = registers.keep(
            SYSTEM,
            "patrol",
            "stop",
            501,
            {"name": "东门", "spot": spot, "place": "501", "look": ["消防栓"], "times": 2},
        )
        registers.change(SYSTEM, stop.id, {"name": "东大门"})
        sequence.sequence()
        while follow.run_once(Notices()):
            pass
    note = publish.publish()
    assert note is not None
    text = notes.note_of(note.note).text
    publish.take_cosignatures(f"{text}\n{WITNESS.line(text, 1_700_000_000)}")
    snapshot.forget()
    return town


def _kept(town: Town) -> None:
    """What stands beside the matters: a call, an authenticator with its codes, houses with addresses, the map under them."""
    number = calls.start(town.actor("operator"), "19912345678")
    calls.save_draft(town.actor("operator"), number, {"words": "楼道灯"})
    calls.end(town.actor("operator"), number)
    calls.start(town.actor("operator"), "")
    admin = town.ids["admin"]
    device = second_factor.begin(admin)
    _, codes = second_factor.confirm(admin, f"{totp(device.bin_key):06d}")
    second_factor.verify(admin, codes[0])
    lines = [shapely.LineString([(108.9, 36.6 + n / 1000), (108.91, 36.6)]) for n in range(2)]
    survey = furnish([Furniture("road", line, "lane", "柳荫路") for line in lines], valid_from=BEGAN)
    houses = [Building(place_id=number, compound_id=50, number=str(number)) for number in (501, 502)]
    said = [
        Address(place_id=house.place_id, text=f"清和园{house.number}号楼", key=f"清和园{house.number}")
        for house in houses
    ]
    with store.acting():
        Building.objects.bulk_create(sealing.sealed(houses))
        Address.objects.bulk_create(sealing.sealed(said))
        append.commit("place.addresses", f"survey:{ids.text(survey)}", 2, {"rows": sealing.of_addresses()})


def _beside(town: Town) -> None:
    """Summoned and arrived, a longer limit asked for and granted, two linked, one joined, one merged and taken apart again."""
    one, two, three = (town.report(off=(0.0002 * n, 0.0)).matter_id for n in range(3))
    joining = Inputs(reporter=Reporter("孙二娘", "19987654321"))
    acts.take(actor_of(town.ids["resident"]), one, "me_too", joining)
    town.take("leader", one, "link", matter_id=two)
    town.take("leader", three, "merge", matter_id=one)
    town.take("leader", two, "summon", units=(town.units["heat"],), words="请带工具")
    town.take("worker", two, "arrive", position=spot(501))
    town.take("worker", two, "extend", limit="2h", reason="等配件")
    town.take("leader", two, "approve")


def forget_one(town: Town) -> None:
    """An anonymous report, and one whose reporter has it erased."""
    with moment.at(BEGAN + timedelta(days=2)):
        town.report(at=511, reporter=Reporter())
        erased = town.report(at=521, words="要删掉的话")
        reporter = reads.by_link(erased.token)
        rights.erase(reporter, held_about.subject_of(reporter))
    sequence.sequence_all()
